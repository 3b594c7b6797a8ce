from dataclasses import dataclass

from components.contracts.metric import ReturnMetric
from components.statistics.sharpe import sharpe_ratio
from components.values import Float


@dataclass(frozen=True, kw_only=True)
class Sharpe(ReturnMetric):
    """Mean over standard deviation of the returns, times the root of the bars of a year."""

    label = "Sharpe ratio"
    phrase = "the Sharpe ratio"
    says = "Return per unit of risk, a year; holding a stock index has given about 0.4."
    unit = "1, a year"
    style = "two decimals"
    better = 1
    place = 100
    brief = True

    def value(self, returns_T: Float, bars_per_year: float) -> float:
        return sharpe_ratio(returns_T, bars_per_year)
