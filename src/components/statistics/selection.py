"""What choosing by one figure costs in another: regret of the choice, and whether ranks last from fold to fold.

K trials, F folds; scores are finite, and more is better. All draws come from the seed.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from components.statistics.student import student_quantile
from components.values import Float

MOST_FOLDS = 40
"""Folds that are compared pair by pair; of more, so many evenly spaced ones."""
MOST_HALVES = 500
"""Ways to halve the folds that are gone through; of more, so many drawn ones."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Regret:
    """What the trial that is best by validation loses on the test spans against the one that is best there.

    chosen, best  positions of both; the first of equals
    lost          test score of the best minus that of the chosen one, at least 0
    blind         the same of a choice by lot, on average: test score of the best minus the mean
    as_good       share of the trials that do at least as well as the chosen one on the test spans, itself included: how
                  often a choice by lot would have done as well
    half_B        what was lost in draws of half the trials, each with a choice and a best of its own; empty below four
    half_blind_B  what a choice by lot loses on average in the same draws
    """

    chosen: int
    best: int
    lost: float
    blind: float
    as_good: float
    half_B: Float
    half_blind_B: Float


def selection_regret(valid_K: Float, test_K: Float, *, n_draws: int, seed: int) -> Regret:
    """The regret of the choice by valid_K, with its distribution over halves of the trials, drawn without replacement.

    The best by test is the luckiest of K as well, so that the loss is more than could have been had; `lasting_regret`
    takes that off. Raises ValueError for no trial.
    """
    k = len(valid_K)
    if not k:
        raise ValueError("there is no trial to choose")
    chosen, best = int(valid_K.argmax()), int(test_K.argmax())
    half_B = half_blind_B = np.empty(0)
    if k >= 4:
        m = math.ceil(k / 2)
        drawn_BK = np.random.default_rng(seed).random((n_draws, k))
        inside_BM = np.argpartition(drawn_BK, m - 1, axis=1)[:, :m]
        own_B = np.take_along_axis(inside_BM, valid_K[inside_BM].argmax(axis=1)[:, None], axis=1)[:, 0]
        top_B = test_K[inside_BM].max(axis=1)
        half_B, half_blind_B = top_B - test_K[own_B], top_B - test_K[inside_BM].mean(axis=1)
    return Regret(
        chosen=chosen,
        best=best,
        lost=float(test_K[best] - test_K[chosen]),
        blind=float(test_K[best] - test_K.mean()),
        as_good=float(np.mean(test_K >= test_K[chosen])),
        half_B=half_B,
        half_blind_B=half_blind_B,
    )


def regret_over_folds(valid_KF: Float, test_KF: Float, *, n_draws: int, seed: int) -> Float:
    """(B,) what is lost where the folds are drawn anew with replacement, and both choices are made anew on the means of
    the drawn folds. Empty below three folds."""
    n_folds = valid_KF.shape[1]
    if n_folds < 3:
        return np.empty(0)
    drawn_BF = np.random.default_rng(seed).integers(n_folds, size=(n_draws, n_folds))
    weight_BF = np.apply_along_axis(np.bincount, 1, drawn_BF, minlength=n_folds) / n_folds
    test_BK = weight_BF @ test_KF.T
    chosen_B = (weight_BF @ valid_KF.T).argmax(axis=1)
    lost_B: Float = test_BK.max(axis=1) - np.take_along_axis(test_BK, chosen_B[:, None], axis=1)[:, 0]
    return lost_B


@dataclass(frozen=True, kw_only=True)
class Lasting:
    """lost: mean over the halvings, luck's part taken off, so that it can be below 0; share: of the halvings in which
    anything is lost; halvings: how many; NaN, NaN and 0 below four folds."""

    lost: float
    share: float
    halvings: int


