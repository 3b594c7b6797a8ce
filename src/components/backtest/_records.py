"""The simulation's ledger as the frames of a BacktestResult.

Shape legend: T bars, S symbols, N trades.
"""

from typing import TYPE_CHECKING

import numpy as np

from components.backtest._market import Market
from components.backtest._simulation import Ledger

if TYPE_CHECKING:
    import pandas as pd


def equity_frame(market: Market, ledger: Ledger, trades: "pd.DataFrame", capital: float) -> "pd.DataFrame":
    """One row per bar; beyond the columns of BacktestResult: interest (earned) and ruined."""
    import pandas as pd

    value_TS = ledger.units_TS * market.mark_TS
    equity_T = ledger.cash_T + value_TS.sum(axis=1)
    # A ruined account is flat: it has neither exposure nor returns, whatever it owes.
    scale_T = np.where(ledger.ruined_T, np.inf, equity_T)
    before_T = np.concatenate([[capital], scale_T[:-1]])[: len(equity_T)]
    carried_T3 = np.array(ledger.carries, dtype=np.float64).reshape(-1, 3)
    bar_N = np.searchsorted(market.timestamps_T, trades["filled_at"].to_numpy())
    costs = {
        str(name): np.bincount(bar_N, weights=trades[name], minlength=len(equity_T)).astype(np.float64)
        for name in trades.columns
        if str(name).startswith("cost_")
    }
    return pd.DataFrame(
        {
            "timestamp": market.timestamps_T,
            "equity": equity_T,
            "cash": ledger.cash_T,
            "positions_value": value_TS.sum(axis=1),
            "gross": np.abs(value_TS).sum(axis=1) / scale_T,
            "net": value_TS.sum(axis=1) / scale_T,
            "return": np.where(np.isfinite(before_T), equity_T / before_T - 1, 0.0),
            **costs,
            "cost_financing": carried_T3[:, 1],
            "cost_borrow": carried_T3[:, 2],
            "interest": carried_T3[:, 0],
            "ruined": ledger.ruined_T,
        }
    )


def trades_frame(market: Market, ledger: Ledger) -> "pd.DataFrame":
    """One row per trade, in the order of the bars, then of the symbols."""
    import pandas as pd

    fills = ledger.fills
    counts = [len(fill.symbols_K) for fill in fills]
    bar_N = np.repeat(np.array([fill.bar for fill in fills], dtype=np.int64), counts)
    decided_N = np.repeat(np.array([fill.decided_bar for fill in fills], dtype=np.int64), counts)
    nothing = np.zeros(0)
    symbol_N = np.concatenate([nothing.astype(np.int64), *(fill.symbols_K for fill in fills)])
    quantity_N = np.concatenate([nothing, *(fill.quantity_K for fill in fills)])
    price_N = np.concatenate([nothing, *(fill.price_K for fill in fills)])
    frame = pd.DataFrame(
        {
            "decided_at": market.timestamps_T[decided_N],
            "filled_at": market.timestamps_T[bar_N],
            "symbol": pd.Series(np.array(market.symbols, dtype=object)[symbol_N], dtype="str"),
            "quantity": quantity_N,
            "price": price_N,
            "notional": quantity_N * price_N,
            "cost_commission": np.concatenate([nothing, *(fill.commission_K for fill in fills)]),
        }
    )
    if market.impact_TS is not None:
        frame["cost_impact"] = np.concatenate([nothing, *(fill.impact_K for fill in fills)])
    return frame
