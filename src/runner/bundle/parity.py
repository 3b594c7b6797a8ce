"""Does the bundle forecast what the run forecast? A replay that needs neither LightGBM nor torch."""

from typing import Any

import numpy as np

from components.panel import Panel
from components.values import Float, Int
from runner.bundle.reader import Bundle, forecast_grid, time_texts

FORECAST_TOLERANCE = 1e-5
WEIGHT_TOLERANCE = 1e-6


def replay(bundle: Bundle, panel: Panel, row_M: Int, forecast_M: Float, *, threads: int = 0) -> dict[str, Any]:
    """Compares the bundle with the forecasts that its run made of the given panel rows.

    A forecast f differs beyond 1e-5 x max(|f|, standard deviation of the forecasts). An order differs if
    its sign differs (a position that one side does not hold at all included) or its weight by more than
    1e-6. passed: the same rows, no forecast beyond the tolerance and no differing order.
    """
    replayed = bundle.forecast(panel, threads=threads)
    replayed_R = np.full(panel.n_rows, np.nan)
    replayed_R[replayed.row_M] = replayed.forecast_M
    difference_M = np.abs(replayed_R[row_M] - forecast_M)
    tolerance_M = FORECAST_TOLERANCE * np.maximum(np.abs(forecast_M), forecast_M.std())
    ours_DS, theirs_DS = (_weights(bundle, panel, row_M, values) for values in (replayed_R[row_M], forecast_M))
    differing = (np.sign(ours_DS) != np.sign(theirs_DS)) | (np.abs(ours_DS - theirs_DS) > WEIGHT_TOLERANCE)
    missing = int(np.isnan(difference_M).sum())
    beyond = int((difference_M > tolerance_M).sum())
    first, last = time_texts(np.sort(panel.timestamps_R[row_M])[[0, -1]])
    return {
        "passed": missing == beyond == int(differing.sum()) == 0,
        "first": str(first),
        "last": str(last),
        "forecasts": len(row_M),
        "missing_forecasts": missing,
        "max_abs_difference": float(np.nanmax(difference_M)) if missing < len(row_M) else None,
        "forecasts_beyond_tolerance": beyond,
        "orders": int(((ours_DS != 0) | (theirs_DS != 0)).sum()),
        "differing_orders": int(differing.sum()),
        "tolerance": "1e-5 x max(|f|, standard deviation of the forecasts); weights 1e-6",
    }


def _weights(bundle: Bundle, panel: Panel, row_M: Int, forecast_M: Float) -> Float:
    """(D, S) weights from the forecasts of these rows alone."""
    _, forecast_DS = forecast_grid(panel, row_M, forecast_M)
    return bundle.portfolio.weights(forecast_DS, bars_per_year=bundle.recipe.bars_per_year)
