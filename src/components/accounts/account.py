"""An account as a value, and one function that advances it over bars: many at once, or each as it comes.

Shape legend: T bars, S symbols, D decisions, N trades.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import Annotated, Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from components.errors import ContractError
from components.ranges import Ge, Interval
from components.values import Float, Int

CAUSES = ("order", "delisting", "ruin")
"""Why a trade happened; `Trades.cause_N` counts in it."""


@dataclass(frozen=True, kw_only=True)
class Terms:
    """The conditions of an account.

    cost_bps: commission and half spread, basis points of what an order trades.
    borrow_bps_annual, financing_bps_annual, cash_bps_annual: paid on the value of short positions, paid on negative
    cash, earned on positive cash, basis points a year.
    rebalance_band: a symbol is traded only where target and drifted weight differ by more, as a fraction of equity;
    a target of 0 is always traded.
    delisting_haircut: fraction of its last close that a long position loses, and a short one pays, where the bars
    of its symbol have ended for good.
    """

    cost_bps: Annotated[float, Ge(0)]
    borrow_bps_annual: Annotated[float, Ge(0)]
    financing_bps_annual: Annotated[float, Ge(0)]
    cash_bps_annual: Annotated[float, Ge(0)]
    rebalance_band: Annotated[float, Ge(0)]
    delisting_haircut: Annotated[float, Interval(ge=0, le=1)]


@dataclass(frozen=True, kw_only=True, eq=False)
class Account:
    """What is carried from one bar to the next.

    cash     currency; negative where money is owed
    ruined   whether equity was ever at or below 0: such an account stays flat
    units_S  units held, negative where sold short
    known_S  last known close of the symbols held, the value of a unit; without meaning for others
    """

    cash: float
    ruined: bool
    units_S: Float
    known_S: Float

    @classmethod
    def opened(cls, capital: float, n_symbols: int) -> Self:
        """An account that holds cash alone."""
        return cls(cash=capital, ruined=False, units_S=np.zeros(n_symbols), known_S=np.zeros(n_symbols))

    @property
    def equity(self) -> float:
        """Cash and what is held at its last known close, currency."""
        held_S = self.units_S != 0
        return self.cash + float(self.units_S[held_S] @ self.known_S[held_S])

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Name -> array, to be saved."""
        return {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> Self:
        """The account whose `to_arrays` these are."""
        return cls(
            cash=float(arrays["cash"]),
            ruined=bool(arrays["ruined"]),
            units_S=np.array(arrays["units_S"], dtype=np.float64),
            known_S=np.array(arrays["known_S"], dtype=np.float64),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Market:
    """Bars, and what is wanted on them.

    years_T     years since the bar before; 0 where there is none
    close_TS    closes, NaN where a symbol has no bar
    fill_TS     prices of fills; a symbol is not traded where it, or the close, is missing, or it is not positive
    impact_TS   impact of a fill, as a fraction of its notional per sqrt(notional), NaN where that is unknown and
                the symbol not traded; None for no impact
    weights_DS  target weights as fractions of equity, finite
    decision_T  the row of weights_DS that is executed on each bar, -1 for none
    ended_S     the first bar, as a position in these, at which a symbol's bars have ended for good; T for none.
                That is told, not found out: a symbol that misses a bar may come back.
    """

    years_T: Float
    close_TS: Float
    fill_TS: Float
    impact_TS: Float | None
    weights_DS: Float
    decision_T: Int
    ended_S: Int


class Book(NamedTuple):
    """Per bar, in currency; gross: absolute value of what is held; delisted: how many positions were closed since
    the bars of their symbols had ended; ruined: 1 from the bar of ruin on."""

    cash_T: Float
    positions_T: Float
    gross_T: Float
    interest_T: Float
    financing_T: Float
    borrow_T: Float
    commission_T: Float
    impact_T: Float
    delisted_T: Float
    ruined_T: Float


class Trades(NamedTuple):
    """Per trade, by bar: closings of ended symbols, then orders, then ruin, each by symbol. cause_N: see CAUSES."""

    bar_N: Int
    symbol_N: Int
    cause_N: Int
    quantity_N: Float
    price_N: Float
    commission_N: Float
    impact_N: Float


class Record(NamedTuple):
    """What happened. units_TS: units held after each bar's trades."""

    book: Book
    trades: Trades
    units_TS: Float


def advance(terms: Terms, account: Account, market: Market) -> tuple[Account, Record]:
    """The account after all bars of the market, and what happened on them; what is given is left as it is.

    On each bar, in this order:
    1. Interest accrues on the balances held since the bar before.
    2. What is held of a symbol whose bars have ended is closed at its last known close, worse by the haircut.
    3. Fills: quantity = weight * equity / price - units held, equity at the prices of the fill and before its costs,
       which are paid from cash. Orders that cannot be traded lapse.
    4. Marks: equity = cash + units * last known close. At or below 0 the account is ruined: it is sold out at the
       marks at no further cost, and stays flat.

    Bars that are given one by one leave the same bits as all of them at once.

    Raises ContractError where the arrays do not belong together.
    """
    _check(account, market)
    shape = market.close_TS.shape
    state_2 = np.array([account.cash, account.ruined], dtype=np.float64)
    units_S, known_S = account.units_S.copy(), account.known_S.copy()
    book_BT, units_TS = np.zeros((len(Book._fields), shape[0])), np.zeros(shape)
    most = _most_trades(account, market)
    what_3N, paid_4N, count_1 = np.empty((3, most), dtype=np.int32), np.empty((4, most)), np.zeros(1, dtype=np.int64)
    loop()(
        _row(terms),
        market.years_T,
        market.decision_T,
        market.weights_DS,
        market.close_TS,
        market.fill_TS,
        np.empty((0, shape[1])) if market.impact_TS is None else market.impact_TS,
        market.ended_S,
        *(state_2, units_S, known_S, book_BT, units_TS, what_3N, paid_4N, count_1),
    )
    after = Account(cash=float(state_2[0]), ruined=bool(state_2[1]), units_S=units_S, known_S=known_S)
    n = int(count_1[0])
    return after, Record(Book(*book_BT), Trades(*what_3N[:, :n], *paid_4N[:, :n]), units_TS)


def step(
    terms: Terms,
    account: Account,
    *,
    years: float,
    close_S: Float,
    fill_S: Float,
    impact_S: Float | None = None,
    weights_S: Float | None = None,
    ended_S: npt.NDArray[np.bool_] | None = None,
) -> tuple[Account, Record]:
    """`advance` over one bar. weights_S: the targets that are executed on it, decided on an earlier bar, None for none;
    ended_S: the symbols whose bars have ended for good, as far as the caller knows."""
    nothing = np.zeros(0)
    market = Market(
        years_T=np.array([years], dtype=np.float64),
        close_TS=close_S[None],
        fill_TS=fill_S[None],
        impact_TS=None if impact_S is None else impact_S[None],
        weights_DS=nothing.reshape(0, len(close_S)) if weights_S is None else weights_S[None],
        decision_T=np.array([-1 if weights_S is None else 0]),
        ended_S=np.ones(len(close_S), dtype=np.int64) if ended_S is None else np.where(ended_S, 0, 1),
    )
    return advance(terms, account, market)


def _check(account: Account, market: Market) -> None:
    """The compiled loop trusts what it is given."""
    n_bars, n_symbols = market.close_TS.shape
    n_decisions = len(market.weights_DS)
    wanted = {
        "years_T": (n_bars,),
        "fill_TS": (n_bars, n_symbols),
        "impact_TS": (n_bars, n_symbols),
        "weights_DS": (n_decisions, n_symbols),
        "decision_T": (n_bars,),
        "ended_S": (n_symbols,),
        "units_S": (n_symbols,),
        "known_S": (n_symbols,),
    }
    given = {**vars(market), "units_S": account.units_S, "known_S": account.known_S}
    for name, shape in wanted.items():
        if given[name] is not None and given[name].shape != shape:
            raise ContractError(
                f"{name} has shape {given[name].shape}; beside closes of {n_bars} bars x {n_symbols} "
                f"symbols it is {shape}"
            )
    if market.decision_T.max(initial=-1) >= n_decisions:
        raise ContractError(f"decision_T names row {market.decision_T.max()}; weights_DS has {n_decisions}")


def _most_trades(account: Account, market: Market) -> int:
    """Each trade fills one weight, or closes what such a trade has opened or the account held before."""
    executed = market.decision_T[market.decision_T >= 0]
    times = int(np.bincount(executed).max(initial=0))
    return 2 * times * int(np.count_nonzero(market.weights_DS)) + int(np.count_nonzero(account.units_S))


def _row(terms: Terms) -> Float:
    return np.array([getattr(terms, field.name) for field in fields(terms)], dtype=np.float64)


@cache
def loop() -> Callable[..., None]:
    """The compiled loop; numba is imported when it is first wanted."""
    import numba

    from components.accounts.loop import advance as bars
    from components.compilation import FLOATS, compiled, read

    floats, table, ints = read(numba.float64), read(numba.float64, 2), read(numba.int64)
    written, matrix = FLOATS, FLOATS.copy(ndim=2)
    return compiled(
        bars,
        *(floats, floats, ints, table, table, table, table, ints),
        *(written, written, written, matrix, matrix),
        *(matrix.copy(dtype=numba.int32), matrix, written.copy(dtype=numba.int64)),
    )
