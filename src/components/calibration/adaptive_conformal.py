"""Intervals that widen after misses and narrow after hits."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, get_args

import numpy as np

from components.calibration._out_of_fold import OutOfFold, enough
from components.contracts import FittedCalibration, Kind
from components.ranges import Ge, Gt, Lt
from components.values import Calibrated, Float, Int, State, Statistic


@dataclass(frozen=True, kw_only=True)
class AdaptiveConformal(OutOfFold):
    """f - q .. f + q with q the ceil((n + 1)(1 - alpha))-th smallest of a symbol's n last |y - f|; f stays as it is.

    Each symbol has an alpha of its own, at first 1 - coverage. When the label of a forecast is known, `horizon` bars of
    its symbol later, err = 1 if it lay outside the interval that it was given, else 0, and

        alpha <- alpha + rate (1 - coverage - err)

    so that over any T such labels the share outside differs from 1 - coverage by at most (1 + rate) / (rate T),
    whatever the market does. That holds where alpha <= 0 makes the interval infinite; here it is then as wide as the
    largest of the n errors, and catches up as new errors come in.

    coverage: probability that the outcome lies in its interval, > 0 and < 1.
    rate: gamma; the larger, the faster and the less steady; 0 leaves alpha where it is.
    window: the last n errors of a symbol, >= 1; at first out-of-fold errors of all symbols, drawn at random.

    Raises DataError with fewer rows than ceil(coverage / (1 - coverage)). Source: Gibbs & Candes 2021, Adaptive
    conformal inference under distribution shift, NeurIPS 34, eq. 2 and proposition 4.1.
    """

    forecast_kind: ClassVar[tuple[Kind, ...]] = ("level", "return")
    corrects: ClassVar[frozenset[Statistic]] = frozenset(get_args(Statistic))
    carries_state: ClassVar[bool] = True

    coverage: Annotated[float, Gt(0), Lt(1)]
    rate: Annotated[float, Ge(0), Lt(1)]
    window: Annotated[int, Ge(1)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"coverage": 0.9, "rate": 0.01, "window": 250, "source": "valid"},
            {"coverage": 0.8, "rate": 0.05, "window": 60, "source": "previous_tests"},
        )

    def interval_coverage(self) -> float | None:
        return self.coverage

    def fit(self, forecast_N: Float, y_N: Float) -> FittedCalibration:
        enough(forecast_N, math.ceil(round(self.coverage / (1 - self.coverage), 9)), f"coverage {self.coverage:g}")
        # In order of time or size, the errors that leave first would be those of one kind.
        drawn = np.random.default_rng(0).permutation(len(y_N))[: self.window]
        return self._fitted(np.abs(y_N - forecast_N)[drawn])

    def restore(self, state: Mapping[str, Any]) -> FittedCalibration:
        return self._fitted(np.array(state["errors"], dtype=np.float64))

    def _fitted(self, errors_W: Float) -> FittedCalibration:
        return Adaptive(errors_W=errors_W, miss=1 - self.coverage, rate=self.rate)


@dataclass(frozen=True, kw_only=True, eq=False)
class Adaptive(FittedCalibration):
    """errors_W: at the start, of every symbol; miss: share of the outcomes that shall lie outside.

    Carries alpha_S; errors_SW, the newest last; pending_SH2, forecast and half width at the last H bars of each symbol,
    the newest last, NaN where there was no forecast.
    """

    errors_W: Float
    miss: float
    rate: float

    def apply(self, forecast_N: Float) -> Calibrated:
        half_N = np.full(len(forecast_N), _half(np.array([self.miss]), self.errors_W[None])[0])
        return Calibrated(forecast_N=forecast_N, lower_N=forecast_N - half_N, upper_N=forecast_N + half_N)

    def state(self) -> Mapping[str, Any]:
        return {"errors": self.errors_W.tolist()}

    def start(self, symbols: int, horizon_bars: int) -> State:
        return {
            "alpha_S": np.full(symbols, self.miss),
            "errors_SW": np.tile(self.errors_W, (symbols, 1)),
            "pending_SH2": np.full((symbols, horizon_bars, 2), np.nan),
        }

    def step(self, state: State, codes_N: Int, forecast_N: Float, matured_N: Float) -> tuple[State, Calibrated]:
        alpha_S, errors_SW, pending_SH2 = (
            state[name].astype(np.float64) for name in ("alpha_S", "errors_SW", "pending_SH2")
        )
        error_N = np.abs(matured_N - pending_SH2[codes_N, 0, 0])
        known_N = np.isfinite(error_N)
        codes_K, error_K = codes_N[known_N], error_N[known_N]
        missed_K = error_K > pending_SH2[codes_K, 0, 1]
        alpha_S[codes_K] += self.rate * (self.miss - missed_K)
        errors_SW[codes_K] = np.column_stack([errors_SW[codes_K, 1:], error_K])
        half_N = _half(alpha_S[codes_N], errors_SW[codes_N])
        now_N12 = np.stack([forecast_N, half_N], axis=1)[:, None]
        pending_SH2[codes_N] = np.concatenate([pending_SH2[codes_N, 1:], now_N12], axis=1)
        carried = {"alpha_S": alpha_S, "errors_SW": errors_SW, "pending_SH2": pending_SH2}
        return carried, Calibrated(forecast_N=forecast_N, lower_N=forecast_N - half_N, upper_N=forecast_N + half_N)


def _half(alpha_N: Float, errors_NW: Float) -> Float:
    """(N,) half widths; the smallest error where alpha is 1 or more, the largest where it is 0 or less."""
    n = errors_NW.shape[1]
    # Rounded first: (n + 1)(1 - 0.1) may lie a rounding error above a whole number.
    rank_N = np.ceil(np.round((n + 1) * (1 - alpha_N), 9)).clip(1, n).astype(np.int64)
    half_N: Float = np.take_along_axis(np.sort(errors_NW, axis=1), rank_N[:, None] - 1, axis=1)[:, 0]
    return half_N
