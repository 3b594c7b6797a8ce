"""Comparisons of forecasts and of portfolios."""

import math

import numpy as np
import pytest

from components.statistics.comparison import (
    per_timestamp,
    predictive_accuracy,
    sharpe_difference,
)

DAYS = np.datetime64("2020-01-01", "us") + np.arange(400) * np.timedelta64(1, "D")


def test_rows_of_one_timestamp_are_averaged_in_time_order() -> None:
    stamps = DAYS[[1, 0, 1, 2, 2]]
    averaged = per_timestamp(np.array([1.0, 5.0, 3.0, np.nan, 4.0]), stamps)
    assert averaged.tolist() == [5.0, 2.0, 4.0]
    assert np.isnan(per_timestamp(np.array([np.nan]), DAYS[:1])).all()
    assert len(per_timestamp(np.array([]), DAYS[:0])) == 0


def test_copies_of_a_symbol_add_no_certainty() -> None:
    rng = np.random.default_rng(0)
    loss, rival = rng.normal(1, 1, 400), rng.normal(1.1, 1, 400)
    once = predictive_accuracy(loss, rival, DAYS, horizon_bars=1)
    twenty = predictive_accuracy(np.tile(loss, 20), np.tile(rival, 20), np.tile(DAYS, 20), horizon_bars=1)
    assert twenty.t == pytest.approx(once.t)
    assert twenty.n == 400


def test_overlapping_labels_do_not_pass_for_independent_ones() -> None:
    differential = np.repeat(np.random.default_rng(1).normal(0.1, 1, 40), 10)
    naive = differential.mean() / (differential.std() / math.sqrt(400))
    nothing = np.zeros(400)
    assert abs(predictive_accuracy(nothing, differential, DAYS, horizon_bars=10).t) < abs(naive) / 2.5


def test_the_sharpe_difference_is_the_difference_of_the_ratios() -> None:
    rng = np.random.default_rng(3)
    own, other = rng.normal(0.05, 1, 2000), rng.normal(0, 2, 2000)
    test = sharpe_difference(own, other)
    assert test.mean == pytest.approx(own.mean() / own.std() - other.mean() / other.std())
    # For independent iid normal returns the variance of a ratio is about (1 + SR^2 / 2) / T.
    assert test.standard_error == pytest.approx(math.sqrt(2 / 2000), rel=0.2)


def test_the_sharpe_difference_ignores_leverage_and_missing_bars() -> None:
    rng = np.random.default_rng(4)
    own, other = rng.normal(0.05, 1, 300), rng.normal(0, 2, 300)
    plain = sharpe_difference(own, other)
    holes = np.insert(own, 7, np.nan)
    assert sharpe_difference(3 * holes, np.insert(other, 7, 1.0)).t == pytest.approx(plain.t)


def test_leverage_alone_is_no_skill() -> None:
    other = np.random.default_rng(5).normal(0.05, 1, 300)
    assert math.isnan(sharpe_difference(2 * other, other).t)
    assert math.isnan(sharpe_difference(np.zeros(300), other).t)
