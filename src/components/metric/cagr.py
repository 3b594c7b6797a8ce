from dataclasses import dataclass

from components.contracts.metric import ReturnMetric
from components.statistics import performance
from components.values import Float


@dataclass(frozen=True, kw_only=True)
class Cagr(ReturnMetric):
    """Growth a year, compounded."""

    label = "Return per year"
    says = "Growth of the account per year, compounded, after costs."
    unit = "fraction, a year"
    style = "percent"
    better = 1
    place = 102
    brief = True

    def value(self, returns_T: Float, bars_per_year: float) -> float:
        return performance.annual_return(returns_T, bars_per_year)
