"""Superior predictive ability and the models that have it."""

import numpy as np
import pytest

from components.statistics.snooping import (
    SuperiorAbility,
    ability_and_p_values,
    stationary_counts,
    stationary_variance,
)

SETTINGS = {"block_bars": 4.0, "n_draws": 300, "seed": 1}


def ability(differences_TK: np.ndarray) -> SuperiorAbility:
    return ability_and_p_values(differences_TK, **SETTINGS)[0]


def p_values(differences_TK: np.ndarray) -> np.ndarray:
    return ability_and_p_values(differences_TK, **SETTINGS)[1]


def superior(differences_TK: np.ndarray, level: float) -> set[int]:
    """The step-wise test step by step (Romano & Wolf 2005, Econometrica 73:1237): reject every model whose t exceeds
    the 1 - level quantile of the bootstrapped maximum over the models still in, until none is rejected."""
    n, k = differences_TK.shape
    rng = np.random.default_rng(0)
    error_K = np.sqrt(stationary_variance(differences_TK, SETTINGS["block_bars"]) / n)
    mean_K = differences_TK.mean(axis=0)
    draws = [stationary_counts(n, SETTINGS["block_bars"], rng) @ differences_TK / n for _ in range(2000)]
    luck_BK = (np.array(draws) - mean_K) / error_K
    found: set[int] = set()
    while remaining := sorted(set(range(k)) - found):
        critical = np.quantile(luck_BK[:, remaining].max(axis=1), 1 - level)
        rejected = {i for i in remaining if mean_K[i] / error_K[i] > max(critical, 0.0)}
        if not rejected:
            break
        found |= rejected
    return found


def noise(seed: int, columns: int = 10) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(200, columns))


def test_draws_keep_the_length_and_every_period_equally_often() -> None:
    rng = np.random.default_rng(0)
    counts = np.array([stationary_counts(50, 5.0, rng) for _ in range(4000)])
    assert (counts.sum(axis=1) == 50).all()
    assert counts.mean(axis=0) == pytest.approx(np.ones(50), abs=0.12)


def test_the_closed_form_variance_is_that_of_the_draws() -> None:
    x_T1 = np.convolve(np.random.default_rng(1).normal(size=103), np.ones(4), "valid")[:, None]
    rng = np.random.default_rng(2)
    means = [stationary_counts(100, 6.0, rng) @ x_T1[:, 0] / 100 for _ in range(6000)]
    assert stationary_variance(x_T1, 6.0)[0] == pytest.approx(100 * np.var(means), rel=0.06)


def test_blocks_of_one_bar_are_the_ordinary_bootstrap() -> None:
    x_TK = noise(3)
    assert stationary_variance(x_TK, 1.0) == pytest.approx(x_TK.var(axis=0))


def test_equal_models_are_rarely_called_superior() -> None:
    p = [ability(noise(seed)).consistent for seed in range(60)]
    assert np.mean(np.array(p) < 0.1) <= 0.2
    found = [(p_values(noise(seed)) <= 0.05).any() for seed in range(60)]
    assert sum(found) <= 8


def test_a_better_model_is_found_and_named() -> None:
    differences_TK = noise(4)
    differences_TK[:, 6] += 0.5
    differences_TK[:, 2] += 0.4
    assert ability(differences_TK).consistent < 0.01
    assert np.flatnonzero(p_values(differences_TK) <= 0.05).tolist() == [2, 6]


def test_p_values_are_ordered_and_bad_models_change_only_the_upper_one_much() -> None:
    differences_TK = noise(5)
    differences_TK[:, 0] += 0.15
    alone = ability(differences_TK)
    with_bad = ability(np.hstack([differences_TK, noise(6, 100) - 2]))
    assert alone.lower <= alone.consistent <= alone.upper
    assert with_bad.consistent == pytest.approx(alone.consistent, abs=0.02)
    assert with_bad.upper > alone.upper + 0.1


def test_a_copy_of_the_benchmark_is_never_superior() -> None:
    copies_TK = np.zeros((200, 3))
    p = ability(copies_TK)
    assert (p.lower, p.consistent, p.upper) == (1, 1, 1)
    assert p_values(copies_TK).tolist() == [1, 1, 1]
    beside_TK = np.hstack([copies_TK, noise(7, 1) + 1])
    assert np.flatnonzero(p_values(beside_TK) <= 0.05).tolist() == [3]


def test_the_same_seed_gives_the_same_answer() -> None:
    first = ability(noise(8))
    assert ability(noise(8)) == first


def test_step_wise_p_values_agree_with_the_step_wise_test() -> None:
    for seed in range(8):
        x_TK = noise(seed)
        x_TK[:, :3] += 0.3
        p_K = p_values(x_TK)
        for level in (0.05, 0.2):
            found = superior(x_TK, level)
            assert {k for k in range(10) if p_K[k] <= level / 2} <= found
            assert found <= {k for k in range(10) if p_K[k] <= level * 2}


def test_a_model_no_better_than_the_benchmark_has_no_p_value_below_one() -> None:
    x_TK = np.column_stack([noise(0)[:, 0] - 1.0, np.zeros(200), noise(1)[:, 0] + 1.0])
    p_K = p_values(x_TK)
    assert p_K[0] == p_K[1] == 1.0
    assert p_K[2] == 1 / 301


def test_a_worse_model_never_has_a_smaller_p_value() -> None:
    for seed in range(30):
        x_TK = noise(seed, 20) + 0.1
        order_K = np.argsort(-x_TK.mean(axis=0) / np.sqrt(stationary_variance(x_TK, SETTINGS["block_bars"])))
        assert (np.diff(p_values(x_TK)[order_K]) >= 0).all()
