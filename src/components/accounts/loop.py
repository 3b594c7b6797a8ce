"""The bars of an account, one after the other, compiled; `components.accounts.account` is its face.

Only symbols that are held or wanted are touched. Sums run over symbols in their order, so that they have the same
bits however many bars are given at once.

Shape legend: T bars, S symbols, H held symbols (a prefix of an array of S), D decisions, N trades.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from components.accounts.costs import BAND, HAIRCUT, of_balances, of_fill
from components.compilation import inlined

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]

ROUNDING = 1e-12
"""Differences between target and drifted weight that floating point makes, and that nobody trades."""

ORDER, DELISTING, RUIN = 0, 1, 2
"""Why a trade happened."""

CASH, POSITIONS, GROSS, INTEREST, FINANCED, BORROWED, COMMISSION, IMPACT, DELISTED, RUINED = range(10)


class Holdings(NamedTuple):
    """units_S: units of each symbol; known_S: last known close of those held; held_S: these, in order."""

    units_S: Float
    known_S: Float
    held_S: Int


class Quotes(NamedTuple):
    """Of all bars: impact_TS has no rows where fills have no impact; ended_S: first bar without the symbol for good."""

    close_TS: Float
    fill_TS: Float
    impact_TS: Float
    ended_S: Int


class Log(NamedTuple):
    """Trades: (bar, symbol, cause) and (quantity, price, commission, impact); count_1: how many there are."""

    what_3N: Int32
    paid_4N: Float
    count_1: Int


def advance(
    terms_P: Float,
    years_T: Float,
    decision_T: Int,
    weights_DS: Float,
    close_TS: Float,
    fill_TS: Float,
    impact_TS: Float,
    ended_S: Int,
    state_2: Float,
    units_S: Float,
    known_S: Float,
    book_BT: Float,
    units_TS: Float,
    what_3N: Int32,
    paid_4N: Float,
    count_1: Int,
) -> None:
    """Advances state_2 (cash, whether ruined), units_S and known_S over all bars; adds to book and units, which
    begin as zeros, and writes trades."""
    holdings = Holdings(units_S, known_S, np.empty(len(units_S), dtype=np.int64))
    quotes = Quotes(close_TS, fill_TS, impact_TS, ended_S)
    log = Log(what_3N, paid_4N, count_1)
    n_held = touched(units_S, units_S, holdings.held_S)
    for t in range(len(years_T)):
        if state_2[1] == 0.0:
            accrue(terms_P, years_T[t], t, state_2, holdings, n_held, book_BT)
            n_held = close_ended(terms_P, t, quotes, state_2, holdings, n_held, log, book_BT)
            if decision_T[t] >= 0:
                n_held = trade(terms_P, t, quotes, weights_DS[decision_T[t]], state_2, holdings, n_held, log, book_BT)
            mark(t, quotes, holdings, n_held, book_BT)
            if state_2[0] + book_BT[POSITIONS, t] <= 0:
                n_held = sell_out(t, state_2, holdings, n_held, log, book_BT)
            for h in range(n_held):
                s = holdings.held_S[h]
                units_TS[t, s] = units_S[s]
        book_BT[CASH, t], book_BT[RUINED, t] = state_2[0], state_2[1]


@inlined
def touched(units_S: Float, target_S: Float, symbols_S: Int) -> int:
    """Lists the symbols that are held or wanted, without a branch; how many."""
    n = 0
    for s in range(len(units_S)):
        symbols_S[n] = s
        n += (units_S[s] != 0) | (target_S[s] != 0)
    return n


@inlined
def accrue(terms_P: Float, years: float, t: int, state_2: Float, holdings: Holdings, n_held: int, book: Float) -> None:
    """Interest, financing and borrowing for what was held since the bar before."""
    short = 0.0
    for s in holdings.held_S[:n_held]:
        short += max(-holdings.units_S[s] * holdings.known_S[s], 0.0)
    earned, financed, borrowed = of_balances(terms_P, years, state_2[0], short)
    book[INTEREST, t], book[FINANCED, t], book[BORROWED, t] = earned, financed, borrowed
    state_2[0] += earned - financed - borrowed


@inlined
def close_ended(
    terms_P: Float, t: int, quotes: Quotes, state_2: Float, holdings: Holdings, n_held: int, log: Log, book: Float
) -> int:
    """Closes what has no bar for good at its last close, worse by the haircut; how many symbols stay held."""
    stay = 0
    for s in holdings.held_S[:n_held]:
        if t < quotes.ended_S[s]:
            holdings.held_S[stay] = s
            stay += 1
            continue
        units, known = holdings.units_S[s], holdings.known_S[s]
        price = known - np.sign(units) * abs(known) * terms_P[HAIRCUT]
        state_2[0] += units * price
        holdings.units_S[s] = 0.0
        book[DELISTED, t] += 1
        write(log, t, s, DELISTING, -units, price, 0.0, 0.0)
    return stay


@inlined
def trade(
    terms_P: Float,
    t: int,
    quotes: Quotes,
    target_S: Float,
    state_2: Float,
    holdings: Holdings,
    n_held: int,
    log: Log,
    book: Float,
) -> int:
    """Fills from drifted towards target weights; how many symbols are held then."""
    equity = state_2[0] + opening_value(t, quotes, holdings, n_held)
    if not equity > 0:
        return n_held
    close_S, fill_S, has_impact = quotes.close_TS[t], quotes.fill_TS[t], len(quotes.impact_TS) > 0
    least = (terms_P[BAND] + ROUNDING) * equity
    payment, n_held = 0.0, 0
    for s in holdings.held_S[: touched(holdings.units_S, target_S, holdings.held_S)]:
        units, target, price = holdings.units_S[s], target_S[s], fill_S[s]
        rate = quotes.impact_TS[t, s] if has_impact else 0.0
        quoted = np.isfinite(price) and np.isfinite(close_S[s]) and np.isfinite(rate)
        if quoted and price > 0 and t < quotes.ended_S[s]:
            quantity = target * equity / price - units
            notional = abs(quantity) * price
            if notional > least or (target == 0 and notional > 0):
                commission, impact = of_fill(terms_P, notional, rate)
                payment += quantity * price
                book[COMMISSION, t] += commission
                book[IMPACT, t] += impact
                units += quantity
                holdings.units_S[s] = units
                write(log, t, s, ORDER, quantity, price, commission, impact)
        if units != 0:
            holdings.held_S[n_held] = s
            n_held += 1
    state_2[0] -= payment + book[COMMISSION, t] + book[IMPACT, t]
    return n_held


@inlined
def opening_value(t: int, quotes: Quotes, holdings: Holdings, n_held: int) -> float:
    """What is held is worth at the time of the fills."""
    value = 0.0
    for s in holdings.held_S[:n_held]:
        price = quotes.fill_TS[t, s]
        quoted = np.isfinite(price) and np.isfinite(quotes.close_TS[t, s])
        value += holdings.units_S[s] * (price if quoted else holdings.known_S[s])
    return value


@inlined
def mark(t: int, quotes: Quotes, holdings: Holdings, n_held: int, book: Float) -> None:
    """Values what is held at the close, the last known one where there is none."""
    for s in holdings.held_S[:n_held]:
        close = quotes.close_TS[t, s]
        if np.isfinite(close):
            holdings.known_S[s] = close
        value = holdings.units_S[s] * holdings.known_S[s]
        book[POSITIONS, t] += value
        book[GROSS, t] += abs(value)


@inlined
def sell_out(t: int, state_2: Float, holdings: Holdings, n_held: int, log: Log, book: Float) -> int:
    """Closes everything at its mark, for good."""
    for s in holdings.held_S[:n_held]:
        units, price = holdings.units_S[s], holdings.known_S[s]
        holdings.units_S[s] = 0.0
        write(log, t, s, RUIN, -units, price, 0.0, 0.0)
    state_2[0], state_2[1] = state_2[0] + book[POSITIONS, t], 1.0
    book[POSITIONS, t] = book[GROSS, t] = 0.0
    return 0


@inlined
def write(
    log: Log, t: int, s: int, cause: int, quantity: float, price: float, commission: float, impact: float
) -> None:
    n = log.count_1[0]
    log.what_3N[0, n], log.what_3N[1, n], log.what_3N[2, n] = t, s, cause
    log.paid_4N[0, n], log.paid_4N[1, n] = quantity, price
    log.paid_4N[2, n], log.paid_4N[3, n] = commission, impact
    log.count_1[0] = n + 1
