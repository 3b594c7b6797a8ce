from dataclasses import dataclass

from components.contracts.metric import ReturnMetric
from components.statistics import performance
from components.values import Float


@dataclass(frozen=True, kw_only=True)
class TotalReturn(ReturnMetric):
    """Last wealth over the first, less 1."""

    label = "Return in all"
    says = "What the account gained over the whole record."
    unit = "fraction"
    style = "percent"
    better = 1
    place = 107

    def value(self, returns_T: Float, bars_per_year: float) -> float:
        return float(performance.wealth(returns_T)[-1]) - 1
