"""Calibration error and interval scores against their definitions."""

import math

import numpy as np
import pytest

from components.statistics.calibration import calibration_error, interval_coverage, interval_score, interval_width


def test_calibration_error_is_the_debiased_distance() -> None:
    p_M = np.repeat([0.2, 0.6], [50, 150])
    y_M = np.concatenate([np.repeat([1.0, 0.0], [20, 30]), np.repeat([1.0, 0.0], [60, 90])])
    wanted = 0.25 * (0.2**2 - 0.4 * 0.6 / 49) + 0.75 * (0.2**2 - 0.4 * 0.6 / 149)
    assert calibration_error(y_M, p_M) == pytest.approx(math.sqrt(wanted))


def test_an_honest_forecast_has_none_on_average() -> None:
    """Without the correction it would be about sqrt(10 x 0.25 / 400) = 0.08."""
    rng = np.random.default_rng(0)
    errors = []
    for _ in range(300):
        p_M = rng.uniform(0, 1, 400)
        errors.append(calibration_error((rng.random(400) < p_M).astype(float), p_M))
    assert np.mean(np.square(errors)) < 0.0012
    assert np.mean(np.array(errors) == 0) > 0.4


def test_missing_rows_do_not_count_and_nothing_is_undefined() -> None:
    p_M, y_M = np.array([0.5, 0.5, np.nan, 0.9]), np.array([1.0, 0.0, 1.0, np.nan])
    assert calibration_error(y_M, p_M) == 0.0
    assert math.isnan(calibration_error(y_M[:1], p_M[:1]))


def test_intervals_are_scored_by_width_and_by_what_lies_outside() -> None:
    lower_M, upper_M = np.array([0.0, 0.0, 0.0, np.nan]), np.array([1.0, 2.0, 1.0, np.nan])
    y_M = np.array([1.0, -0.5, 1.2, 9.0])
    assert interval_coverage(y_M, lower_M, upper_M) == pytest.approx(1 / 3)
    assert interval_width(y_M, lower_M, upper_M) == pytest.approx(4 / 3)
    assert interval_score(y_M, lower_M, upper_M, 0.8) == pytest.approx((4 + 10 * (0.5 + 0.2)) / 3)


def test_the_true_central_interval_scores_best() -> None:
    y_M = np.random.default_rng(1).normal(size=100_000)
    scores = {half: interval_score(y_M, np.full(100_000, -half), np.full(100_000, half), 0.8) for half in
              (1.0, 1.1, 1.2816, 1.45, 1.6)}  # fmt: skip
    assert min(scores, key=scores.__getitem__) == 1.2816
