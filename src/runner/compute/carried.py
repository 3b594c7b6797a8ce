"""A calibration that goes on learning, bar by bar: replayed over history as a stream goes through it.

Shape legend: R panel rows, N symbols with a new bar.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from components.contracts import FittedCalibration
from components.values import Calibrated, Float, Float32, Int, State


class Carried:
    """What a calibration carries from bar to bar; each step moves it on."""

    def __init__(self, fitted: FittedCalibration, state: State) -> None:
        self._fitted, self.state = fitted, state

    @staticmethod
    def begun(fitted: FittedCalibration, symbols: int, horizon_bars: int) -> "Carried":
        return Carried(fitted, fitted.start(symbols, horizon_bars))

    def step(self, codes_N: Int, forecast_N: Float, matured_N: Float32) -> Calibrated:
        """The calibrated forecasts of one bar of each of N symbols, in any order; see FittedCalibration.step."""
        order = np.argsort(codes_N, kind="stable")
        matured = matured_N[order].astype(np.float64)
        self.state, found = self._fitted.step(self.state, codes_N[order], forecast_N[order], matured)
        return found.take(np.argsort(order, kind="stable"))


def replayed(
    fitted: FittedCalibration,
    forecast_R: Float,
    *,
    matured_R: Float32,
    date_codes_R: npt.NDArray[np.integer[Any]],
    codes_R: npt.NDArray[np.integer[Any]],
    symbols: int,
    horizon_bars: int,
) -> Calibrated:
    """(R,) calibrated forecasts, NaN where there is none, date by date from the first forecast to the last.

    forecast_R: NaN where there is none; matured_R: LAST_LABEL; date_codes_R, codes_R: date and symbol of each row.
    """
    lower_R, upper_R, moved_R = (np.full(len(forecast_R), np.nan) for _ in range(3))
    carried, rows = Carried.begun(fitted, symbols, horizon_bars), np.flatnonzero(np.isfinite(forecast_R))
    if len(rows):
        first, last = date_codes_R[rows].min(), date_codes_R[rows].max()
        within = np.flatnonzero((date_codes_R >= first) & (date_codes_R <= last))
        within = within[np.argsort(date_codes_R[within], kind="stable")]
        for dated in np.split(within, np.flatnonzero(np.diff(date_codes_R[within])) + 1):
            found = carried.step(codes_R[dated].astype(np.int64), forecast_R[dated], matured_R[dated])
            moved_R[dated] = found.forecast_N
            if found.lower_N is not None and found.upper_N is not None:
                lower_R[dated], upper_R[dated] = found.lower_N, found.upper_N
    return Calibrated(forecast_N=moved_R, lower_N=lower_R, upper_N=upper_R)
