"""Sharpe inference: properties beyond the reference values."""

import math
from dataclasses import replace

import numpy as np
import pytest

from components.statistics.sharpe import (
    SharpeSample,
    deflated_sharpe,
    effective_trials,
    expected_maximum,
    minimum_track_record,
    probabilistic_sharpe,
    sharpe_sample,
)

SAMPLE = SharpeSample(sharpe=0.1, n=500, skew=-0.5, kurtosis=6.0)


def deflated(sample: SharpeSample, n_trials: float = 50, trials_variance: float = 0.001) -> float:
    return deflated_sharpe(sample, n_trials=n_trials, trials_variance=trials_variance)


def test_deflation_grows_with_trials_and_shrinks_with_evidence() -> None:
    assert deflated(SAMPLE, n_trials=100) < deflated(SAMPLE)
    assert deflated(SAMPLE, trials_variance=0.0015) < deflated(SAMPLE)
    assert deflated(replace(SAMPLE, n=1000)) > deflated(SAMPLE)
    assert deflated(replace(SAMPLE, skew=0.0)) > deflated(SAMPLE)
    assert deflated(replace(SAMPLE, kurtosis=12.0)) < deflated(SAMPLE)


def test_a_single_trial_is_not_deflated() -> None:
    assert expected_maximum(1) == 0
    assert deflated(SAMPLE, n_trials=1) == probabilistic_sharpe(SAMPLE)


@pytest.mark.parametrize("convention", ["observed", "hypothesised"])
def test_the_track_record_is_where_the_probability_is_reached(convention: str) -> None:
    needed = minimum_track_record(SAMPLE, 0.02, 0.95, convention)
    assert probabilistic_sharpe(replace(SAMPLE, n=needed), 0.02, convention) == pytest.approx(0.95)


def test_no_record_is_long_enough_below_the_hurdle() -> None:
    assert minimum_track_record(SAMPLE, 0.1, 0.95) == math.inf
    assert minimum_track_record(SAMPLE, 0.2, 0.95) == math.inf


@pytest.mark.parametrize("returns", [[], [0.1, 0.2], [0.0] * 10, [0.1] * 10, [np.nan] * 10])
def test_samples_without_information_are_nan(returns: list[float]) -> None:
    sample = sharpe_sample(np.array(returns))
    assert math.isnan(sample.sharpe)
    assert math.isnan(probabilistic_sharpe(sample))
    assert math.isnan(minimum_track_record(sample, 0.0, 0.95))


def test_a_probability_is_calibrated_on_noise() -> None:
    rng = np.random.default_rng(0)
    sure = [probabilistic_sharpe(sharpe_sample(rng.normal(size=250))) for _ in range(1000)]
    assert np.mean(np.array(sure) > 0.95) == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("method", ["entropy", "mean_correlation"])
def test_effective_trials_lie_between_one_and_all(method: str) -> None:
    assert effective_trials(np.eye(10), method) == pytest.approx(10)
    assert effective_trials(np.ones((10, 10)), method) == pytest.approx(1)
    assert effective_trials(np.eye(1), method) == 1
    half = 0.5 * np.eye(10) + 0.5
    assert 1 < effective_trials(half, method) < 10


def test_mean_correlation_interpolates_linearly() -> None:
    assert effective_trials(0.75 * np.eye(5) + 0.25, "mean_correlation") == pytest.approx(4.0)
    # Anti-correlated trials are not worth more than independent ones.
    assert effective_trials(np.array([[1.0, -0.9], [-0.9, 1.0]]), "mean_correlation") == 2.0
