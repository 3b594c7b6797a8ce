from dataclasses import dataclass

from components.contracts.metric import ReturnMetric
from components.statistics import performance
from components.values import Float


@dataclass(frozen=True, kw_only=True)
class Volatility(ReturnMetric):
    """Standard deviation of the returns, times the root of the bars of a year."""

    label = "Volatility per year"
    says = "Typical size of the account's ups and downs in a year."
    unit = "fraction, a year"
    style = "percent"
    better = 0
    place = 103
    brief = True

    def value(self, returns_T: Float, bars_per_year: float) -> float:
        return performance.annual_volatility(returns_T, bars_per_year)
