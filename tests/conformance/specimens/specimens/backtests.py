"""Broken backtests."""

from dataclasses import dataclass, replace
from typing import Any

from components.backtest.linear_costs import LinearCosts
from components.values import BacktestResult, Float, PriceGrid, Time


@dataclass(frozen=True, kw_only=True)
class SameBar(LinearCosts):
    """Costs in proportion, of orders that are decided when they are filled."""

    def run(self, decided_D: Time, weights_DS: Float, prices: PriceGrid) -> BacktestResult:
        found = super().run(decided_D, weights_DS, prices)
        return replace(found, trades=found.trades.assign(decided_at=found.trades["filled_at"]))


@dataclass(frozen=True, kw_only=True)
class Generous(LinearCosts):
    """Costs in proportion, which fall where they should rise."""

    def costlier(self, factor: float) -> Any:
        return super().costlier(1 / factor)
