"""Probabilities moved and stretched on the scale of their log odds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from components.calibration._out_of_fold import OutOfFold, enough
from components.contracts import FittedCalibration, Kind
from components.values import Calibrated, Float

TINY = float(np.finfo(np.float32).eps)
STEPS = 100


@dataclass(frozen=True, kw_only=True)
class Platt(OutOfFold):
    """q = 1 / (1 + exp(-(a + b logit(p)))) with b >= 0: a logistic regression of outcomes on log odds.

    a and b minimise the mean logistic loss against the outcomes 1 and 0 moved to (n1 + 1) / (n1 + 2) and
    1 / (n0 + 2), n1 and n0 being their numbers, so that the minimum exists also where a threshold divides ones
    from zeros. Where the best b is negative, b = 0: a calibration does not turn a forecast round. p is kept
    1.2e-7 away from 0 and 1. Raises DataError with fewer than 3 rows. Source: Platt 1999, Probabilistic outputs
    for support vector machines, section 2.2; Newton steps halved as in Lin, Lin & Weng 2007, Machine Learning 68.
    """

    forecast_kind: ClassVar[tuple[Kind, ...]] = ("direction",)
    needs_probabilities: ClassVar[bool] = True

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"source": "valid"}, {"source": "previous_tests"})

    def fit(self, forecast_N: Float, y_N: Float) -> FittedCalibration:
        enough(forecast_N, 3, "a logistic curve")
        ones_N = y_N > 0.5
        n_ones, n_zeros = int(ones_N.sum()), int((~ones_N).sum())
        wanted_N = np.where(ones_N, (n_ones + 1) / (n_ones + 2), 1 / (n_zeros + 2))
        level = float(_log_odds(wanted_N.mean(keepdims=True))[0])
        odds_N = _log_odds(forecast_N)
        if np.ptp(odds_N) > 0:
            intercept, slope = _minimum(odds_N, wanted_N, level)
            if slope > 0:
                return Logistic(intercept=intercept, slope=slope)
        return Logistic(intercept=level, slope=0.0)

    def restore(self, state: Mapping[str, Any]) -> FittedCalibration:
        return Logistic(intercept=state["intercept"], slope=state["slope"])


@dataclass(frozen=True, kw_only=True)
class Logistic(FittedCalibration):
    """q = 1 / (1 + exp(-(intercept + slope logit(p))))."""

    intercept: float
    slope: float

    def apply(self, forecast_N: Float) -> Calibrated:
        return Calibrated(forecast_N=_probability(self.intercept + self.slope * _log_odds(forecast_N)))

    def state(self) -> Mapping[str, Any]:
        return {"intercept": self.intercept, "slope": self.slope}


def _log_odds(p_N: Float) -> Float:
    p_N = np.clip(p_N, TINY, 1 - TINY)
    odds_N: Float = np.log(p_N) - np.log1p(-p_N)
    return odds_N


def _probability(score_N: Float) -> Float:
    probability_N: Float = 1 / (1 + np.exp(-np.clip(score_N, -500.0, 500.0)))
    return probability_N


def _minimum(odds_N: Float, wanted_N: Float, level: float) -> tuple[float, float]:
    """Intercept and slope of the least mean logistic loss, by Newton's method on standardised log odds."""
    centre, scale = float(odds_N.mean()), float(odds_N.std())
    X_N2 = np.column_stack([np.ones(len(odds_N)), (odds_N - centre) / scale])

    def loss(at: Float) -> float:
        score_N = X_N2 @ at
        return float(np.mean(np.logaddexp(0.0, score_N) - wanted_N * score_N))

    at, best = np.array([level, 0.0]), loss(np.array([level, 0.0]))
    for _ in range(STEPS):
        p_N = _probability(X_N2 @ at)
        gradient = X_N2.T @ (p_N - wanted_N) / len(p_N)
        curvature = (X_N2.T * (p_N * (1 - p_N))) @ X_N2 / len(p_N) + 1e-12 * np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        while (tried := loss(at - step)) > best and np.abs(step).max() > 1e-12:
            step = step / 2
        if np.abs(step).max() <= 1e-12:
            break
        at, best = at - step, tried
    return float(at[0] - at[1] * centre / scale), float(at[1] / scale)
