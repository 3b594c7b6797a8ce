"""Inference on means of dependent series."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import stdtrit

from components.statistics.newey_west import long_run_variance, mean_test, robust_lags

series = st.lists(st.floats(-10, 10, width=32), min_size=2, max_size=40).map(np.array)


def naive_long_run_variance(x: np.ndarray, lags: int) -> float:
    n, mean, total = len(x), sum(x) / len(x), 0.0
    for s in range(n):
        for t in range(n):
            distance = abs(s - t)
            weight = max(1 - distance / (lags + 1), 0.0)
            total += weight * (x[s] - mean) * (x[t] - mean)
    return total / n


@given(series, st.integers(0, 12))
def test_long_run_variance_equals_the_double_sum(x_T: np.ndarray, lags: int) -> None:
    expected = naive_long_run_variance(x_T, min(lags, len(x_T) - 1))
    assert long_run_variance(x_T, lags) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(series, st.integers(0, 60))
def test_the_bartlett_variance_is_never_negative(x_T: np.ndarray, lags: int) -> None:
    assert long_run_variance(x_T, lags) >= -1e-12


def test_an_empty_series_has_no_variance() -> None:
    assert math.isnan(long_run_variance(np.array([]), 3))


def test_lags_grow_with_the_root_of_the_length_and_cover_the_overlap_twice() -> None:
    assert robust_lags(2500, 1) == 65
    assert robust_lags(2500, 60) == 120
    assert robust_lags(20, 60) == 10


def test_the_t_statistic_is_mean_over_standard_error() -> None:
    x_T = np.random.default_rng(0).normal(0.1, 1, 500)
    test = mean_test(x_T)
    error = math.sqrt(long_run_variance(x_T, 30) / 500 / (1 - 31 / 500))
    assert (test.n, test.lags) == (500, 30)
    assert test.t == pytest.approx(x_T.mean() / error)
    assert test.degrees_of_freedom == pytest.approx(1.5 * 500 / 31)
    assert test.p_two_sided == pytest.approx(2 * min(test.p_greater, 1 - test.p_greater))


def test_the_critical_value_is_where_the_p_value_meets_the_level() -> None:
    x_T = np.random.default_rng(1).normal(size=300)
    test = mean_test(x_T)
    shifted = mean_test(x_T - x_T.mean() + test.critical(0.05) * test.standard_error)
    assert shifted.p_greater == pytest.approx(0.05)


@pytest.mark.parametrize("b", [0.02, 0.05, 0.1, 0.2])
def test_critical_values_agree_with_fixed_b_theory(b: float) -> None:
    # Kiefer & Vogelsang 2005, table 1, Bartlett kernel, 95 %: 1.6449 + 2.1859 b + 0.3142 b^2 - 0.3427 b^3.
    expected = 1.6449 + 2.1859 * b + 0.3142 * b**2 - 0.3427 * b**3
    assert stdtrit(1.5 / b, 0.95) / math.sqrt(1 - b) == pytest.approx(expected, rel=0.015)


@pytest.mark.parametrize(("overlap", "persistence"), [(1, 0.0), (5, 0.0), (5, 0.5)])
def test_a_five_percent_test_rejects_about_five_percent(overlap: int, persistence: float) -> None:
    rng = np.random.default_rng(overlap)
    rejections = 0
    for _ in range(400):
        noise_T = rng.normal(size=600 + overlap + 50)
        for t in range(1, len(noise_T)) if persistence else ():
            noise_T[t] += persistence * noise_T[t - 1]
        x_T = np.convolve(noise_T[50:], np.ones(overlap), "valid")
        rejections += mean_test(x_T, overlap).p_greater < 0.05
    assert 0.02 <= rejections / 400 <= 0.085


def test_missing_values_are_left_out() -> None:
    x_T = np.random.default_rng(2).normal(size=100)
    with_holes = np.insert(x_T, [3, 50], np.nan)
    assert mean_test(with_holes) == mean_test(x_T)


@pytest.mark.parametrize("x_T", [[], [1.0], [1.0] * 7, [0.1] * 100, [0.0] * 100])
def test_too_few_or_constant_values_give_nan(x_T: list[float]) -> None:
    test = mean_test(np.array(x_T))
    assert math.isnan(test.t)
    assert math.isnan(test.p_greater)
    assert math.isnan(test.critical(0.05))
    assert test.n == len(x_T)
