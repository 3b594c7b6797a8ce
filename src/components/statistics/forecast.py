"""Quality of forecasts: errors, explained variance, classification scores.

y_M outcomes, f_M forecasts, both (M,); rows where either is NaN are left out. What is undefined (no
rows, no variation) is NaN, never an error.
"""

import math

import numpy as np
import numpy.typing as npt

from components.values import Float


def pairs(y_M: Float, f_M: Float) -> tuple[Float, Float]:
    """The rows where outcome and forecast are both finite."""
    both_M = np.isfinite(y_M) & np.isfinite(f_M)
    return y_M[both_M], f_M[both_M]


def mean(value_M: Float) -> float:
    """The mean, NaN for nothing."""
    return float(value_M.mean()) if len(value_M) else math.nan


def varies(value_M: Float) -> bool:
    """Whether the values differ by more than rounding."""
    return len(value_M) > 1 and bool(value_M.std() > 1e-12 * np.abs(value_M).max())


# --- errors


def mse(y_M: Float, f_M: Float) -> float:
    """Mean squared error, in the target's unit squared."""
    y_M, f_M = pairs(y_M, f_M)
    return mean((y_M - f_M) ** 2)


def rmse(y_M: Float, f_M: Float) -> float:
    """Root of the mean squared error, in the target's unit."""
    return math.sqrt(mse(y_M, f_M))


def mae(y_M: Float, f_M: Float) -> float:
    """Mean absolute error, in the target's unit."""
    y_M, f_M = pairs(y_M, f_M)
    return mean(np.abs(y_M - f_M))


def bias(y_M: Float, f_M: Float) -> float:
    """Mean of forecast minus outcome: positive where forecasts are too high."""
    y_M, f_M = pairs(y_M, f_M)
    return mean(f_M - y_M)


def qlike(y_M: Float, f_M: Float) -> float:
    """Mean of exp(y - f) - (y - f) - 1 for outcomes and forecasts that are log variances.

    The loss under which a noisy volatility proxy still ranks forecasts correctly, and which punishes
    a variance that was forecast too low more than one too high (Patton 2011, J. Econometrics 160:246,
    eq. 24, normalised to 0 at a perfect forecast). inf where exp overflows.
    """
    y_M, f_M = pairs(y_M, f_M)
    gap_M = y_M - f_M
    if len(gap_M) and gap_M.max() > 700:
        return math.inf
    return mean(np.exp(gap_M) - gap_M - 1)


# --- quantiles


def pinball(y_M: Float, f_M: Float, level: float) -> float:
    """Mean of max(q (y - f), (q - 1) (y - f)) for forecasts f of the quantile q, in the target's unit.

    Least, in expectation, at the true quantile (Koenker & Bassett 1978, Econometrica 46:33); of the median it is half
    the mean absolute error.
    """
    y_M, f_M = pairs(y_M, f_M)
    error_M = y_M - f_M
    return mean(np.maximum(level * error_M, (level - 1) * error_M))


def share_below(y_M: Float, f_M: Float) -> float:
    """Share of outcomes at or below their forecast: q, where forecasts are the quantile q."""
    y_M, f_M = pairs(y_M, f_M)
    return mean((y_M <= f_M).astype(np.float64))


# --- explained variance


def r2(y_M: Float, f_M: Float) -> float:
    """1 - SSE / SST with SST around the mean of all rows pooled.

    The mean of the outcomes is known only afterwards, so a constant forecast made beforehand scores
    below 0: see `r2_against` for a fair opponent.
    """
    y_M, f_M = pairs(y_M, f_M)
    return r2_against(y_M, f_M, np.full(len(y_M), mean(y_M))) if varies(y_M) else math.nan


def r2_against(y_M: Float, f_M: Float, reference_M: Float) -> float:
    """1 - SSE(forecast) / SSE(reference): the share of a reference forecast's squared error removed.

    With reference_M the mean of the training labels this is the out-of-sample R2 of Campbell & Thompson
    (2008, RFS 21:1509, eq. 1).
    """
    known_M = np.isfinite(y_M) & np.isfinite(f_M) & np.isfinite(reference_M)
    worst = float(np.sum((y_M[known_M] - reference_M[known_M]) ** 2))
    return 1 - float(np.sum((y_M[known_M] - f_M[known_M]) ** 2)) / worst if worst > 0 else math.nan


def variance_ratio(y_M: Float, f_M: Float) -> float:
    """Variance of the forecasts over variance of the outcomes: 0 for a collapsed model."""
    y_M, f_M = pairs(y_M, f_M)
    return float(f_M.var() / y_M.var()) if varies(y_M) else math.nan


