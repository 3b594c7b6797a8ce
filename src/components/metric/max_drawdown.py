from dataclasses import dataclass

from components.contracts.metric import ReturnMetric
from components.statistics import performance
from components.values import Float


@dataclass(frozen=True, kw_only=True)
class MaxDrawdown(ReturnMetric):
    """Smallest of wealth / highest wealth before - 1; 0 or less."""

    label = "Deepest drawdown"
    phrase = "the maximum drawdown"
    says = "The worst fall from a peak that one would have had to sit through."
    unit = "fraction"
    style = "percent"
    better = 1
    place = 104
    brief = True

    def value(self, returns_T: Float, bars_per_year: float) -> float:
        return performance.max_drawdown(returns_T)
