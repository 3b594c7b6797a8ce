from dataclasses import dataclass

from components.contracts.metric import ReturnMetric
from components.statistics import performance
from components.values import Float


@dataclass(frozen=True, kw_only=True)
class Calmar(ReturnMetric):
    """Growth a year over the size of the worst fall."""

    label = "Calmar ratio"
    says = "Return per year over the worst fall."
    unit = "1, a year"
    style = "two decimals"
    better = 1
    place = 105

    def value(self, returns_T: Float, bars_per_year: float) -> float:
        return performance.calmar_ratio(returns_T, bars_per_year)
