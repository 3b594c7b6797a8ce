"""Probability of backtest overfitting: does what was best in one half of history stay good in the other?

Bailey, Borwein, Lopez de Prado & Zhu 2017, The Probability of Backtest Overfitting, J. Computational
Finance 20(4):39 (SSRN 2326253).
"""

import itertools
from dataclasses import dataclass
from typing import Literal

import numpy as np

from components.values import Float, Int


@dataclass(frozen=True, kw_only=True, eq=False)
class Overfitting:
    """C splits of history into an in-sample and an out-of-sample half.

    probability  share of the splits in which the configuration that was best in sample ranks at or
                 below the median out of sample, a tie by the share of its orders that do, so that the
                 tie of two counts half; mean over noise is about 1/2, but a single matrix of
                 noise gives anything between 0.1 and 0.8, and many equally good configurations
                 give a high value without harm
    rank_C       relative out-of-sample rank of the picked configuration, in (0, 1), 1 best, ties averaged
    picked_C     the configuration that was best in sample
    loss_probability  share of the splits in which the picked configuration's metric is below 0
    """

    probability: float
    rank_C: Float
    picked_C: Int
    loss_probability: float


def backtest_overfitting(
    returns_TK: Float, *, n_blocks: int = 16, metric: Literal["mean", "sharpe"] = "sharpe"
) -> Overfitting:
    """Combinatorially symmetric cross-validation over n_blocks equal blocks of time.

    For each of the C(n_blocks, n_blocks / 2) choices of half the blocks, the column with the best metric
    on them is ranked by the metric on the rest: omega = rank / (K + 1), and counted as overfitted where
    logit(omega) <= 0. The oldest T mod n_blocks rows are dropped. Identical columns are one configuration; where
    nothing else is there, they stay a tie.

    returns_TK: per-period performance of K configurations, in time order, finite. Raises ValueError below
    two configurations, for an odd number of blocks or where a block would be empty.
    """
    n_rows, k = returns_TK.shape
    if k < 2 or n_blocks < 2 or n_blocks % 2 or n_rows < n_blocks:
        raise ValueError(
            f"needs at least 2 configurations, an even number of blocks and a row per block; got {k} "
            f"configurations, {n_blocks} blocks and {n_rows} rows"
        )
    distinct_K = distinct_columns(returns_TK)
    if 1 < len(distinct_K) < k:
        returns_TK, k = returns_TK[:, distinct_K], len(distinct_K)
    blocks_BLK = returns_TK[n_rows % n_blocks :].reshape(n_blocks, -1, k)
    # Centring first keeps the sums of squares exact; the shift is added back to the means.
    centre_K = blocks_BLK.mean(axis=(0, 1))
    sum_BK = (blocks_BLK - centre_K).sum(axis=1)
    squares_BK = ((blocks_BLK - centre_K) ** 2).sum(axis=1)
    inside_CB = _halves(n_blocks)
    rows = blocks_BLK.shape[1] * n_blocks // 2
    # What never traded in a half earned exactly nothing there, and ties with all others that did not.
    nothing_K = 1e-12 * np.abs(blocks_BLK).max(axis=(0, 1))

    def score(chosen_CB: Float) -> Float:
        mean_CK: Float = chosen_CB @ sum_BK / rows
        gain_CK: Float = mean_CK + centre_K
        gain_CK[np.abs(gain_CK) <= nothing_K] = 0.0
        if metric == "sharpe":
            variance_CK = chosen_CB @ squares_BK / rows - mean_CK**2
            gain_CK /= np.sqrt(np.maximum(variance_CK, np.finfo(np.float64).tiny))
        return gain_CK

    best_C = score(inside_CB).argmax(axis=1)
    outside_CK = score(1 - inside_CB)
    own_C1 = np.take_along_axis(outside_CK, best_C[:, None], axis=1)
    below_C, equal_C = (outside_CK < own_C1).sum(axis=1), (outside_CK == own_C1).sum(axis=1)
    low_C = np.clip((k + 1) // 2 - below_C, 0, equal_C) / equal_C
    return Overfitting(
        probability=float(np.mean(low_C)),
        rank_C=(below_C + (equal_C + 1) / 2) / (k + 1),
        picked_C=(distinct_K[best_C] if k == len(distinct_K) else best_C).astype(np.int64),
        loss_probability=float(np.mean(own_C1 < 0)),
    )


def distinct_columns(returns_TK: Float) -> Int:
    """The first of every group of identical columns, in their order: a try that is told twice is one try."""
    columns: dict[bytes, int] = {}
    for i, column_T in enumerate(np.ascontiguousarray(returns_TK.T)):
        columns.setdefault(column_T.tobytes(), i)
    return np.array(list(columns.values()), dtype=np.int64)


def _halves(n_blocks: int) -> Float:
    """(C, B) 1 where a block is in sample: every half of the blocks, in lexicographic order."""
    combinations = list(itertools.combinations(range(n_blocks), n_blocks // 2))
    inside_CB = np.zeros((len(combinations), n_blocks))
    np.put_along_axis(inside_CB, np.array(combinations), 1.0, axis=1)
    return inside_CB
