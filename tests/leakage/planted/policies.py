"""Quality policies that mend the past with the future."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.bars import Bars
from components.contracts import Quality
from components.panel import Panel
from components.values import Finding


@dataclass(frozen=True, kw_only=True)
class Interpolated(Quality):
    """Every tenth volume is taken for missing and drawn as a straight line between its neighbours."""

    def inspect(self, bars: Bars) -> tuple[Panel, tuple[Finding, ...]]:
        ordered = bars.ordered()
        volume_R = ordered.fields["volume"].copy()
        places = np.arange(len(volume_R))
        missing = ordered.timestamps_R.astype("datetime64[D]").astype(int) % 10 < 5
        volume_R[missing] = np.interp(places[missing], places[~missing], volume_R[~missing])
        return ordered.with_fields({"volume": volume_R}).to_panel(), ()

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})


@dataclass(frozen=True, kw_only=True)
class WithoutOutliers(Quality):
    """Bars with a volume beyond the 99th percentile of all of history are dropped."""

    def inspect(self, bars: Bars) -> tuple[Panel, tuple[Finding, ...]]:
        ordered = bars.ordered()
        volume_R = ordered.fields["volume"]
        return ordered.take(volume_R <= np.quantile(volume_R, 0.99)).to_panel(), ()

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})
