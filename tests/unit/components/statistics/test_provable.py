"""The smallest effect that a record could show, after so many tries."""

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.statistics.provable import MORE, critical_value, mean_correlation, provable, smallest_effect
from components.statistics.stepwise import family_test


def test_critical_values_of_independent_tries_are_those_of_sidak() -> None:
    assert critical_value(1, 0.0, 0.05) == pytest.approx(1.6448536)
    assert critical_value(50, 0.0, 0.05) == pytest.approx(3.0828, abs=1e-4)
    assert critical_value(0.2, 0.5, 0.05) == critical_value(1, 0.0, 0.05)


@pytest.mark.parametrize("correlation", [0.3, 0.5, 0.9])
def test_critical_values_of_dependent_tries_are_those_of_many_draws(correlation: float) -> None:
    rng = np.random.default_rng(0)
    common = rng.normal(size=(40_000, 1))
    best = (math.sqrt(correlation) * common + math.sqrt(1 - correlation) * rng.normal(size=(40_000, 50))).max(axis=1)
    assert critical_value(50, correlation, 0.05) == pytest.approx(np.quantile(best, 0.95), abs=0.03)


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 5000), st.floats(0, 1), st.floats(0.001, 0.3))
def test_more_tries_and_a_smaller_level_ask_for_more_and_correlation_for_less(
    tries: int, correlation: float, level: float
) -> None:
    here = critical_value(tries, correlation, level)
    assert critical_value(tries + 10, correlation, level) >= here - 1e-9
    assert critical_value(tries, correlation, level / 2) > here
    assert critical_value(tries, min(correlation + 0.1, 1.0), level) <= here + 1e-6
    assert here >= NormalDist().inv_cdf(1 - level) - 0.02


def test_ten_years_after_fifty_tries() -> None:
    # A Sharpe ratio of 1 in ten years has t = 3.16 on average: a little more than even odds against 3.08.
    now, later, *_ = provable(2520, 50, 0.0, now=0.05, later=0.01, unit=math.sqrt(252))
    assert now.even == pytest.approx(3.0828 / math.sqrt(10), rel=1e-3)
    assert now.likely == pytest.approx((3.0828 + 1.2816) / math.sqrt(10), rel=1e-3)
    assert later.more == 10
    assert later.even == pytest.approx(critical_value(60, 0.0, 0.01) / math.sqrt(10))
    assert tuple(one.more for one in provable(2520, 50, 0.0, now=0.05, later=0.01)) == MORE
    assert smallest_effect(0, 5, 0.0, 0.05, 0.5) == math.inf


@pytest.mark.slow
def test_an_effect_of_that_size_is_found_as_often_as_it_says() -> None:
    rng, level, found = np.random.default_rng(3), 0.05, {0.5: 0, 0.9: 0}
    for probability in found:
        effect = smallest_effect(500, 10, 0.0, level, probability)
        for _ in range(60):
            gain_TK = rng.normal(size=(500, 10))
            gain_TK[:, 0] += effect
            test = family_test(gain_TK, 0, overlap_bars=1, n_draws=300, seed=1, block_bars=1)
            found[probability] += bool(test.p_K[0] <= level)
    assert found[0.5] / 60 == pytest.approx(0.5, abs=0.2)
    assert found[0.9] / 60 == pytest.approx(0.9, abs=0.12)


def test_mean_correlation_is_that_of_all_pairs_that_vary() -> None:
    rng = np.random.default_rng(1)
    x_TK = rng.normal(size=(300, 1)) + rng.normal(size=(300, 6))
    pairs = np.corrcoef(x_TK, rowvar=False)[np.triu_indices(6, 1)]
    assert mean_correlation(x_TK) == pytest.approx(pairs.mean())
    assert mean_correlation(np.hstack([x_TK, np.zeros((300, 2))])) == pytest.approx(pairs.mean())
    assert mean_correlation(x_TK[:, :1]) == mean_correlation(np.empty((0, 0))) == 0.0
    assert mean_correlation(np.column_stack([x_TK[:, 0], -x_TK[:, 0]])) == 0.0


@pytest.mark.parametrize("tries", [1, 10, 50, 1000])
def test_with_years_for_bars_it_is_what_the_best_of_so_many_worthless_tries_reaches(tries: int) -> None:
    """P(all of N independent normal t statistics stay below it) = 95 %."""
    effect = smallest_effect(9.0, tries, 0.0, 0.05, 0.5)
    assert NormalDist().cdf(effect * 3.0) ** tries == pytest.approx(0.95)
    assert smallest_effect(36.0, tries, 0.0, 0.05, 0.5) == pytest.approx(effect / 2)
    assert smallest_effect(0.5, tries, 0.0, 0.05, 0.5) == pytest.approx(effect * 3 / 0.5**0.5)
