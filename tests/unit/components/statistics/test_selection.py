"""What a choice costs, and whether ranks last: against slow references, and by laws."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from components.statistics.selection import (
    MOST_FOLDS,
    kendall,
    lasting_regret,
    regret_over_folds,
    selection_regret,
    spearman,
)

SCORES = st.floats(-3, 3).map(lambda value: round(value, 2))


def scores(k: int, f: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(k, f))


@given(arrays(float, st.tuples(st.just(2), st.integers(1, 12)), elements=SCORES))
@settings(max_examples=40, deadline=None)
def test_the_regret_is_what_it_says(both_2K: np.ndarray) -> None:
    valid_K, test_K = both_2K
    found = selection_regret(valid_K, test_K, n_draws=50, seed=0)
    assert valid_K[found.chosen] == valid_K.max()
    assert found.lost == pytest.approx(test_K.max() - test_K[found.chosen])
    assert found.lost >= 0
    assert found.blind == pytest.approx(np.mean([test_K.max() - each for each in test_K]))
    assert found.as_good == pytest.approx(sum(each >= test_K[found.chosen] for each in test_K) / len(test_K))
    assert len(found.half_B) == (50 if len(valid_K) >= 4 else 0)
    assert np.all(found.half_B >= 0)


def test_halves_are_all_subsets_of_that_size_alike() -> None:
    valid_K, test_K = scores(2, 7, 1)
    losses, blind = [], []
    for inside in itertools.combinations(range(7), 4):
        own = max(inside, key=lambda i: valid_K[i])
        top = max(test_K[i] for i in inside)
        losses.append(top - test_K[own])
        blind.append(top - np.mean([test_K[i] for i in inside]))
    found = selection_regret(valid_K, test_K, n_draws=40_000, seed=3)
    assert set(np.round(found.half_B, 9)) == set(np.round(losses, 9))
    assert found.half_B.mean() == pytest.approx(np.mean(losses), abs=0.01)
    assert found.half_blind_B.mean() == pytest.approx(np.mean(blind), abs=0.01)


def test_choosing_by_the_test_itself_loses_nothing() -> None:
    score_KF = scores(9, 6, 2)
    found = selection_regret(score_KF.mean(axis=1), score_KF.mean(axis=1), n_draws=100, seed=0)
    assert (found.lost, found.as_good) == (0.0, 1 / 9)
    assert not found.half_B.any()
    assert regret_over_folds(score_KF, score_KF, n_draws=100, seed=0) == pytest.approx(np.zeros(100))


def test_choosing_by_noise_is_choosing_by_lot() -> None:
    rng = np.random.default_rng(4)
    lost, blind = [], []
    for _ in range(400):
        valid_K, test_K = rng.normal(size=(2, 20))
        found = selection_regret(valid_K, test_K, n_draws=1, seed=0)
        lost.append(found.lost)
        blind.append(found.blind)
    assert np.mean(lost) == pytest.approx(np.mean(blind), abs=0.15)


def test_luck_is_taken_off_the_regret() -> None:
    """Among equals the best by test is ahead by luck alone; who is better by 1 in every fold stays ahead by 1."""
    equal = [lasting_regret(scores(10, 8, seed), 0, seed=0).lost for seed in range(300)]
    assert np.mean(equal) == pytest.approx(0.0, abs=0.06)
    assert np.mean([selection_regret(*scores(2, 10, s), n_draws=1, seed=0).lost for s in range(300)]) > 1.0
    ahead_KF = np.zeros((4, 6))
    ahead_KF[2] = 1.0
    found = lasting_regret(ahead_KF, 0, seed=0)
    assert (found.lost, found.share, found.halvings) == (1.0, 1.0, math.comb(6, 3))
    assert lasting_regret(ahead_KF, 2, seed=0).lost == 0.0


def test_halvings_are_gone_through_one_by_one() -> None:
    test_KF = scores(5, 5, 6)
    lost = []
    for inside in itertools.combinations(range(5), 2):
        outside = [fold for fold in range(5) if fold not in inside]
        best = max(range(5), key=lambda i: test_KF[i, list(inside)].mean())
        lost.append(test_KF[best, outside].mean() - test_KF[3, outside].mean())
    found = lasting_regret(test_KF, 3, seed=0)
    assert found.lost == pytest.approx(np.mean(lost))
    assert found.share == pytest.approx(np.mean([each > 0 for each in lost]))
    assert lasting_regret(scores(5, 30, 0), 0, seed=0).halvings == 500


def test_few_folds_say_nothing() -> None:
    assert len(regret_over_folds(scores(5, 2, 0), scores(5, 2, 1), n_draws=9, seed=0)) == 0
    assert lasting_regret(scores(5, 3, 0), 0, seed=0).halvings == 0
    assert math.isnan(kendall(scores(5, 1, 0)).mean)
    assert math.isnan(kendall(scores(5, 0, 0)).mean)
    two = kendall(scores(5, 2, 0))
    assert math.isfinite(two.mean)
    assert math.isnan(two.low)
    with pytest.raises(ValueError, match="no trial"):
        selection_regret(np.empty(0), np.empty(0), n_draws=1, seed=0)


def naive_tau(first: np.ndarray, second: np.ndarray) -> float:
    pairs = list(itertools.combinations(range(len(first)), 2))
    signs = [(np.sign(first[i] - first[j]), np.sign(second[i] - second[j])) for i, j in pairs]
    ties = [sum(pair[side] != 0 for pair in signs) for side in (0, 1)]
    return sum(a * b for a, b in signs) / math.sqrt(ties[0] * ties[1])


@pytest.mark.parametrize("seed", range(3))
def test_agreement_is_the_mean_over_pairs_and_its_jackknife(seed: int) -> None:
    score_KF = scores(8, 5, seed).round(1)
    found = kendall(score_KF)
    taus = {pair: naive_tau(score_KF[:, pair[0]], score_KF[:, pair[1]]) for pair in itertools.combinations(range(5), 2)}
    assert found.mean == pytest.approx(np.mean(list(taus.values())))
    assert found.pair_FF[1, 3] == pytest.approx(taus[1, 3])
    without = [np.mean([tau for pair, tau in taus.items() if fold not in pair]) for fold in range(5)]
    error = math.sqrt(4 / 5 * sum((each - np.mean(without)) ** 2 for each in without))
    assert found.high == pytest.approx(min(found.mean + 2.7764451 * error, 1), abs=1e-6)


def test_agreement_is_of_ranks_and_passes_over_folds_that_say_nothing() -> None:
    line_K = np.arange(6.0)
    same_KF = np.column_stack([line_K, np.exp(line_K), line_K**3, np.zeros(6)])
    for found in (kendall(same_KF), spearman(same_KF)):
        assert (found.mean, found.low, found.high) == pytest.approx((1.0, 1.0, 1.0))
        assert np.isnan(found.pair_FF[3]).all()
    assert kendall(np.column_stack([line_K, -line_K])).mean == pytest.approx(-1.0)
    many = spearman(scores(4, 100, 0))
    assert len(many.folds) == MOST_FOLDS
    assert (many.folds[0], many.folds[-1]) == (0, 99)
