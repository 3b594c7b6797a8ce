from dataclasses import dataclass

from components.contracts.metric import ReturnMetric
from components.statistics import performance
from components.values import Float


@dataclass(frozen=True, kw_only=True)
class Sortino(ReturnMetric):
    """As the Sharpe ratio, over the root mean square of the losses."""

    label = "Sortino ratio"
    says = "Like the Sharpe ratio, but only losses count as risk."
    unit = "1, a year"
    style = "two decimals"
    better = 1
    place = 101

    def value(self, returns_T: Float, bars_per_year: float) -> float:
        return performance.sortino_ratio(returns_T, bars_per_year)
