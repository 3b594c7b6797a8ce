from dataclasses import dataclass

from components.contracts.metric import AccountMetric
from components.metric._account import a_year, costs
from components.values import BacktestResult


@dataclass(frozen=True, kw_only=True)
class CostAnnual(AccountMetric):
    """Costs over the equity of their bar, a year."""

    label = "Costs per year (of equity)"
    says = "What trading and holding cost in a year, as a share of the account."
    unit = "fraction of equity, a year"
    style = "fine percent"
    better = -1
    place = 124
    brief = True

    def value(self, account: BacktestResult, bars_per_year: float) -> float:
        return a_year(costs(account), account, bars_per_year)
