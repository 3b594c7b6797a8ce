from dataclasses import dataclass

from components.contracts.metric import AccountMetric
from components.statistics import forecast
from components.values import BacktestResult


@dataclass(frozen=True, kw_only=True)
class ExposureGross(AccountMetric):
    """Mean over bars of long plus short positions over equity."""

    label = "Average gross exposure"
    says = "Money in positions, long and short added, as a share of the account."
    unit = "fraction of equity"
    style = "percent"
    better = 0
    place = 120

    def value(self, account: BacktestResult, bars_per_year: float) -> float:
        return forecast.mean(account.equity["gross"].to_numpy(dtype=float))