def lasting_regret(test_KF: Float, chosen: int, *, seed: int) -> Lasting:
    """What would have been had by who knew half of the test folds: the best trial of one half, measured against the
    chosen one on the other half, on means of folds, over the ways to halve them."""
    n_folds = test_KF.shape[1]
    if n_folds < 4:
        return Lasting(lost=math.nan, share=math.nan, halvings=0)
    half = n_folds // 2
    if math.comb(n_folds, half) <= MOST_HALVES:
        inside = list(itertools.combinations(range(n_folds), half))
    else:
        rng = np.random.default_rng(seed)
        inside = [tuple(rng.permutation(n_folds)[:half]) for _ in range(MOST_HALVES)]
    inside_HF = np.zeros((len(inside), n_folds))
    np.put_along_axis(inside_HF, np.array(inside), 1.0, axis=1)
    best_H = (inside_HF @ test_KF.T).argmax(axis=1)
    outside_HK = (1 - inside_HF) @ test_KF.T / (n_folds - half)
    lost_H = np.take_along_axis(outside_HK, best_H[:, None], axis=1)[:, 0] - outside_HK[:, chosen]
    return Lasting(lost=float(lost_H.mean()), share=float(np.mean(lost_H > 0)), halvings=len(lost_H))


@dataclass(frozen=True, kw_only=True, eq=False)
class Agreement:
    """How alike folds rank the trials: 1 the same order, 0 none.

    mean       over pairs of folds
    low, high  ends of its 95 % interval for other folds of the kind: jackknife over folds, Student's distribution of
               F - 1 degrees of freedom; NaN below three folds
    pair_FF    of each pair, 1 on the diagonal; NaN where a fold tells no two trials apart
    folds      positions of the folds that are compared
    """

    mean: float
    low: float
    high: float
    pair_FF: Float
    folds: tuple[int, ...]


def kendall(score_KF: Float) -> Agreement:
    """Kendall's tau-b between folds (Kendall 1945, Biometrika 33:239)."""
    return _agreement(score_KF, lambda score_KF: _concordance(score_KF)[0])


def spearman(score_KF: Float) -> Agreement:
    """Spearman's correlation of ranks between folds, ties at their mean rank."""
    return _agreement(score_KF, lambda score_KF: np.asarray(np.corrcoef(_concordance(score_KF)[1], rowvar=False)))


def _concordance(score_KF: Float) -> tuple[Float, Float]:
    """(F, F) tau-b of each pair of folds; (K, F) twice the ranks, but for a constant."""
    k, f = score_KF.shape
    agree_FF, order_KF = np.zeros((f, f)), np.empty((k, f))
    for i in range(k):
        sign_KF = np.sign(score_KF[i] - score_KF)
        agree_FF += sign_KF.T @ sign_KF
        order_KF[i] = sign_KF.sum(axis=0)
    untied_F = np.sqrt(np.diag(agree_FF))
    return agree_FF / np.outer(untied_F, untied_F), order_KF


def _agreement(score_KF: Float, measure: Callable[[Float], Float]) -> Agreement:
    every = score_KF.shape[1] if len(score_KF) > 1 else 0
    folds = np.unique(np.linspace(0, max(every - 1, 0), min(every, MOST_FOLDS)).round().astype(int))
    pair_FF = np.full((len(folds), len(folds)), np.nan)
    varies_F = np.flatnonzero(np.ptp(score_KF[:, folds], axis=0) > 0) if len(folds) else np.empty(0, dtype=int)
    if len(varies_F) > 1:
        pair_FF[np.ix_(varies_F, varies_F)] = measure(score_KF[:, folds[varies_F]])
    mean, low, high = _jackknife(pair_FF[np.ix_(varies_F, varies_F)])
    return Agreement(mean=mean, low=low, high=high, pair_FF=pair_FF, folds=tuple(int(fold) for fold in folds))


def _jackknife(pair_FF: Float) -> tuple[float, float, float]:
    """Mean of the pairs and its interval: each fold left out in turn."""
    f = len(pair_FF)
    if f < 2:
        return math.nan, math.nan, math.nan
    total = (pair_FF.sum() - f) / 2
    mean = float(total / math.comb(f, 2))
    if f < 3:
        return mean, math.nan, math.nan
    without_F = (total - (pair_FF.sum(axis=0) - 1)) / math.comb(f - 1, 2)
    error = math.sqrt((f - 1) / f * float(np.sum((without_F - without_F.mean()) ** 2)))
    reach = student_quantile(0.975, f - 1) * error
    return mean, max(mean - reach, -1.0), min(mean + reach, 1.0)
