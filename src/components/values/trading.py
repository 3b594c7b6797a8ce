"""What a backtest reads and writes.

Shape legend: T bars, S symbols.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from components.values.arrays import Float, Time

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True, eq=False)
class PriceGrid:
    """Prices on the union of timestamps: (T, S), NaN where a symbol has no bar.

    ended_S: time of a symbol's last bar where its bars have ended for good, NaT where they go on; None where nobody
    has told.
    """

    symbols: tuple[str, ...]
    timestamps_T: Time
    fields: Mapping[str, Float]
    bars_per_year: float
    ended_S: Time | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class BacktestResult:
    """What trading the weights would have earned.

    equity  one row per bar: timestamp, equity, cash, positions_value, gross, net, return,
            and one column `cost_<kind>` per kind of cost, all in currency but gross, net (fractions
            of equity) and return (fraction)
    trades  one row per fill: decided_at, filled_at, symbol, quantity, price, notional, the same `cost_<kind>`
            columns as far as they fall on trades, and cause, where not all are what was decided: `order` or
            what else led to the fill
    holdings_TS  units held after each bar's fills
    """

    equity: "pd.DataFrame"
    trades: "pd.DataFrame"
    holdings_TS: Float
