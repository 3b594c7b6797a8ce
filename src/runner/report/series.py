"""The numbers behind the pictures: bins, quintiles, drawdowns. N rows, T bars, D dates, B bins."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Bins:
    """Rows grouped by their forecast: mean forecast, mean outcome, its standard error, rows in each."""

    forecast_B: Float
    outcome_B: Float
    error_B: Float
    count_B: npt.NDArray[np.int64]


def calibration(forecast_N: Float, outcome_N: Float, *, n_bins: int, overlap: int) -> Bins:
    """Bins of equally many forecasts, equal forecasts never divided; empty bins are left out.

    error = std / sqrt(n / overlap): labels that share `overlap` bars count as one observation.
    """
    edges = np.unique(np.quantile(forecast_N, np.linspace(0, 1, n_bins + 1)[1:-1]))
    bin_N = np.searchsorted(edges, forecast_N, side="left")
    count = np.bincount(bin_N, minlength=len(edges) + 1)
    kept = count > 0
    n_B = count[kept]
    forecast_B = np.bincount(bin_N, forecast_N, len(count))[kept] / n_B
    outcome_B = np.bincount(bin_N, outcome_N, len(count))[kept] / n_B
    square_B = np.bincount(bin_N, outcome_N**2, len(count))[kept] / n_B
    spread_B = np.sqrt(np.maximum(square_B - outcome_B**2, 0.0))
    error_B = spread_B / np.sqrt(np.maximum(n_B / max(overlap, 1), 1.0))
    return Bins(forecast_B=forecast_B, outcome_B=outcome_B, error_B=error_B, count_B=n_B)


def quantile_outcomes(date_N: npt.NDArray[np.int64], forecast_N: Float, outcome_N: Float, *, n_groups: int) -> Float:
    """(D, n_groups) mean outcome of each date's forecast groups, lowest forecasts first.

    Only dates with at least n_groups rows; ties are broken by row order.
    """
    order = np.lexsort((forecast_N, date_N))
    _, start_D, size_D = np.unique(date_N[order], return_index=True, return_counts=True)
    rank_N = np.arange(len(order)) - np.repeat(start_D, size_D)
    group_N = rank_N * n_groups // np.repeat(size_D, size_D)
    cell_N = np.repeat(np.arange(len(size_D)), size_D) * n_groups + group_N
    n_cells = len(size_D) * n_groups
    sums = np.bincount(cell_N, outcome_N[order], n_cells).reshape(-1, n_groups)
    counts = np.bincount(cell_N, minlength=n_cells).reshape(-1, n_groups)
    enough_D = size_D >= n_groups
    means: Float = sums[enough_D] / counts[enough_D]
    return means


def rank_correlations(
    date_N: npt.NDArray[np.int64], forecast_N: Float, outcome_N: Float
) -> tuple[npt.NDArray[np.int64], Float]:
    """Dates and Spearman correlation of forecast and outcome on each date with three rows or more.

    Equal values share their mean rank; dates on which either side is constant are left out.
    """
    dates_D, code_N, count_D = np.unique(date_N, return_inverse=True, return_counts=True)
    middle_N = (count_D[code_N] - 1) / 2
    forecast_N, outcome_N = _ranks(code_N, forecast_N) - middle_N, _ranks(code_N, outcome_N) - middle_N
    together_D = np.bincount(code_N, forecast_N * outcome_N)
    scale_D = np.sqrt(np.bincount(code_N, forecast_N**2) * np.bincount(code_N, outcome_N**2))
    usable_D = (count_D >= 3) & (scale_D > 0)
    return dates_D[usable_D], together_D[usable_D] / scale_D[usable_D]


def _ranks(code_N: npt.NDArray[np.int64], values_N: Float) -> Float:
    """(N,) rank from 0 within the rows of the same code, ties at their mean rank."""
    order = np.lexsort((values_N, code_N))
    code, values = code_N[order], values_N[order]
    new_code = np.concatenate([[True], code[1:] != code[:-1]])
    new_value = new_code | np.concatenate([[True], values[1:] != values[:-1]])
    first = np.flatnonzero(new_value)
    size = np.diff(np.append(first, len(values)))
    start_of_code = np.flatnonzero(new_code)[np.cumsum(new_code) - 1]
    ranks = np.empty(len(values_N))
    ranks[order] = np.repeat(first + (size - 1) / 2, size) - start_of_code
    return ranks


def drawdown(equity_T: Float) -> Float:
    """(T,) fraction below the highest equity so far, 0 or negative."""
    below: Float = equity_T / np.maximum.accumulate(equity_T) - 1.0
    return below


def rolling_mean(values_T: Float, window: int) -> Float:
    """(T,) mean of the last `window` values; NaN before there are so many."""
    means = np.full(len(values_T), np.nan)
    if len(values_T) >= window:
        sums = np.cumsum(np.concatenate([[0.0], values_T]))
        means[window - 1 :] = (sums[window:] - sums[:-window]) / window
    return means
