"""Portfolios, backtests, splits and targets that see too much."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from components.backtest.linear_costs import LinearCosts
from components.contracts import Portfolio, Split, Target
from components.values import RETURN, BacktestResult, Float, PriceGrid, Span, Time, View

KINDS = ("level", "return", "direction")


@dataclass(frozen=True, kw_only=True)
class Peeking(Portfolio):
    """The sign of the next date's forecast."""

    forecast_kind: ClassVar[tuple[str, ...]] = KINDS

    def weights(self, view: View) -> Float:
        forecast_DS = view.forecast_DS
        later_DS = np.concatenate([forecast_DS[1:], forecast_DS[-1:]])
        return np.sign(np.nan_to_num(later_DS)) / forecast_DS.shape[1]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})


@dataclass(frozen=True, kw_only=True)
class WholeScale(Portfolio):
    """In proportion to the largest forecast of all of history."""

    forecast_kind: ClassVar[tuple[str, ...]] = KINDS

    def weights(self, view: View) -> Float:
        forecast_DS = view.forecast_DS
        known_DS = np.nan_to_num(forecast_DS)
        return known_DS / max(float(np.abs(known_DS).max()), 1e-12) / forecast_DS.shape[1]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})


@dataclass(frozen=True, kw_only=True)
class WholeVolatility(Portfolio):
    """Each symbol by the spread of its forecasts over all of history."""

    forecast_kind: ClassVar[tuple[str, ...]] = KINDS

    def weights(self, view: View) -> Float:
        forecast_DS = view.forecast_DS
        spread_S = np.maximum(np.nanstd(forecast_DS, axis=0), 1e-9)
        return np.clip(np.nan_to_num(forecast_DS) / spread_S, -1, 1) / forecast_DS.shape[1]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})


@dataclass(frozen=True, kw_only=True)
class SameBar(LinearCosts):
    """Declares a lag, but writes that its orders are filled on the bar of their decision."""

    def run(self, decided_D: Time, weights_DS: Float, prices: PriceGrid) -> BacktestResult:
        found = super().run(decided_D, weights_DS, prices)
        return replace(found, trades=found.trades.assign(filled_at=found.trades["decided_at"]))


@dataclass(frozen=True, kw_only=True)
class NextWeights(LinearCosts):
    """Trades each date towards the weights of the next."""

    def run(self, decided_D: Time, weights_DS: Float, prices: PriceGrid) -> BacktestResult:
        return super().run(decided_D, np.concatenate([weights_DS[1:], weights_DS[-1:]]), prices)


@dataclass(frozen=True, kw_only=True)
class BestPrice(LinearCosts):
    """Marks at the better of a bar's close and the next one's."""

    def run(self, decided_D: Time, weights_DS: Float, prices: PriceGrid) -> BacktestResult:
        close_TS = prices.fields["close"]
        better_TS = np.fmax(close_TS, np.concatenate([close_TS[1:], close_TS[-1:]]))
        return super().run(decided_D, weights_DS, replace(prices, fields={**prices.fields, "close": better_TS}))


@dataclass(frozen=True, kw_only=True)
class _Spans(Split):
    """vault_start: as ever."""

    vault_start: str | None

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"vault_start": None}, {"vault_start": "2020-01-01"})


class ValidAfterTest(_Spans):
    """Validated on the future of the test."""

    def spans(self, decision_times_T: Time, symbols: tuple[str, ...]) -> tuple[Span, ...]:
        q = decision_times_T[np.linspace(0, len(decision_times_T) - 1, 6).astype(int)]
        return (Span(train=((q[0], q[3]),), valid=((q[3], q[4]),), test=((q[1], q[2]),)),)


class ValidIsTest(_Spans):
    """Tuned on the test."""

    def spans(self, decision_times_T: Time, symbols: tuple[str, ...]) -> tuple[Span, ...]:
        q = decision_times_T[np.linspace(0, len(decision_times_T) - 1, 6).astype(int)]
        return (Span(train=((q[0], q[3]),), valid=((q[3], q[5]),), test=((q[3], q[5]),)),)


class TrainedOnTest(_Spans):
    """The test span is the last part of train."""

    def spans(self, decision_times_T: Time, symbols: tuple[str, ...]) -> tuple[Span, ...]:
        q = decision_times_T[np.linspace(0, len(decision_times_T) - 1, 6).astype(int)]
        return (Span(train=((q[2], q[5]),), valid=((q[1], q[2]),), test=((q[3], q[5]),)),)


@dataclass(frozen=True, kw_only=True)
class MoveFromNow(Target):
    """The move from the decision's own close."""

    @property
    def kind(self) -> Any:
        return "return"

    def text(self) -> str:
        return "ref(close, -2) / close - 1"

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})


@dataclass(frozen=True, kw_only=True)
class NextReturns(Portfolio):
    """The sign of the return of the bar after the decision's, read past its own bar."""

    forecast_kind: ClassVar[tuple[str, ...]] = KINDS
    reads: ClassVar[tuple[str, ...]] = (RETURN,)

    def weights(self, view: View) -> Float:
        next_D = np.minimum(view.bar_D + 1, len(view.times_T) - 1)
        return np.sign(np.nan_to_num(view.past[RETURN][next_D])) / len(view.symbols)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})
