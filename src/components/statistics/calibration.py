"""Whether forecasts mean what they say: probabilities and intervals against what came true.

y_M outcomes, p_M probabilities, lower_M and upper_M the ends of intervals, all (M,); rows where any of them is
NaN are left out. What is undefined is NaN, never an error.
"""

import math

import numpy as np

from components.statistics.forecast import mean, pairs
from components.values import Float

GROUPS = 10


def calibration_error(y_M: Float, p_M: Float, n_groups: int = GROUPS) -> float:
    """Root mean squared distance between the probability said and the share that came true, in groups of equally
    many forecasts (equal ones are never divided), less what chance alone would show.

    sqrt(max(0, sum_g n_g / n [(mean y - mean p)^2 - mean y (1 - mean y) / (n_g - 1)])): the debiased estimator
    of Kumar, Liang & Ma 2019, Verified uncertainty calibration, definition 4.1. 0 to 1, in units of probability;
    0 where the distance is no larger than chance. NaN below two rows.
    """
    y_M, p_M = pairs(y_M, p_M)
    if len(y_M) < 2:
        return math.nan
    edges_E = np.unique(np.quantile(p_M, np.arange(1, n_groups) / n_groups))
    group_M = np.searchsorted(edges_E, p_M)
    n_G = np.bincount(group_M)
    filled_G = n_G > 0
    n_G = n_G[filled_G]
    came_G = np.bincount(group_M, y_M)[filled_G] / n_G
    said_G = np.bincount(group_M, p_M)[filled_G] / n_G
    chance_G = came_G * (1 - came_G) / np.maximum(n_G - 1, 1)
    squared = float(np.sum(n_G * ((came_G - said_G) ** 2 - chance_G)) / len(y_M))
    return math.sqrt(max(squared, 0.0))


def interval_coverage(y_M: Float, lower_M: Float, upper_M: Float) -> float:
    """Share of outcomes in their interval, ends included."""
    y_M, lower_M, upper_M = _known(y_M, lower_M, upper_M)
    return mean(((lower_M <= y_M) & (y_M <= upper_M)).astype(np.float64))


def interval_width(y_M: Float, lower_M: Float, upper_M: Float) -> float:
    """Mean width of the intervals of rows with an outcome, in the target's unit."""
    y_M, lower_M, upper_M = _known(y_M, lower_M, upper_M)
    return mean(upper_M - lower_M)


def interval_score(y_M: Float, lower_M: Float, upper_M: Float, coverage: float) -> float:
    """Mean of the width plus 2 / (1 - coverage) times the distance of an outcome outside: in the target's unit,
    least for the true central interval (Gneiting & Raftery 2007, JASA 102:359, eq. 43)."""
    y_M, lower_M, upper_M = _known(y_M, lower_M, upper_M)
    outside_M = np.maximum(lower_M - y_M, 0.0) + np.maximum(y_M - upper_M, 0.0)
    return mean(upper_M - lower_M + 2 / (1 - coverage) * outside_M)


def _known(y_M: Float, lower_M: Float, upper_M: Float) -> tuple[Float, Float, Float]:
    known_M = np.isfinite(y_M) & np.isfinite(lower_M) & np.isfinite(upper_M)
    return y_M[known_M], lower_M[known_M], upper_M[known_M]
