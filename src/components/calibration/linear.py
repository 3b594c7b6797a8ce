"""Forecasts moved and stretched along a straight line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from components.calibration._out_of_fold import OutOfFold, enough
from components.contracts import FittedCalibration, Kind
from components.ranges import Ge
from components.values import Calibrated, Float


@dataclass(frozen=True, kw_only=True)
class Linear(OutOfFold):
    """g = a + b f, the regression of outcomes on forecasts: least squares, pulled towards g = f.

    prior_rows: rows that the identity a = 0, b = 1 counts as, beside the n out-of-fold rows; >= 0. With the
    least-squares a', b' the line is a = n a' / (n + prior_rows), b = (n b' + prior_rows) / (n + prior_rows).

    An optimal forecast has a' = 0, b' = 1; a daring one b' < 1. Where b' is negative or the forecasts do not
    vary, b' = 0 and a' is the mean outcome: a calibration does not turn a forecast round. Raises DataError with
    fewer than 3 rows. Source: Mincer & Zarnowitz 1969, The evaluation of economic forecasts, eq. 1.
    """

    forecast_kind: ClassVar[tuple[Kind, ...]] = ("level", "return")

    prior_rows: Annotated[float, Ge(0)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"prior_rows": 0.0, "source": "valid"}, {"prior_rows": 250.0, "source": "previous_tests"})

    def fit(self, forecast_N: Float, y_N: Float) -> FittedCalibration:
        enough(forecast_N, 3, "a line")
        forecast_mean, y_mean = float(forecast_N.mean()), float(y_N.mean())
        gap_N = forecast_N - forecast_mean
        squares = float(np.sum(gap_N**2)) if np.ptp(forecast_N) > 0 else 0.0
        slope = max(float(np.sum(gap_N * (y_N - y_mean))) / squares, 0.0) if squares > 0 else 0.0
        share = len(y_N) / (len(y_N) + self.prior_rows)
        return Line(
            intercept=share * (y_mean - slope * forecast_mean),
            slope=share * slope + (1 - share),
        )

    def restore(self, state: Mapping[str, Any]) -> FittedCalibration:
        return Line(intercept=state["intercept"], slope=state["slope"])


@dataclass(frozen=True, kw_only=True)
class Line(FittedCalibration):
    """g = intercept + slope f."""

    intercept: float
    slope: float

    def apply(self, forecast_N: Float) -> Calibrated:
        return Calibrated(forecast_N=self.intercept + self.slope * forecast_N)

    def state(self) -> Mapping[str, Any]:
        return {"intercept": self.intercept, "slope": self.slope}
