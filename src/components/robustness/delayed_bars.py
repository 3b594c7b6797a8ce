"""All bars known later than was assumed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

import numpy as np

from components.contracts import Enters, Scenario
from components.panel import Panel
from components.ranges import Ge


@dataclass(frozen=True, kw_only=True)
class DelayedBars(Scenario):
    """Every field but the prices that are traded at (open, high, low, close) is the one of `bars` bars before, >= 1: a
    vendor that delivers late. Features and fits follow; each symbol's first bars have no value.
    """

    enters: ClassVar[Enters] = "panel"

    bars: Annotated[int, Ge(1)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"bars": 1}, {"bars": 3})

    @property
    def phrase(self) -> str:
        return f"with everything but prices known {self.bars} bar{'' if self.bars == 1 else 's'} later"

    def panel(self, panel: Panel, *, seed: int) -> Panel:
        source_R = np.arange(panel.n_rows) - self.bars
        known_R = source_R >= panel.offsets[:-1][panel.symbol_codes_R]
        kept = ("open", "high", "low", "close", "in_universe")
        fields = {
            name: values_R if name in kept else np.where(known_R, values_R[np.maximum(source_R, 0)], np.nan)
            for name, values_R in panel.fields.items()
        }
        return replace(panel, fields=fields)
