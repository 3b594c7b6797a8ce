"""Calibration: what a fold's out-of-fold forecasts teach is applied to its test forecasts.

Shape legend: M forecast rows.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from components.contracts import Calibration, FittedCalibration, LearnsFrom
from components.errors import DataError
from components.panel import Panel
from components.values import Calibrated, Float, Fold, Int
from runner.compute.carried import replayed
from runner.compute.features import FeatureTable
from runner.compute.forecast import Forecasts
from runner.compute.target import Labels

Mask = npt.NDArray[np.bool_]


def calibrate(
    forecasts: Forecasts,
    folds: Sequence[Fold],
    labels: Labels,
    panel: Panel | None = None,
    table: FeatureTable | None = None,
    *,
    calibration: Calibration,
) -> Forecasts:
    """The forecasts with what is decided on calibrated in each test span, its interval as two more columns, and what
    each fold learnt. panel, table: for a calibration that carries state, None for others.

    Validation forecasts stay as they are, so that what a sweep optimises is never calibrated on itself.
    Raises DataError naming the fold that has too few forecasts to learn from.
    """
    raw_M = forecasts.uncalibrated_M.copy()
    forecast_M, ends_M2 = raw_M.copy(), np.full((len(raw_M), 2), np.nan)
    states = []
    for fold in folds:
        known_M = learning_rows(calibration.learns_from(), forecasts, fold, folds, labels)
        fitted = _fitted(calibration, raw_M, known_M, forecasts, labels, f"fold {fold.number}")
        test_M = forecasts.is_test_M & (forecasts.fold_M == fold.number)
        if calibration.carries_state:
            assert panel is not None, "it sees bars"
            assert table is not None, "it sees labels as they mature"
            calibrated = _carried(fitted, raw_M[test_M], forecasts.row_M[test_M], labels.horizon_bars, panel, table)
        else:
            calibrated = fitted.apply(raw_M[test_M])
        forecast_M[test_M] = calibrated.forecast_N
        if calibrated.lower_N is not None and calibrated.upper_N is not None:
            ends_M2[test_M] = np.column_stack([calibrated.lower_N, calibrated.upper_N])
        states.append(fitted.state())
    values_MO = forecasts.values_MO.copy()
    values_MO[:, forecasts.outputs.decision] = forecast_M
    coverage = calibration.interval_coverage()
    if coverage is not None:
        values_MO = np.column_stack([values_MO, ends_M2])
    return replace(
        forecasts,
        values_MO=values_MO,
        outputs=forecasts.outputs if coverage is None else forecasts.outputs.with_interval(coverage),
        raw_M=raw_M,
        calibrations=tuple(states),
    )


def _carried(
    fitted: FittedCalibration, raw_N: Float, rows_N: Int, horizon_bars: int, panel: Panel, table: FeatureTable
) -> Calibrated:
    """The forecasts of a fold's test rows, calibrated date by date as they would have been."""
    raw_R = np.full(panel.n_rows, np.nan)
    raw_R[rows_N] = raw_N
    found = replayed(
        fitted,
        raw_R,
        matured_R=table.values_FR[-1],
        date_codes_R=panel.date_codes_R,
        codes_R=panel.symbol_codes_R,
        symbols=len(panel.symbols),
        horizon_bars=horizon_bars,
    )
    return found.take(rows_N)


def learning_rows(
    learns_from: LearnsFrom, forecasts: Forecasts, fold: Fold, folds: Sequence[Fold], labels: Labels
) -> Mask:
    """(M,) the forecasts that what is fitted on a fold's forecasts may learn from: its validation forecasts, or the
    test forecasts of those folds of which everything, what they learnt from as well, lies before its test span."""
    if learns_from == "previous_tests" and fold.span.test_symbols is None:
        begins = fold.span.test[0][0]
        before = [other.number for other in folds if other.span.only_learns_before(begins)]
        # NaT compares false: an undefined label is never known.
        known_M = labels.label_end_R[forecasts.row_M] <= begins
        earlier_M: Mask = forecasts.is_test_M & np.isin(forecasts.fold_M, before) & known_M
        if earlier_M.any():
            return earlier_M
    valid_M: Mask = ~forecasts.is_test_M & (forecasts.fold_M == fold.number)
    return valid_M


def deployed_calibration(calibration: Calibration, forecasts: Forecasts, labels: Labels) -> FittedCalibration:
    """The calibration of a model that is refitted on all rows: learnt from the test forecasts of all folds, in
    which each row is forecast by a model that had not seen it. Raises DataError where they are too few."""
    known_M = forecasts.is_test_M & np.isfinite(labels.y_R[forecasts.row_M])
    return _fitted(calibration, forecasts.uncalibrated_M, known_M, forecasts, labels, "all test spans")


def _fitted(
    calibration: Calibration, raw_M: Float, known_M: Mask, forecasts: Forecasts, labels: Labels, where: str
) -> FittedCalibration:
    try:
        return calibration.fit(raw_M[known_M], labels.y_R[forecasts.row_M[known_M]])
    except DataError as error:
        raise DataError(f"calibration, {where}: {error}") from None
