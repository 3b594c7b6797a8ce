from dataclasses import dataclass

from components.contracts.metric import AccountMetric
from components.statistics import forecast
from components.values import BacktestResult


@dataclass(frozen=True, kw_only=True)
class ExposureNet(AccountMetric):
    """Mean over bars of long less short positions over equity."""

    label = "Average net exposure"
    says = "Long minus short, as a share of the account: how much of the market one holds."
    unit = "fraction of equity"
    style = "percent"
    better = 0
    place = 121

    def value(self, account: BacktestResult, bars_per_year: float) -> float:
        return forecast.mean(account.equity["net"].to_numpy(dtype=float))
