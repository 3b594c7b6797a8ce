"""A backtest promises trades, costs and equity."""

from abc import abstractmethod

import numpy as np

from components.contracts.component import Component
from components.values import BacktestResult, Float, PriceGrid, Time


class Backtest(Component):
    """Turns weights into trades, costs and equity."""

    execution_lag_bars: int

    @abstractmethod
    def fields(self) -> tuple[str, ...]:
        """Panel fields it needs."""

    @abstractmethod
    def run(self, decided_D: Time, weights_DS: Float, prices: PriceGrid) -> BacktestResult:
        """Trades towards weights_DS[d] at bar d + execution_lag_bars, pays costs, marks at close."""

    def endings(self, prices: PriceGrid) -> Time:
        """(S,) PriceGrid.ended_S as `run` judges it where nobody has told; by default no symbol's bars end."""
        return np.full(len(prices.symbols), "NaT", dtype="datetime64[us]")

    def costlier(self, factor: float) -> "Backtest | None":
        """The same account with every cost times the factor; None where it cannot say."""
        return None

    def later(self, bars: int) -> "Backtest | None":
        """The same account with every fill so many bars later; None where it cannot say."""
        return None
