"""Superior predictive ability and the models that have it."""

import numpy as np
import pytest

from components.statistics.snooping import (
    stationary_counts,
    stationary_variance,
    stepwise_p_values,
    superior_models,
    superior_predictive_ability,
)

SETTINGS = {"block_bars": 4.0, "n_draws": 300, "seed": 1}


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
    p = [superior_predictive_ability(noise(seed), **SETTINGS).consistent for seed in range(60)]
    assert np.mean(np.array(p) < 0.1) <= 0.2
    found = [superior_models(noise(seed), level=0.05, **SETTINGS) for seed in range(60)]
    assert sum(bool(models) for models in found) <= 8


def test_a_better_model_is_found_and_named() -> None:
    differences_TK = noise(4)
    differences_TK[:, 6] += 0.5
    differences_TK[:, 2] += 0.4
    assert superior_predictive_ability(differences_TK, **SETTINGS).consistent < 0.01
    assert superior_models(differences_TK, level=0.05, **SETTINGS) == (2, 6)


def test_p_values_are_ordered_and_bad_models_change_only_the_upper_one_much() -> None:
    differences_TK = noise(5)
    differences_TK[:, 0] += 0.15
    alone = superior_predictive_ability(differences_TK, **SETTINGS)
    with_bad = superior_predictive_ability(np.hstack([differences_TK, noise(6, 100) - 2]), **SETTINGS)
    assert alone.lower <= alone.consistent <= alone.upper
    assert with_bad.consistent == pytest.approx(alone.consistent, abs=0.02)
    assert with_bad.upper > alone.upper + 0.1


def test_a_copy_of_the_benchmark_is_never_superior() -> None:
    copies_TK = np.zeros((200, 3))
    p = superior_predictive_ability(copies_TK, **SETTINGS)
    assert (p.lower, p.consistent, p.upper) == (1, 1, 1)
    assert superior_models(copies_TK, level=0.05, **SETTINGS) == ()
    beside_TK = np.hstack([copies_TK, noise(7, 1) + 1])
    assert superior_models(beside_TK, level=0.05, **SETTINGS) == (3,)


def test_the_same_seed_gives_the_same_answer() -> None:
    first = superior_predictive_ability(noise(8), **SETTINGS)
    assert superior_predictive_ability(noise(8), **SETTINGS) == first


def test_step_wise_p_values_agree_with_the_step_wise_test() -> None:
    for seed in range(8):
        x_TK = noise(seed)
        x_TK[:, :3] += 0.3
        p_K = stepwise_p_values(x_TK, **SETTINGS)
        for level in (0.05, 0.2):
            superior = set(superior_models(x_TK, level=level, **SETTINGS))
            assert {k for k in range(10) if p_K[k] <= level - 0.01} <= superior
            assert superior <= {k for k in range(10) if p_K[k] <= level + 0.01}


def test_a_model_no_better_than_the_benchmark_has_no_p_value_below_one() -> None:
    x_TK = np.column_stack([noise(0)[:, 0] - 1.0, np.zeros(200), noise(1)[:, 0] + 1.0])
    p_K = stepwise_p_values(x_TK, **SETTINGS)
    assert p_K[0] == p_K[1] == 1.0
    assert p_K[2] == 1 / 301


def test_a_worse_model_never_has_a_smaller_p_value() -> None:
    for seed in range(30):
        x_TK = noise(seed, 20) + 0.1
        order_K = np.argsort(-x_TK.mean(axis=0) / np.sqrt(stationary_variance(x_TK, SETTINGS["block_bars"])))
        assert (np.diff(stepwise_p_values(x_TK, **SETTINGS)[order_K]) >= 0).all()
