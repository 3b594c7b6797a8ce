"""Measures of how little a forecast says; NaN where a measure is undefined.

Shape legend: M forecasts with outcomes, sorted by time, then symbol.
"""

import math

import numpy as np
import numpy.typing as npt

from components.statistics.forecast import correlation
from components.values import Float, Int


def variance_ratio(forecast_M: Float, target_M: Float, fold_M: Int) -> float:
    """Variance of the forecasts within their folds over that of the outcomes."""
    spread = float(np.mean(_within(target_M, fold_M) ** 2)) if len(target_M) else 0.0
    return float(np.mean(_within(forecast_M, fold_M) ** 2)) / spread if spread > 0 else math.nan


def constant_share(forecast_M: Float, fold_M: Int) -> float:
    """Share of forecasts equal to the most frequent forecast of their fold."""
    if len(forecast_M) == 0:
        return math.nan
    modes = [int(np.unique(forecast_M[fold_M == fold], return_counts=True)[1].max()) for fold in np.unique(fold_M)]
    return sum(modes) / len(forecast_M)


def class_entropy(up_M: npt.NDArray[np.bool_], fold_M: Int) -> float:
    """Entropy of "up" or "not up" given the fold, bits: 1 where both are said equally often in every fold, 0
    where each fold says only one of them."""
    if len(up_M) == 0:
        return math.nan
    bits = 0.0
    for fold in np.unique(fold_M):
        inside_M = up_M[fold_M == fold]
        shares = np.array([inside_M.mean(), 1 - inside_M.mean()])
        shares = shares[shares > 0]
        bits -= len(inside_M) / len(up_M) * float(shares @ np.log2(shares))
    return max(bits, 0.0)


def copied_changes(forecast_M: Float, last_M: Float, symbols_M: npt.NDArray[np.int32], fold_M: Int) -> float:
    """Squared correlation of the forecasts' changes from one date of a symbol to the next within a fold with
    those of the latest known label: 1 where the forecast is the last label, shifted or scaled.

    Unlike a correlation of levels it is not near 1 merely because both drift.
    """
    order_M = np.lexsort((np.arange(len(forecast_M)), fold_M, symbols_M))
    same_M = np.diff(symbols_M[order_M]) == 0
    same_M &= np.diff(fold_M[order_M]) == 0
    last_C, forecast_C = (np.diff(values_M[order_M])[same_M] for values_M in (last_M, forecast_M))
    r = correlation(last_C, forecast_C)
    return math.nan if math.isnan(r) else max(r, 0.0) ** 2


def _within(value_M: Float, fold_M: Int) -> Float:
    """Deviations from the mean of the fold."""
    folds, code_M = np.unique(fold_M, return_inverse=True)
    mean_K = np.bincount(code_M, weights=value_M) / np.bincount(code_M) if len(folds) else value_M
    within_M: Float = value_M - mean_K[code_M]
    return within_M
