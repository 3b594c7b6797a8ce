"""What the simulation reads: fill prices, marks and decisions, aligned on the bars of the backtest.

Shape legend: D decisions, T bars from the first decision's to the last, S symbols.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from components.errors import ContractError
from components.values import Float, Int, PriceGrid, Time

YEAR = np.timedelta64(31_557_600, "s")
"""365.25 days, the year in which `bars_per_year` counts."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Market:
    """The bars of one backtest.

    years_T      years since the bar before; 0 on the first bar
    decision_T   the decision that is executed on the bar, -1 for none
    fill_TS      price of a fill; NaN where the symbol cannot be traded
    opening_TS   value of a unit at the time of the fills
    mark_TS      value of a unit at the close: the last known close, 0 before the first
    impact_TS    impact of a fill, as a fraction per sqrt(notional), or None
    """

    symbols: tuple[str, ...]
    timestamps_T: Time
    years_T: Float
    decision_T: Int
    fill_TS: Float
    opening_TS: Float
    mark_TS: Float
    impact_TS: Float | None


def check_decisions(decided_D: Time, weights_DS: Float, prices: PriceGrid) -> None:
    """Raises ContractError unless every decision is a bar, in order, with one finite weight per symbol."""
    expected = (len(decided_D), len(prices.symbols))
    if weights_DS.shape != expected:
        raise ContractError(f"weights have shape {weights_DS.shape}; decisions x symbols is {expected}")
    if np.any(decided_D[1:] <= decided_D[:-1]):
        raise ContractError("decision times are not strictly increasing; sort them and drop duplicates")
    strangers = decided_D[~np.isin(decided_D, prices.timestamps_T)]
    if len(strangers):
        raise ContractError(f"{strangers[0]} is a decision time but no bar of the prices")
    bad = np.argwhere(~np.isfinite(weights_DS))
    if len(bad):
        d, s = bad[0]
        raise ContractError(
            f"the weight of {prices.symbols[s]} at {decided_D[d]} is {weights_DS[d, s]}; "
            "a portfolio returns finite weights, 0 for no position"
        )


def open_market(
    decided_D: Time,
    prices: PriceGrid,
    *,
    lag_bars: int,
    price: Literal["close", "open"],
    impact_TS: Float | None,
) -> Market:
    """The market from the first decision's bar on; empty without decisions. impact_TS: all bars of prices.

    A symbol can be traded on a bar where its fill price is positive, its close is known, and so is its
    impact, if there is one.
    """
    stamps = prices.timestamps_T
    bars_D = np.searchsorted(stamps, decided_D)
    decision_T = np.full(len(stamps), -1, dtype=np.int64)
    executed_D = bars_D + lag_bars < len(stamps)
    decision_T[bars_D[executed_D] + lag_bars] = np.flatnonzero(executed_D)

    close_TS, fill_TS = prices.fields["close"], prices.fields[price]
    quoted_TS = np.isfinite(close_TS) & np.isfinite(fill_TS)
    mark_TS = last_known(close_TS)
    before_TS = np.concatenate([np.zeros_like(mark_TS[:1]), mark_TS[:-1]])
    tradable_TS = quoted_TS & (fill_TS > 0)
    if impact_TS is not None:
        tradable_TS &= np.isfinite(impact_TS)

    start = int(bars_D[0]) if len(bars_D) else len(stamps)
    years_T = np.diff(stamps[start:], prepend=stamps[start : start + 1]) / YEAR
    return Market(
        symbols=prices.symbols,
        timestamps_T=stamps[start:],
        years_T=years_T.astype(np.float64),
        decision_T=decision_T[start:],
        fill_TS=np.where(tradable_TS, fill_TS, np.nan)[start:],
        opening_TS=np.where(quoted_TS, fill_TS, before_TS)[start:],
        mark_TS=mark_TS[start:],
        impact_TS=None if impact_TS is None else impact_TS[start:],
    )


def last_known(values_TS: Float) -> Float:
    """(T, S) last finite value of each column up to each row, 0 before the first."""
    bars_T1 = np.arange(len(values_TS))[:, None]
    latest_TS = np.maximum.accumulate(np.where(np.isfinite(values_TS), bars_T1, -1), axis=0)
    return np.where(latest_TS >= 0, np.take_along_axis(values_TS, np.maximum(latest_TS, 0), axis=0), 0.0)
