"""Superior predictive ability: whether any model has it."""

import numpy as np
import pytest

from components.statistics.snooping import (
    SuperiorAbility,
    stationary_counts,
    stationary_variance,
    superior_ability,
)

SETTINGS = {"block_bars": 4.0, "n_draws": 300, "seed": 1}


def ability(differences_TK: np.ndarray) -> SuperiorAbility:
    return superior_ability(differences_TK, **SETTINGS)


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


def test_a_better_model_is_found() -> None:
    differences_TK = noise(4)
    differences_TK[:, 6] += 0.5
    assert ability(differences_TK).consistent < 0.01


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
    assert ability(np.hstack([copies_TK, noise(7, 1) + 1])).consistent < 0.01


def test_the_same_seed_gives_the_same_answer() -> None:
    first = ability(noise(8))
    assert ability(noise(8)) == first
