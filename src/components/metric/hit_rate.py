from dataclasses import dataclass

from components.contracts.metric import ReturnMetric
from components.statistics import performance
from components.values import Float


@dataclass(frozen=True, kw_only=True)
class HitRate(ReturnMetric):
    """Share of bars that gained among those that gained or lost."""

    label = "Winning bars"
    says = "Share of bars with a gain; says nothing about their size."
    unit = "fraction"
    style = "percent"
    better = 1
    place = 106

    def value(self, returns_T: Float, bars_per_year: float) -> float:
        return performance.hit_rate(returns_T)
