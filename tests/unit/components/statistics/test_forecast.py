"""Scores of forecasts against slow definitions and scikit-learn."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata

from components.statistics import forecast

RNG = np.random.default_rng(7)
Y = RNG.normal(size=200)
F = 0.5 * Y + RNG.normal(size=200)
LABEL = (Y > 0.2).astype(float)
P = np.round(1 / (1 + np.exp(-F)), 2)  # rounded, so that there are ties


def test_scores_agree_with_scikit_learn() -> None:
    from sklearn import metrics

    assert forecast.r2(Y, F) == pytest.approx(metrics.r2_score(Y, F))
    assert forecast.mse(Y, F) == pytest.approx(metrics.mean_squared_error(Y, F))
    assert forecast.mae(Y, F) == pytest.approx(metrics.mean_absolute_error(Y, F))
    assert forecast.log_loss(LABEL, P) == pytest.approx(metrics.log_loss(LABEL, P))
    assert forecast.brier(LABEL, P) == pytest.approx(metrics.brier_score_loss(LABEL, P))
    assert forecast.auc(LABEL, P) == pytest.approx(metrics.roc_auc_score(LABEL, P))
    assert forecast.accuracy(LABEL, P) == pytest.approx(metrics.accuracy_score(LABEL, P > 0.5))


def test_simple_figures() -> None:
    assert forecast.rmse(Y, F) == pytest.approx(math.sqrt(np.mean((Y - F) ** 2)))
    assert forecast.bias(Y, Y + 0.25) == pytest.approx(0.25)
    assert forecast.correlation(Y, F) == pytest.approx(np.corrcoef(Y, F)[0, 1])
    assert forecast.variance_ratio(Y, F) == pytest.approx(F.var() / Y.var())
    assert forecast.calibration_slope(Y, F) == pytest.approx(np.polyfit(F, Y, 1)[0])
    assert forecast.base_rate(LABEL) == pytest.approx(max(LABEL.mean(), 1 - LABEL.mean()))


def test_r2_of_the_opponent_itself_is_zero_and_of_a_constant_below() -> None:
    assert forecast.r2(Y, np.full(200, Y.mean())) == pytest.approx(0, abs=1e-12)
    assert forecast.r2(Y, np.full(200, Y.mean() + 0.1)) < 0
    assert forecast.r2_against(Y, F, F) == pytest.approx(0)
    assert forecast.r2_against(Y, Y, F) == 1.0


def test_qlike_is_zero_at_the_truth_and_punishes_low_variance_more() -> None:
    assert forecast.qlike(Y, Y) == 0
    assert forecast.qlike(Y, Y - 0.5) == pytest.approx(math.exp(0.5) - 1.5)
    assert forecast.qlike(Y, Y - 0.5) > forecast.qlike(Y, Y + 0.5)
    assert forecast.qlike(np.array([1000.0]), np.array([0.0])) == math.inf


def test_direction_accuracy_counts_moves_only_and_no_credit_for_zero() -> None:
    y, f = np.array([1.0, -1.0, 0.0, 2.0]), np.array([0.1, 0.1, -3.0, 0.0])
    assert forecast.direction_accuracy(y, f) == pytest.approx(1 / 3)


def test_missing_rows_are_left_out() -> None:
    y, f = np.append(Y, [np.nan, 1.0]), np.append(F, [1.0, np.nan])
    for score in (forecast.r2, forecast.mse, forecast.mae, forecast.correlation, forecast.variance_ratio):
        assert score(y, f) == pytest.approx(score(Y, F))


@pytest.mark.parametrize(
    "score",
    [
        forecast.r2,
        forecast.correlation,
        forecast.variance_ratio,
        forecast.calibration_slope,
        forecast.auc,
    ],
)
def test_scores_of_constants_are_nan(score) -> None:
    constant = np.full(20, 0.1)
    assert math.isnan(score(constant, constant))
    assert math.isnan(score(np.array([]), np.array([])))


@pytest.mark.parametrize(
    "score",
    [
        forecast.mse,
        forecast.rmse,
        forecast.mae,
        forecast.bias,
        forecast.qlike,
        forecast.direction_accuracy,
        forecast.accuracy,
        forecast.log_loss,
        forecast.brier,
    ],
)
def test_scores_of_nothing_are_nan(score) -> None:
    assert math.isnan(score(np.array([]), np.array([])))
    assert math.isnan(score(np.array([np.nan]), np.array([1.0])))


def test_certain_but_wrong_probabilities_cost_a_finite_amount() -> None:
    assert forecast.log_loss(np.array([1.0]), np.array([0.0])) == pytest.approx(-math.log(np.finfo(float).eps))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-3, 3)), max_size=40))
def test_average_ranks_equal_those_of_each_group_alone(rows: list[tuple[int, int]]) -> None:
    group = np.array([g for g, _ in rows], dtype=np.int64)
    value = np.array([v for _, v in rows], dtype=np.float64)
    ranks = forecast.average_ranks(value, group)
    for g in np.unique(group):
        assert ranks[group == g] == pytest.approx(rankdata(value[group == g]))
