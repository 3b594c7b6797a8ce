from dataclasses import dataclass

from components.contracts.metric import AccountMetric
from components.values import BacktestResult


@dataclass(frozen=True, kw_only=True)
class NTrades(AccountMetric):
    """Number of fills."""

    label = "Trades"
    says = "Number of fills; a result that rests on few trades rests on little."
    unit = "fills"
    style = "count"
    better = 0
    place = 122

    def value(self, account: BacktestResult, bars_per_year: float) -> float:
        return float(len(account.trades))
