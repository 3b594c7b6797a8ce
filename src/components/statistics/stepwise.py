"""Which of many tries are better than nothing, given that there are many: one test for the whole family.

gain_TK: (T, K) what every try gains per period over nothing (or over a baseline), in time order, finite.
"""

import math
from dataclasses import dataclass

import numpy as np

from components.statistics.blocks import block_lengths
from components.statistics.student import student_cdf
from components.values import Float

DRAWS_AT_ONCE = 100
"""Draws that one matrix product gives."""
ENOUGH = 200
"""Draws that reach the own try's t, after which its p is known to a fourteenth of itself and no more are made."""
MIN_BLOCKS = 10
"""Below it nothing can be said of how much a block varies."""
BLOCKS_WANTED = 30
"""Automatic blocks are no longer than leaves so many of them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Family:
    """What the test says of K tries.

    t_K         t statistic of each; NaN where it does not vary, or too few blocks are there
    p_K         smallest level at which each is called better than nothing; 1 where t is NaN or not above 0
    block_bars, n_blocks  length of the blocks, and how many the record holds
    """

    t_K: Float
    p_K: Float
    block_bars: int
    n_blocks: int


def family_test(
    gain_TK: Float,
    own: int,
    *,
    overlap_bars: int,
    n_draws: int,
    seed: int,
    silent: int = 0,
    block_bars: int | None = None,
) -> Family:
    """Step-wise, studentised block bootstrap over all tries (Romano & Wolf 2005, Econometrica 73:1237; p-values: 2016,
    Statistics & Probability Letters 113:38).

    The record is cut into n blocks of b bars; S_k are the sums of a try's blocks, and
    t_k = sqrt(n - 1) mean(S_k) / sd(S_k).
    A draw takes n blocks with replacement, the same ones for all tries, so that twins cost nothing and what holds
    within b bars is kept; t*_k = sqrt(n - 1) (mean(S*_k) - mean(S_k)) / sd(S*_k), divided by the draw's own deviation
    as the statistic is by its own (Goetze & Kuensch 1996, Annals of Statistics 24:1914), so that skewness is allowed
    for. p_k is the share (1 + exceedances) / (1 + draws) of draws in which some try that is no better than k reaches
    t_k, never below that of a better try. Draws end before n_draws once ENOUGH of them reach the own try's t (Besag &
    Clifford 1991, Biometrika 78:301).

    own: the column that is judged. silent: tries of which no series is known; each counts as one more worthless try,
    independent of all: p becomes 1 - (1 - p) (1 - q)^silent, q the tail of Student's distribution with n - 1 degrees of
    freedom beyond t_k. block_bars: b; None: the larger of the automatic lengths (`block_lengths`) of the own try and of
    the median one, at most T / BLOCKS_WANTED, at least twice overlap_bars where labels overlap. All draws come from the
    seed.
    """
    n, k = gain_TK.shape
    block = block_bars or _automatic(gain_TK, own, overlap_bars)
    n_blocks = n // block
    found = Family(t_K=np.full(k, np.nan), p_K=np.ones(k), block_bars=block, n_blocks=n_blocks)
    if n_blocks < MIN_BLOCKS:
        return found
    sum_BK = gain_TK[n - n_blocks * block :].reshape(n_blocks, block, k).sum(axis=1)
    mean_K, deviation_K = sum_BK.mean(axis=0), sum_BK.std(axis=0)
    varies_K = np.flatnonzero(deviation_K > 1e-12 * np.abs(sum_BK).max(axis=0))
    ratio_K = mean_K[varies_K] / deviation_K[varies_K]
    found.t_K[varies_K] = math.sqrt(n_blocks - 1) * ratio_K
    order_K = np.argsort(-ratio_K, kind="stable")
    best_first_K, ratio_K = varies_K[order_K], ratio_K[order_K]
    if len(ratio_K) == 0 or ratio_K[0] <= 0:
        return found
    z_BK = (sum_BK[:, best_first_K] - mean_K[best_first_K]) / deviation_K[best_first_K]
    raw_K = _shares(z_BK, ratio_K, best_first_K == own, n_draws, seed)
    tails_K = np.array([student_cdf(-t, n_blocks - 1) for t in found.t_K[best_first_K]]) if silent else 0.0
    stepped_K = np.maximum.accumulate(1 - (1 - raw_K) * (1 - tails_K) ** silent)
    found.p_K[best_first_K] = np.where(ratio_K > 0, stepped_K, 1.0)
    return found


def _automatic(gain_TK: Float, own: int, overlap_bars: int) -> int:
    lengths_K = block_lengths(gain_TK)
    wanted = max(float(lengths_K[own]), float(np.median(lengths_K)))
    least = 2 * overlap_bars if overlap_bars > 1 else 1
    return max(min(round(wanted), len(gain_TK) // BLOCKS_WANTED), least)


def _shares(z_BK: Float, bound_K: Float, own_K: np.typing.NDArray[np.bool_], n_draws: int, seed: int) -> Float:
    """(K,) shares of draws in which one of the tries k, k + 1, ... reaches bound_k in mean / deviation. z_BK: sums of
    blocks without mean and of unit deviation, best try first."""
    rng, above_K, draws = np.random.default_rng(seed), np.zeros(len(bound_K)), 0
    moments_BM = np.hstack([z_BK, z_BK**2])
    while draws < n_draws and above_K[own_K].sum() < ENOUGH:
        several = min(DRAWS_AT_ONCE, n_draws - draws)
        mean_DK, square_DK = np.split(_counts(len(z_BK), several, rng) @ moments_BM / len(z_BK), 2, axis=1)
        luck_DK = mean_DK / np.sqrt(np.maximum(square_DK - mean_DK**2, np.finfo(np.float64).tiny))
        best_DK = np.maximum.accumulate(luck_DK[:, ::-1], axis=1)[:, ::-1]
        above_K += (best_DK >= bound_K).sum(axis=0)
        draws += several
    return (1 + above_K) / (1 + draws)


def _counts(n_blocks: int, n_draws: int, rng: np.random.Generator) -> Float:
    """(D, B) how often each block occurs in each draw of n_blocks blocks."""
    drawn_DB = rng.integers(n_blocks, size=(n_draws, n_blocks), dtype=np.int32)
    drawn_DB += np.arange(n_draws, dtype=np.int32)[:, None] * np.int32(n_blocks)
    counts = np.bincount(drawn_DB.ravel(), minlength=n_draws * n_blocks)
    return counts.reshape(n_draws, n_blocks).astype(np.float64)
