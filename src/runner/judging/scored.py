"""Out-of-sample forecasts beside their outcomes.

Shape legend: M scored rows.
"""

from collections.abc import Mapping

import numpy as np

from components.panel import Panel
from components.values import Scored
from runner.compute.forecast import Forecasts
from runner.compute.target import Labels


def scored(
    forecasts: Forecasts, baselines: Mapping[str, Forecasts], labels: Labels, panel: Panel, *, test: bool
) -> Scored:
    """The forecasts of one kind of span whose outcome is known, sorted by time, then symbol."""
    row_M = forecasts.row_M
    index = np.flatnonzero((forecasts.is_test_M == test) & np.isfinite(labels.y_R[row_M]))
    index = index[np.lexsort((panel.symbol_codes_R[row_M[index]], panel.timestamps_R[row_M[index]]))]
    rows, folds = row_M[index], forecasts.fold_M[index]
    lower_M, upper_M = forecasts.lower_M, forecasts.upper_M
    if lower_M is not None and not np.isfinite(lower_M[index]).any():
        lower_M = upper_M = None  # calibration gives intervals to test spans only
    return Scored(
        span="test" if test else "valid",
        timestamps_M=panel.timestamps_R[rows],
        symbols_M=panel.symbol_codes_R[rows],
        fold_M=folds,
        forecast_M=forecasts.forecast_M[index],
        target_M=labels.y_R[rows],
        train_mean_M=forecasts.train_mean_K[folds - 1],
        baselines={name: baseline.forecast_M[index] for name, baseline in baselines.items()},
        lower_M=None if lower_M is None else lower_M[index],
        upper_M=None if upper_M is None else upper_M[index],
        coverage=None if lower_M is None else forecasts.coverage,
        values_MO=forecasts.values_MO[index],
        outputs=forecasts.outputs,
        targets_MK=labels.y_RK[rows],
        target_names=tuple(labels.horizons),
    )
