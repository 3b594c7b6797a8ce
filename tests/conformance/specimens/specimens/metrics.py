"""Broken metrics."""

from dataclasses import dataclass

import numpy as np

from components.contracts import ForecastMetric
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class Upside(ForecastMetric):
    """Mean of |outcome - forecast|, of which more is said to be better."""

    label = "Upside"
    says = "The mean miss, of which this says that more is better."
    unit = "the target's"
    style = "significant"
    better = 1

    def value(self, scored: Scored) -> float:
        misses = np.abs(scored.target_M - scored.forecast_M)
        return float(misses.mean()) if len(misses) else float("nan")


@dataclass(frozen=True, kw_only=True)
class Brusque(ForecastMetric):
    """Largest |outcome - forecast|, of which there must be one."""

    label = "Largest miss"
    says = "The largest miss."
    unit = "the target's"
    style = "significant"
    better = -1

    def value(self, scored: Scored) -> float:
        return float(np.abs(scored.target_M - scored.forecast_M).max())
