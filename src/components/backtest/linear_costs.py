"""Costs in proportion to what is traded and held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.backtest._base import SMALL, SimulatedBacktest
from components.values import PriceGrid


@dataclass(frozen=True, kw_only=True)
class LinearCosts(SimulatedBacktest):
    """Commission and spread in proportion to traded notional, interest on balances; no market impact.

    Cost of a fill = cost_bps / 10,000 * |quantity * price|. Suits orders that are small against the
    market; for others see impact_costs.

    capital: at the start, currency. execution_lag_bars: bars between a decision and its fill. price:
    where on its bar a fill happens. cost_bps: commission and half spread, basis points per side.
    borrow_bps_annual, financing_bps_annual, cash_bps_annual: paid on short positions, paid on negative
    cash, earned on positive cash. rebalance_band: distance between target and drifted weight up to which
    a symbol is left alone, a fraction of equity. delisting_bars: last bars of the prices that a symbol lacks if it
    counts as delisted. delisting_haircut: fraction of its last close that a position then loses.
    """

    def impact(self, prices: PriceGrid) -> None:
        return None

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            SMALL,
            {**SMALL, "execution_lag_bars": 2, "price": "open", "rebalance_band": 0.02, "delisting_haircut": 0.3},
        )
