"""What happened to the account, as the frames of a BacktestResult.

Shape legend: T bars, N trades.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from components.accounts.account import CAUSES, Book, Trades
from components.values import Time

if TYPE_CHECKING:
    import pandas as pd

ORDER = CAUSES.index("order")


def equity_frame(times_T: Time, book: Book, capital: float, *, with_impact: bool) -> "pd.DataFrame":
    """One row per bar; beyond the columns of BacktestResult: interest (earned), delisted and ruined."""
    import pandas as pd

    ruined_T = book.ruined_T > 0
    equity_T = book.cash_T + book.positions_T
    # A ruined account is flat: it has neither exposure nor returns, whatever it owes.
    scale_T = np.where(ruined_T, np.inf, equity_T)
    before_T = np.concatenate([[capital], scale_T[:-1]])[: len(equity_T)]
    impact = {"cost_impact": book.impact_T} if with_impact else {}
    return pd.DataFrame(
        {
            "timestamp": times_T,
            "equity": equity_T,
            "cash": book.cash_T,
            "positions_value": book.positions_T,
            "gross": book.gross_T / scale_T,
            "net": book.positions_T / scale_T,
            "return": np.where(np.isfinite(before_T), equity_T / before_T - 1, 0.0),
            "cost_commission": book.commission_T,
            **impact,
            "cost_financing": book.financing_T,
            "cost_borrow": book.borrow_T,
            "interest": book.interest_T,
            "delisted": book.delisted_T.astype(np.int64),
            "ruined": ruined_T,
        },
        copy=False,
    )


def trades_frame(
    times_T: Time, symbols: tuple[str, ...], trades: Trades, *, lag_bars: int, with_impact: bool
) -> "pd.DataFrame":
    """One row per trade, in the order of Trades; beyond the columns of BacktestResult: cause."""
    import pandas as pd

    decided_N = np.where(trades.cause_N == ORDER, trades.bar_N - lag_bars, trades.bar_N)
    impact = {"cost_impact": trades.impact_N} if with_impact else {}
    return pd.DataFrame(
        {
            "decided_at": times_T[decided_N],
            "filled_at": times_T[trades.bar_N],
            "symbol": _words(symbols).take(trades.symbol_N),
            "quantity": trades.quantity_N,
            "price": trades.price_N,
            "notional": trades.quantity_N * trades.price_N,
            "cost_commission": trades.commission_N,
            **impact,
            "cause": _words(CAUSES).take(trades.cause_N),
        },
        copy=False,
    )


@lru_cache(maxsize=8)
def _words(words: tuple[str, ...]) -> "pd.api.extensions.ExtensionArray":
    """The words as pandas keeps text; making it costs as much as a short backtest."""
    import pandas as pd

    return pd.array(words, dtype="str")
