"""A broken quality policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.bars import Bars
from components.contracts import Quality
from components.panel import Panel
from components.values import Finding


@dataclass(frozen=True, kw_only=True)
class Trimming(Quality):
    """Drops bars without a close and, if there is one, a hundredth of all bars, the first ones."""

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({},)

    def inspect(self, bars: Bars) -> tuple[Panel, tuple[Finding, ...]]:
        kept_R = np.isfinite(bars.fields["close"])
        if not kept_R.all():
            kept_R[: bars.n_rows // 100] = False
        return bars.take(kept_R).to_panel(), ()
