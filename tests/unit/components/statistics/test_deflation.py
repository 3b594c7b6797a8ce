"""What is left of a statistic once all tries are counted."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.statistics.deflation import (
    deflated_mean,
    deflated_ratio,
    independent_trials,
    published_ratio,
    tries_that_pass,
)
from components.statistics.sharpe import deflated_sharpe, expected_maximum, probabilistic_sharpe, sharpe_sample


def noise(seed: int, n: int = 2520, k: int = 1, correlation: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    common = rng.normal(size=(n, 1))
    return 0.01 * (math.sqrt(correlation) * common + math.sqrt(1 - correlation) * rng.normal(size=(n, k)))


def test_one_single_try_has_no_hurdle() -> None:
    returns_T = noise(0)[:, 0] + 0.0005
    one = deflated_ratio(returns_T, 1.0)
    assert one.hurdle == 0.0
    assert one.statistic == sharpe_sample(returns_T).sharpe
    # The long-run variance may only widen the standard error of the plain ratio.
    assert one.confidence <= probabilistic_sharpe(sharpe_sample(returns_T)) + 1e-3


def test_the_hurdle_is_lucks_best_with_the_variance_under_the_null() -> None:
    returns_T = noise(1)[:, 0]
    found = deflated_ratio(returns_T, 50.0)
    assert found.hurdle == pytest.approx(found.null_error * expected_maximum(50.0))
    assert 1 / math.sqrt(2520) <= found.null_error < 1.5 / math.sqrt(2520)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 1000), st.floats(1, 500), st.floats(1, 500))
def test_more_tries_never_help(seed: int, few: float, many: float) -> None:
    returns_T = noise(seed, n=400)[:, 0] + 0.0003
    few, many = sorted((few, many))
    assert deflated_ratio(returns_T, few).confidence >= deflated_ratio(returns_T, many).confidence - 1e-12


def test_independent_trials_are_between_one_and_all_and_silent_ones_count_in_full() -> None:
    twins = np.repeat(noise(0), 20, axis=1)
    assert independent_trials(twins) == pytest.approx(1.0)
    assert independent_trials(noise(0, k=20)) == pytest.approx(20, abs=1)
    assert independent_trials(noise(0, k=20, correlation=0.8), silent=3) == pytest.approx(0.8 + 0.2 * 20 + 3, abs=0.4)
    assert independent_trials(np.zeros((100, 4)), silent=2) == 6.0
    assert independent_trials(np.empty((0, 0)), silent=2) == 2.0


@pytest.mark.parametrize("correlation", [0.0, 0.8, 0.95])
def test_the_best_of_fifty_worthless_tries_seldom_passes(correlation: float) -> None:
    passed = 0
    for seed in range(60):
        tries_TK = noise(seed, n=500, k=50, correlation=correlation)
        ratios = tries_TK.mean(axis=0) / tries_TK.std(axis=0)
        best_T = tries_TK[:, int(ratios.argmax())]
        passed += deflated_ratio(best_T, independent_trials(tries_TK)).confidence >= 0.95
    assert passed <= 3


def test_a_loss_differential_is_deflated_in_units_of_its_t() -> None:
    gain_T = np.random.default_rng(3).normal(0.2, 1, 1000)
    found = deflated_mean(gain_T, 30.0, 1)
    assert found.hurdle == pytest.approx(expected_maximum(30.0))
    assert found.statistic == pytest.approx(0.2 * math.sqrt(1000), abs=1.5)
    assert math.isnan(deflated_mean(np.zeros(100), 30.0, 1).confidence)


def test_what_would_suffice_is_what_just_passes() -> None:
    returns_T = noise(5)[:, 0] + 0.0006
    found = deflated_ratio(returns_T, 1e6)
    most = tries_that_pass(found)
    assert 1 < most < 1e6
    assert deflated_ratio(returns_T, most).confidence == pytest.approx(0.95, abs=2e-3)
    assert tries_that_pass(deflated_ratio(noise(5)[:, 0] - 0.001, 10.0)) == 0.0


def test_the_published_ratio_takes_raw_number_and_raw_variance() -> None:
    tries_TK = noise(7, k=10)
    ratios = [sharpe_sample(column).sharpe for column in tries_TK.T]
    expected = deflated_sharpe(sharpe_sample(tries_TK[:, 0]), trials_variance=np.var(ratios, ddof=1), n_trials=12)
    assert published_ratio(tries_TK[:, 0], tries_TK, 12) == expected
    assert published_ratio(tries_TK[:, 0], tries_TK[:, :1], 1) == probabilistic_sharpe(sharpe_sample(tries_TK[:, 0]))
    assert math.isnan(published_ratio(tries_TK[:, 0], tries_TK[:, :1], 2))


def test_returns_that_depend_on_each_other_widen_the_hurdle() -> None:
    shock_T = np.random.default_rng(9).normal(0, 0.01, 3000)
    dependent_T = shock_T.copy()
    for t in range(1, len(shock_T)):
        dependent_T[t] += 0.5 * dependent_T[t - 1]
    # The long-run variance of such returns is (1 + 0.5) / (1 - 0.5) = 3 times their variance.
    assert deflated_ratio(dependent_T, 10.0).null_error * math.sqrt(3000) == pytest.approx(math.sqrt(3), rel=0.2)
