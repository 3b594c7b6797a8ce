from dataclasses import dataclass

from components.contracts.metric import AccountMetric
from components.metric._account import years
from components.values import BacktestResult


@dataclass(frozen=True, kw_only=True)
class Years(AccountMetric):
    """Bars with a known return over the bars of a year."""

    label = "Years"
    says = "Length of the record."
    unit = "years"
    style = "two decimals"
    better = 0
    place = 125

    def value(self, account: BacktestResult, bars_per_year: float) -> float:
        return years(account, bars_per_year)
