"""Losses: derivatives against differences and closed forms, minima, limits, what they declare."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.loss.huber import Huber
from components.loss.log_cosh import LogCosh
from components.loss.logistic import Logistic
from components.loss.squared import Squared

REAL = [Squared(), Huber(delta=0.7), LogCosh(scale=0.7)]
ALL = [*REAL, Logistic()]


def values(loss, score_N, target_N):
    import torch

    return loss(torch.tensor(score_N, dtype=torch.float64), torch.tensor(target_N, dtype=torch.float64)).numpy()


def gradient(loss, score_N, target_N):
    import torch

    score = torch.tensor(score_N, dtype=torch.float64, requires_grad=True)
    total = loss(score, torch.tensor(target_N, dtype=torch.float64)).sum()
    (slope,) = torch.autograd.grad(total, score, create_graph=True)
    (curvature,) = torch.autograd.grad(slope.sum(), score, allow_unused=True)
    return slope.detach().numpy(), curvature.numpy()


def pairs(loss, rows=200):
    rng = np.random.default_rng(0)
    score_N = rng.normal(size=rows) * 4
    target_N = rng.normal(size=rows) * 4
    return score_N, (target_N > 0).astype(float) if loss.head.labels == "binary" else target_N


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: type(loss).__name__)
def test_one_value_per_sample_and_gradients_are_those_of_central_differences(loss):
    score_N, target_N = pairs(loss)
    assert values(loss, score_N, target_N).shape == score_N.shape
    step = 1e-6
    difference_N = (values(loss, score_N + step, target_N) - values(loss, score_N - step, target_N)) / (2 * step)
    slope_N, curvature_N = gradient(loss, score_N, target_N)
    assert slope_N == pytest.approx(difference_N, abs=1e-7)
    assert (curvature_N >= 0).all()


@pytest.mark.parametrize("loss", ALL, ids=lambda loss: type(loss).__name__)
def test_finite_however_wrong_the_score(loss):
    score_N = np.array([-1e8, -800.0, 0.0, 800.0, 1e8])
    target_N = np.array([1.0, 1.0, 0.0, 0.0, 0.0])
    everything = (values(loss, score_N, target_N), *gradient(loss, score_N, target_N))
    assert all(np.isfinite(array).all() for array in everything)


@given(score=st.floats(-100, 100), target=st.floats(-100, 100))
def test_real_losses_are_zero_at_a_perfect_forecast_and_grow_with_the_error(score, target):
    for loss in REAL:
        at, near, far = values(loss, [target, (score + target) / 2, score], [target] * 3)
        assert at == pytest.approx(0, abs=1e-12)
        assert -1e-12 <= near <= far + 1e-12


def test_logistic_is_the_negative_log_likelihood():
    score_N, target_N = pairs(Logistic())
    p_N = 1 / (1 + np.exp(-score_N))
    expected = -(target_N * np.log(p_N) + (1 - target_N) * np.log(1 - p_N))
    assert values(Logistic(), score_N, target_N) == pytest.approx(expected)
    slope_N, curvature_N = gradient(Logistic(), score_N, target_N)
    assert slope_N == pytest.approx(p_N - target_N)
    assert curvature_N == pytest.approx(p_N * (1 - p_N))


def test_closed_forms():
    score_N, target_N = pairs(Squared())
    d_N = score_N - target_N
    assert values(Squared(), score_N, target_N) == pytest.approx(d_N**2 / 2)
    small = np.abs(d_N) <= 0.7
    expected = np.where(small, d_N**2 / 2, 0.7 * (np.abs(d_N) - 0.35))
    assert values(Huber(delta=0.7), score_N, target_N) == pytest.approx(expected)
    expected = 0.7**2 * np.log(np.cosh(d_N / 0.7))
    assert values(LogCosh(scale=0.7), score_N, target_N) == pytest.approx(expected)
    slope_N, curvature_N = gradient(LogCosh(scale=0.7), score_N, target_N)
    assert slope_N == pytest.approx(0.7 * np.tanh(d_N / 0.7))
    assert curvature_N == pytest.approx(1 / np.cosh(d_N / 0.7) ** 2)


def test_log_cosh_has_a_curvature_at_its_minimum_and_a_line_far_out():
    slope_N, curvature_N = gradient(LogCosh(scale=2.0), [5.0], [5.0])
    assert (slope_N[0], curvature_N[0]) == (0.0, 1.0)
    far = 1e6
    assert values(LogCosh(scale=2.0), [far], [0.0])[0] == pytest.approx(2 * far - 4 * math.log(2), rel=1e-12)


def test_a_wide_huber_is_the_squared_error():
    score_N, target_N = pairs(Squared())
    assert np.array_equal(values(Huber(delta=1e9), score_N, target_N), values(Squared(), score_N, target_N))


def test_declarations():
    assert [loss.least_squares for loss in ALL] == [True, False, False, False]
    assert Squared().native("lightgbm") == {"objective": "regression", "metric": "l2"}
    assert Huber(delta=0.7).native("lightgbm") == {"objective": "huber", "alpha": 0.7, "metric": "huber"}
    assert Logistic().native("lightgbm") == {"objective": "binary", "metric": "binary_logloss"}
    assert LogCosh(scale=1.0).native("lightgbm") is None
    assert (Logistic().head.link, Logistic().head.labels) == ("sigmoid", "binary")
    assert {(loss.head.link, loss.head.labels) for loss in REAL} == {("identity", "real")}
