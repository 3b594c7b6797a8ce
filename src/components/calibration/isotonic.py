"""Forecasts mapped onto outcomes by the best curve that never falls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from components.calibration._out_of_fold import OutOfFold, enough
from components.contracts import FittedCalibration, Kind
from components.values import Calibrated, Float


@dataclass(frozen=True, kw_only=True)
class Isotonic(OutOfFold):
    """The non-decreasing function of the forecast with the least squared error, by pooling adjacent violators.

    Between two forecasts that were learnt from it is a straight line, beyond the outermost it is constant.
    Where all outcomes are 0 or 1 it stays within 1 / (n + 2) and (n + 1) / (n + 2), Laplace's rule of
    succession: n agreeing outcomes do not make certain. It needs more rows than `platt` or `linear`, hundreds
    rather than dozens. Raises DataError with fewer than 10. Source: Zadrozny & Elkan 2002, Transforming
    classifier scores into accurate multiclass probability estimates, section 3.2.
    """

    forecast_kind: ClassVar[tuple[Kind, ...]] = ("level", "return", "direction")
    libraries: ClassVar[tuple[str, ...]] = ("scipy",)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"source": "valid"}, {"source": "previous_tests"})

    def fit(self, forecast_N: Float, y_N: Float) -> FittedCalibration:
        from scipy.optimize import isotonic_regression

        enough(forecast_N, 10, "a monotone curve")
        knots_K, tie_N, count_K = np.unique(forecast_N, return_inverse=True, return_counts=True)
        mean_K = np.bincount(tie_N, weights=y_N) / count_K
        value_K = isotonic_regression(mean_K, weights=count_K).x
        if np.isin(y_N, (0.0, 1.0)).all():
            least = 1 / (len(y_N) + 2)
            value_K = np.clip(value_K, least, 1 - least)
        bend_K = np.ones(len(value_K), dtype=bool)  # the inside of a level stretch says nothing new
        bend_K[1:-1] = (value_K[1:-1] != value_K[:-2]) | (value_K[1:-1] != value_K[2:])
        return MonotoneCurve(forecast_K=knots_K[bend_K], value_K=value_K[bend_K])

    def restore(self, state: Mapping[str, Any]) -> FittedCalibration:
        return MonotoneCurve(
            forecast_K=np.array(state["forecast"], dtype=np.float64),
            value_K=np.array(state["value"], dtype=np.float64),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class MonotoneCurve(FittedCalibration):
    """Straight lines between K knots, constant beyond them."""

    forecast_K: Float
    value_K: Float

    def apply(self, forecast_N: Float) -> Calibrated:
        return Calibrated(forecast_N=np.interp(forecast_N, self.forecast_K, self.value_K))

    def state(self) -> Mapping[str, Any]:
        return {"forecast": self.forecast_K.tolist(), "value": self.value_K.tolist()}
