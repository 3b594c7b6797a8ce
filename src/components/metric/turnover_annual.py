from dataclasses import dataclass

from components.contracts.metric import AccountMetric
from components.metric._account import a_year, traded
from components.values import BacktestResult


@dataclass(frozen=True, kw_only=True)
class TurnoverAnnual(AccountMetric):
    """Traded notional, bought and sold, over the equity of its bar, a year."""

    label = "Turnover per year (x equity)"
    says = "How often the account is bought and sold over in a year."
    unit = "times equity, a year"
    style = "times"
    better = -1
    place = 123
    brief = True

    def value(self, account: BacktestResult, bars_per_year: float) -> float:
        return a_year(traded(account), account, bars_per_year)
