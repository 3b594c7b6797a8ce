"""What a record could show at all: the smallest effect that a family-wise test of so many tries would find."""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from components.values import Float

MORE = (0, 10, 100, 1000)
"""Tries after now at which the smallest effects are told."""

_NORMAL = NormalDist()
_GRID = np.linspace(-8.0, 8.0, 321)
_WEIGHTS = np.exp(-(_GRID**2) / 2) / np.exp(-(_GRID**2) / 2).sum()


@dataclass(frozen=True, kw_only=True)
class Provable:
    """The smallest effects found with probability one half and 90 % once there are `more` tries than now, in the unit
    that was asked for."""

    more: int
    even: float
    likely: float


def critical_value(tries: float, correlation: float, level: float) -> float:
    """The t statistic c that the best of N worthless tries exceeds with probability `level`, for standard normal
    statistics that correlate by rho with each other: 1 - level = E[Phi((c - sqrt(rho) u) / sqrt(1 - rho))^N], u
    standard normal; at rho = 0 the (1 - level)^(1/N) quantile (Sidak 1967, JASA 62:626).

    tries: N >= 1, fewer count as one; correlation: below 0 counts as 0, above 0.99 as 0.99; level: in (0, 1).
    """
    n, rho = max(tries, 1.0), min(max(correlation, 0.0), 0.99)
    if rho == 0 or n == 1:
        return -_NORMAL.inv_cdf(-math.expm1(math.log1p(-level) / n))
    from scipy.special import ndtr

    low, high = -8.0, 40.0
    for _ in range(40):
        middle = (low + high) / 2
        below_U = ndtr((middle - math.sqrt(rho) * _GRID) / math.sqrt(1 - rho))
        low, high = (middle, high) if float(_WEIGHTS @ np.power(below_U, n)) < 1 - level else (low, middle)
    return high


def smallest_effect(bars: float, tries: float, correlation: float, level: float, probability: float) -> float:
    """The mean over the standard deviation, per bar, at which such a test finds one true effect with this probability:
    (c + Phi^-1(probability)) / sqrt(bars). inf without bars. Times sqrt(bars per year) it is a Sharpe ratio a year,
    which is also what years in the place of bars give."""
    if bars <= 0:
        return math.inf
    return (critical_value(tries, correlation, level) + _NORMAL.inv_cdf(probability)) / math.sqrt(bars)


def provable(
    bars: int, tries: int, correlation: float, *, now: float, later: float, unit: float = 1.0
) -> tuple[Provable, ...]:
    """The smallest effects now and after 10, 100 and 1,000 more tries that correlate as those so far.

    now: level of the test as it is asked today; later: as it is asked once more was tried; unit: what a mean of one
    standard deviation a bar is worth.
    """
    found = []
    for more in MORE:
        level = later if more else now
        even, likely = (unit * smallest_effect(bars, tries + more, correlation, level, p) for p in (0.5, 0.9))
        found.append(Provable(more=more, even=even, likely=likely))
    return tuple(found)


def mean_correlation(series_TK: Float) -> float:
    """Mean pairwise correlation of the columns that vary, at least 0; 0 below two of them. series_TK: (T, K) finite."""
    if len(series_TK) < 2:
        return 0.0
    spread_K = series_TK.std(axis=0)
    varies_K = spread_K > 1e-12 * np.abs(series_TK).max(axis=0)
    k = int(varies_K.sum())
    if k < 2:
        return 0.0
    z_T = ((series_TK[:, varies_K] - series_TK[:, varies_K].mean(axis=0)) / spread_K[varies_K]).sum(axis=1)
    return float(max((float(z_T @ z_T) / len(z_T) - k) / (k * (k - 1)), 0.0))
