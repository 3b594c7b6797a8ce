"""Probability of backtest overfitting."""

import itertools

import numpy as np
import pytest

from components.statistics.overfitting import backtest_overfitting


def naive(returns_TK: np.ndarray, n_blocks: int) -> tuple[float, float]:
    blocks = np.split(returns_TK[len(returns_TK) % n_blocks :], n_blocks)
    overfitted, losses = [], []
    for inside in itertools.combinations(range(n_blocks), n_blocks // 2):
        train = np.concatenate([blocks[b] for b in inside])
        test = np.concatenate([blocks[b] for b in range(n_blocks) if b not in inside])
        best = int(np.argmax(train.mean(axis=0) / train.std(axis=0)))
        outside = test.mean(axis=0) / test.std(axis=0)
        below, tied = np.sum(outside < outside[best]), np.sum(outside == outside[best])
        orders = [(below + place) / (returns_TK.shape[1] + 1) <= 0.5 for place in range(1, tied + 1)]
        overfitted.append(np.mean(orders))
        losses.append(outside[best] < 0)
    return float(np.mean(overfitted)), float(np.mean(losses))


@pytest.mark.parametrize("seed", range(5))
def test_it_equals_the_definition(seed: int) -> None:
    returns_TK = np.random.default_rng(seed).normal(0.02, 1, (123, 7)) + 50
    returns_TK[:, 3] += 0.2
    returns_TK -= 50
    result = backtest_overfitting(returns_TK, n_blocks=6)
    assert (result.probability, result.loss_probability) == pytest.approx(naive(returns_TK, 6))
    assert len(result.rank_C) == 20


def test_on_average_noise_gives_about_one_half() -> None:
    # 300 data sets of T = 480, K = 30 in 8 blocks gave .482 with s.e. .012.
    rng = np.random.default_rng(0)
    values = [backtest_overfitting(rng.normal(size=(480, 30)), n_blocks=8).probability for _ in range(100)]
    assert np.mean(values) == pytest.approx(0.482, abs=0.06)
    assert min(values) < 0.3
    assert max(values) > 0.7


def test_a_dominant_configuration_is_never_overfitted() -> None:
    rng = np.random.default_rng(1)
    for _ in range(5):
        returns_TK = rng.normal(size=(1000, 50))
        returns_TK[:, 17] += 0.3
        assert backtest_overfitting(returns_TK, n_blocks=8).probability == 0


def test_recentred_columns_are_always_overfitted() -> None:
    returns_TK = np.random.default_rng(2).normal(size=(1000, 50))
    returns_TK = (returns_TK - returns_TK.mean(axis=0)) / returns_TK.std(axis=0)
    assert backtest_overfitting(returns_TK, n_blocks=8).probability == 1


def test_order_of_columns_and_direction_of_time_do_not_matter() -> None:
    returns_TK = np.random.default_rng(3).normal(size=(96, 12))
    expected = backtest_overfitting(returns_TK, n_blocks=8).probability
    assert backtest_overfitting(returns_TK[:, ::-1], n_blocks=8).probability == expected
    assert backtest_overfitting(returns_TK[::-1], n_blocks=8).probability == expected


@pytest.mark.parametrize(("rows", "columns", "n_blocks"), [(100, 1, 8), (100, 5, 7), (5, 5, 8), (5, 5, 0)])
def test_impossible_shapes_are_refused(rows: int, columns: int, n_blocks: int) -> None:
    with pytest.raises(ValueError, match="needs at least 2 configurations, an even number of blocks"):
        backtest_overfitting(np.zeros((rows, columns)), n_blocks=n_blocks)


def test_a_tie_of_twins_counts_half() -> None:
    twins_TK = np.repeat(np.random.default_rng(5).normal(size=(160, 1)), 2, axis=1)
    assert backtest_overfitting(twins_TK, n_blocks=8).probability == 0.5


@pytest.mark.parametrize("seed", range(3))
def test_a_try_that_is_told_twice_changes_nothing(seed: int) -> None:
    returns_TK = np.random.default_rng(seed).normal(size=(160, 6))
    again_TK = returns_TK[:, [0, 1, 1, 2, 3, 4, 5, 5, 5]]
    alone, again = backtest_overfitting(returns_TK, n_blocks=8), backtest_overfitting(again_TK, n_blocks=8)
    assert (again.probability, again.loss_probability) == (alone.probability, alone.loss_probability)
    assert np.array_equal(again_TK[:, again.picked_C], returns_TK[:, alone.picked_C])


def test_tries_that_tie_in_a_block_of_no_trades_are_no_failure() -> None:
    # Traded in the first half only: outside it all tie at zero, and which of them comes first is a coin.
    returns_TK = np.random.default_rng(9).normal(size=(160, 4))
    returns_TK[80:] = 0.0
    found = backtest_overfitting(returns_TK, n_blocks=2, metric="mean")
    assert 0 < found.probability < 1
