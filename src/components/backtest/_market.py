"""What the account is advanced over: prices and decisions, aligned on the bars of the backtest.

Shape legend: D decisions, T bars from the first decision's to the last, S symbols.
"""

import numpy as np

from components.accounts.account import Market
from components.errors import ContractError
from components.values import Float, Int, PriceGrid, Time

YEAR = np.timedelta64(31_557_600, "s")
"""365.25 days, the year in which `bars_per_year` counts."""


def decision_bars(decided_D: Time, weights_DS: Float, prices: PriceGrid) -> Int:
    """(D,) the bar of each decision.

    Raises ContractError unless every decision is a bar, in order, with one finite weight per symbol.
    """
    expected = (len(decided_D), len(prices.symbols))
    if weights_DS.shape != expected:
        raise ContractError(f"weights have shape {weights_DS.shape}; decisions x symbols is {expected}")
    if np.any(decided_D[1:] <= decided_D[:-1]):
        raise ContractError("decision times are not strictly increasing; sort them and drop duplicates")
    stamps = prices.timestamps_T
    bars_D = np.searchsorted(stamps, decided_D)
    strangers = decided_D[np.append(stamps, np.datetime64("NaT"))[bars_D] != decided_D]
    if len(strangers):
        raise ContractError(f"{strangers[0]} is a decision time but no bar of the prices")
    if not np.isfinite(weights_DS).all():
        d, s = np.argwhere(~np.isfinite(weights_DS))[0]
        raise ContractError(
            f"the weight of {prices.symbols[s]} at {decided_D[d]} is {weights_DS[d, s]}; "
            "a portfolio returns finite weights, 0 for no position"
        )
    return bars_D


def open_market(
    bars_D: Int,
    weights_DS: Float,
    prices: PriceGrid,
    *,
    lag_bars: int,
    price: str,
    impact_TS: Float | None,
    ended_S: Time,
) -> tuple[Time, Market]:
    """Times and market of the bars from the first decision's on; none without decisions.

    price: the field of the fills; impact_TS: all bars of prices; ended_S: as in PriceGrid.
    """
    stamps = prices.timestamps_T
    executed_D = np.flatnonzero(bars_D + lag_bars < len(stamps))
    decision_T: Int = np.full(len(stamps), -1, dtype=np.int64)
    decision_T[bars_D[executed_D] + lag_bars] = executed_D
    start = int(bars_D[0]) if len(bars_D) else len(stamps)
    within = stamps[start:]
    return within, Market(
        years_T=(np.diff(within, prepend=within[:1]) / YEAR).astype(np.float64),
        close_TS=prices.fields["close"][start:],
        fill_TS=prices.fields[price][start:],
        impact_TS=None if impact_TS is None else impact_TS[start:],
        weights_DS=weights_DS,
        decision_T=decision_T[start:],
        ended_S=np.where(np.isnat(ended_S), len(within), np.searchsorted(within, ended_S, side="right")),
    )


def endings(prices: PriceGrid, missing_bars: int) -> Time:
    """(S,) the time of the last close of each symbol that lacks the last missing_bars bars, NaT for others."""
    close_TS = prices.fields["close"]
    ended_S: Time = np.full(close_TS.shape[1], "NaT", dtype="datetime64[us]")
    for s in np.flatnonzero(~np.isfinite(close_TS[-missing_bars:]).any(axis=0)):
        known = np.flatnonzero(np.isfinite(close_TS[:, s]))
        if len(known):
            ended_S[s] = prices.timestamps_T[known[-1]]
    return ended_S
