"""The absolute error and the quasi-likelihood: minima, closed forms, what trees make of them."""

import math

import numpy as np
import pytest
import torch

from components.loss.absolute import Absolute
from components.loss.qlike import Qlike
from components.model._autograd import TorchObjective, mean_loss
from components.model.lightgbm import LightGBM
from components.values import Samples
from harness import resources


def labels(seed=0, rows=4000):
    return np.random.default_rng(seed).gamma(2.0, size=rows)


def test_the_absolute_error_is_least_at_the_median():
    y_N = labels()
    assert TorchObjective.of(Absolute(), y_N).start == pytest.approx(np.median(y_N), abs=1e-3)


def test_the_quasi_likelihood_is_least_at_the_log_of_the_mean_variance():
    variance_N = labels()
    start = TorchObjective.of(Qlike(bound=20.0), np.log(variance_N)).start
    assert start == pytest.approx(math.log(variance_N.mean()), abs=1e-6)


def test_the_quasi_likelihood_is_that_of_variances():
    variance_N, forecast_N = labels(1, 50), labels(2, 50)
    ratio_N = variance_N / forecast_N
    expected = np.mean(ratio_N - np.log(ratio_N) - 1)
    told = Qlike(bound=20.0)(torch.tensor(np.log(forecast_N)), torch.tensor(np.log(variance_N))).numpy()
    assert told.mean() == pytest.approx(expected)
    assert mean_loss(Qlike(bound=20.0), np.log(variance_N), np.log(variance_N)) == pytest.approx(0, abs=1e-12)


def test_beyond_its_bound_it_is_the_tangent():
    loss, score = Qlike(bound=2.0), torch.zeros(3, dtype=torch.float64)
    at = loss(score, torch.tensor([2.0, 3.0, 4.0], dtype=torch.float64)).numpy()
    assert np.diff(at) == pytest.approx([math.exp(2.0) - 1] * 2)


@pytest.mark.parametrize("loss", [Absolute(), Qlike(bound=5.0)], ids=lambda loss: type(loss).__name__)
def test_trees_get_better_by_it_than_a_constant(loss):
    rng = np.random.default_rng(0)
    X_NF = rng.normal(size=(800, 3)).astype(np.float32)
    y_N = X_NF[:, 0] + 0.5 * rng.normal(size=800)
    train = Samples.of(
        X_NF=X_NF,
        y_N=y_N,
        columns=("a", "b", "c"),
        timestamps_N=np.datetime64("2020-01-01", "us") + np.arange(800) * np.timedelta64(1, "D"),
        symbols_N=np.zeros(800, dtype=np.int32),
    )
    trees = LightGBM(**LightGBM.examples()[0])
    fitted = trees.fit(train, train.take(np.arange(0)), loss=loss, seed=1, resources=resources(1))
    constant = mean_loss(loss, np.full(800, TorchObjective.of(loss, y_N).start), y_N)
    assert mean_loss(loss, fitted.predict(train)[:, 0], y_N) < 0.6 * constant
