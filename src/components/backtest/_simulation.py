"""One account, bar by bar: interest, fills, costs, marks, ruin.

Shape legend: T bars from the first decision's to the last, S symbols, K symbols of one fill.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from components.backtest._market import Market
from components.values import Float

BASIS_POINT = 1e-4
ROUNDING = 1e-12
"""Differences between target and drifted weight that floating point makes, and that nobody trades."""


class Terms(NamedTuple):
    """The conditions of the account; `SimulatedBacktest` explains each."""

    capital: float
    lag_bars: int
    cost_bps: float
    borrow_bps_annual: float
    financing_bps_annual: float
    cash_bps_annual: float
    rebalance_band: float


class Fill(NamedTuple):
    """The trades of one bar; costs in currency."""

    bar: int
    decided_bar: int
    symbols_K: npt.NDArray[np.int64]
    quantity_K: Float
    price_K: Float
    commission_K: Float
    impact_K: Float

    @property
    def payment(self) -> float:
        """What leaves the account's cash."""
        return float(self.quantity_K @ self.price_K + self.commission_K.sum() + self.impact_K.sum())


class Carry(NamedTuple):
    """What holding the balances since the last bar earned and cost, in currency."""

    interest: float
    financing: float
    borrow: float


@dataclass(kw_only=True, eq=False)
class Ledger:
    """What the simulation writes down."""

    cash_T: Float
    units_TS: Float
    ruined_T: npt.NDArray[np.bool_]
    carries: list[Carry] = field(default_factory=list[Carry])
    fills: list[Fill] = field(default_factory=list[Fill])


def simulate(terms: Terms, market: Market, weights_DS: Float) -> Ledger:
    """Runs the account over all bars."""
    shape = market.mark_TS.shape
    ledger = Ledger(cash_T=np.empty(shape[0]), units_TS=np.empty(shape), ruined_T=np.zeros(shape[0], dtype=np.bool_))
    cash, units_S, ruined = terms.capital, np.zeros(shape[1]), False
    for t in range(shape[0]):
        carry = Carry(0.0, 0.0, 0.0)
        if t > 0 and not ruined:
            carry = _carry(terms, cash, units_S * market.mark_TS[t - 1], float(market.years_T[t]))
        cash += carry.interest - carry.financing - carry.borrow
        if market.decision_T[t] >= 0 and not ruined:
            fill = _fill(terms, market, t, cash, units_S, weights_DS[market.decision_T[t]])
            if len(fill.symbols_K):
                cash, units_S = _settle(ledger, fill, cash, units_S)
        if not ruined and cash + units_S @ market.mark_TS[t] <= 0:
            ruined = True
            cash, units_S = _settle(ledger, _liquidation(market, t, units_S), cash, units_S)
        ledger.carries.append(carry)
        ledger.cash_T[t], ledger.units_TS[t], ledger.ruined_T[t] = cash, units_S, ruined
    return ledger


def _carry(terms: Terms, cash: float, value_S: Float, years: float) -> Carry:
    short = float(np.abs(value_S[value_S < 0]).sum())
    return Carry(
        interest=max(cash, 0.0) * terms.cash_bps_annual * BASIS_POINT * years,
        financing=max(-cash, 0.0) * terms.financing_bps_annual * BASIS_POINT * years,
        borrow=short * terms.borrow_bps_annual * BASIS_POINT * years,
    )


def _fill(terms: Terms, market: Market, t: int, cash: float, units_S: Float, target_S: Float) -> Fill:
    """The trades from drifted towards target weights; none without equity to measure weights by."""
    equity = cash + float(units_S @ market.opening_TS[t])
    price_S = market.fill_TS[t]
    quantity_S = target_S * equity / price_S - units_S
    gap_S = np.abs(quantity_S * price_S) / equity if equity > 0 else np.zeros_like(quantity_S)
    wanted_S = (gap_S > terms.rebalance_band + ROUNDING) | ((target_S == 0) & (gap_S > 0))
    traded_K = np.flatnonzero(wanted_S)
    quantity_K, price_K = quantity_S[traded_K], price_S[traded_K]
    notional_K = np.abs(quantity_K) * price_K
    impact_K = np.zeros_like(notional_K)
    if market.impact_TS is not None:
        impact_K = market.impact_TS[t, traded_K] * notional_K**1.5
    return Fill(
        bar=t,
        decided_bar=t - terms.lag_bars,
        symbols_K=traded_K,
        quantity_K=quantity_K,
        price_K=price_K,
        commission_K=terms.cost_bps * BASIS_POINT * notional_K,
        impact_K=impact_K,
    )


def _liquidation(market: Market, t: int, units_S: Float) -> Fill:
    held_K = np.flatnonzero(units_S)
    free_K = np.zeros(len(held_K))
    return Fill(
        bar=t,
        decided_bar=t,
        symbols_K=held_K,
        quantity_K=-units_S[held_K],
        price_K=market.mark_TS[t, held_K],
        commission_K=free_K,
        impact_K=free_K,
    )


def _settle(ledger: Ledger, fill: Fill, cash: float, units_S: Float) -> tuple[float, Float]:
    ledger.fills.append(fill)
    after_S = units_S.copy()
    after_S[fill.symbols_K] += fill.quantity_K
    return cash - fill.payment, after_S