def correlation(y_M: Float, f_M: Float) -> float:
    """Pearson correlation over all rows pooled."""
    y_M, f_M = pairs(y_M, f_M)
    if not (varies(y_M) and varies(f_M)):
        return math.nan
    y_M, f_M = y_M - y_M.mean(), f_M - f_M.mean()
    return float(y_M @ f_M / math.sqrt(float(y_M @ y_M) * float(f_M @ f_M)))


def calibration_slope(y_M: Float, f_M: Float) -> float:
    """Slope of the regression of outcomes on forecasts (Mincer & Zarnowitz 1969): 1 when a unit of forecast
    is worth a unit of outcome, below 1 when forecasts are too bold."""
    y_M, f_M = pairs(y_M, f_M)
    if not varies(f_M):
        return math.nan
    centred_M = f_M - f_M.mean()
    return float(centred_M @ y_M / (centred_M @ centred_M))


# --- directions and probabilities


def direction_accuracy(y_M: Float, f_M: Float) -> float:
    """Share of forecasts with the outcome's sign, among outcomes that are not 0; a forecast of 0 has none."""
    y_M, f_M = pairs(y_M, f_M)
    moved_M = y_M != 0
    return mean((np.sign(y_M[moved_M]) == np.sign(f_M[moved_M])).astype(np.float64))


def accuracy(y_M: Float, p_M: Float) -> float:
    """Share of rows where p > 1/2 agrees with the label; y_M in {0, 1}, p_M probabilities of 1."""
    y_M, p_M = pairs(y_M, p_M)
    return mean(((p_M > 0.5) == (y_M > 0.5)).astype(np.float64))


def base_rate(y_M: Float) -> float:
    """Share of the more frequent label: the accuracy of always saying the same, chosen with hindsight."""
    positive = mean((y_M[np.isfinite(y_M)] > 0.5).astype(np.float64))
    return max(positive, 1 - positive)


def loss(kind: str, y_M: Float, f_M: Float) -> Float:
    """(M,) what a forecast of this kind of target is judged by: log losses of a direction, else squared errors."""
    if kind == "direction":
        return logistic_loss(y_M, f_M)
    squared_M: Float = (y_M - f_M) ** 2
    return squared_M


def logistic_loss(y_M: Float, p_M: Float) -> Float:
    """(M,) -y ln p - (1 - y) ln(1 - p) per row, p kept 2.2e-16 away from 0 and 1."""
    p_M = np.clip(p_M, np.finfo(np.float64).eps, 1 - np.finfo(np.float64).eps)
    loss_M: Float = -y_M * np.log(p_M) - (1 - y_M) * np.log1p(-p_M)
    return loss_M


def log_loss(y_M: Float, p_M: Float) -> float:
    """Mean logistic loss, in nats."""
    return mean(logistic_loss(*pairs(y_M, p_M)))


def brier(y_M: Float, p_M: Float) -> float:
    """Mean squared error of the probabilities (Brier 1950)."""
    return mse(y_M, p_M)


def auc(y_M: Float, p_M: Float) -> float:
    """Probability that a random 1 got a higher forecast than a random 0, ties counting half; NaN where only
    one label occurs."""
    y_M, p_M = pairs(y_M, p_M)
    positive_M = y_M > 0.5
    n_positive = int(positive_M.sum())
    n_negative = len(y_M) - n_positive
    if n_positive == 0 or n_negative == 0:
        return math.nan
    ranks_M = average_ranks(p_M, np.zeros(len(p_M), dtype=np.int64))
    wins = float(ranks_M[positive_M].sum()) - n_positive * (n_positive + 1) / 2
    return wins / (n_positive * n_negative)


def average_ranks(value_M: Float, group_M: npt.NDArray[np.integer]) -> Float:
    """(M,) rank of each value within its group, 1 = smallest, ties get their average; finite values."""
    order_M = np.lexsort((value_M, group_M))
    value_M, group_M = value_M[order_M], group_M[order_M]
    position_M = np.arange(len(value_M), dtype=np.float64)
    new_group_M = np.concatenate([[True], group_M[1:] != group_M[:-1]])[: len(value_M)]
    new_tie_M = new_group_M | np.concatenate([[True], value_M[1:] != value_M[:-1]])[: len(value_M)]
    first_of_group_M = np.flatnonzero(new_group_M)[np.cumsum(new_group_M) - 1]
    tie_M = np.cumsum(new_tie_M) - 1
    ties = np.bincount(tie_M)
    mean_position_M = (np.bincount(tie_M, weights=position_M) / np.maximum(ties, 1))[tie_M]
    ranks_M = np.empty(len(value_M))
    ranks_M[order_M] = mean_position_M - first_of_group_M + 1
    return ranks_M
