"""Linear, ridge and naive: values against independent solutions, contracts, error texts."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.contracts import LAST_LABEL
from components.errors import ConfigError, DataError
from components.loss.huber import Huber
from components.loss.squared import Squared
from components.model.linear import Linear
from components.model.naive import Naive
from components.model.ridge import Ridge
from components.values import Samples
from harness import resources

SQUARED = Squared()


def samples(X_NF, y_N):
    X_NF = np.asarray(X_NF, dtype=np.float32)
    return Samples.of(
        X_NF=X_NF,
        y_N=np.asarray(y_N, dtype=np.float64),
        columns=tuple(f"x{i}" for i in range(X_NF.shape[1])),
        timestamps_N=np.datetime64("2020-01-01", "us") + np.arange(len(X_NF)) * np.timedelta64(1, "D"),
        symbols_N=np.zeros(len(X_NF), dtype=np.int32),
    )


def random_samples(seed, rows=300, columns=4, scale=1.0):
    rng = np.random.default_rng(seed)
    X_NF = rng.normal(size=(rows, columns)) * scale
    return samples(X_NF, X_NF @ rng.normal(size=columns) / scale + rng.normal(size=rows) + 3)


def fit(model, train, seed=0, threads=1):
    return model.fit(train, train.take(np.arange(0)), loss=SQUARED, seed=seed, resources=resources(threads))


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e9])
def test_linear_solves_the_normal_equations(scale):
    train = random_samples(1, scale=scale)
    X = train.X_NF.astype(np.float64) / scale
    A = np.column_stack([np.ones(len(X)), X])
    expected = A @ np.linalg.solve(A.T @ A, A.T @ train.y_N)
    assert fit(Linear(features=None), train).predict(train)[:, 0] == pytest.approx(expected, rel=1e-6)


def test_linear_recovers_a_line_exactly():
    X_NF = np.arange(12, dtype=np.float32).reshape(6, 2) ** 2
    train = samples(X_NF, 2 + 3 * X_NF[:, 0] - 0.5 * X_NF[:, 1])
    fitted = fit(Linear(features=None), train)
    assert fitted.coefficients_OF[0] == pytest.approx([3, -0.5])
    assert fitted.intercept_O[0] == pytest.approx(2)


def test_a_repeated_column_shares_the_slope_and_a_constant_one_gets_none():
    base = random_samples(2, columns=1)
    x_N = base.X_NF[:, 0]
    train = samples(np.column_stack([x_N, x_N, np.full(len(x_N), 0.1)]), 4 * x_N)
    for model, tolerance in ((Linear(features=None), 1e-6), (Ridge(penalty=1e-6), 1e-4)):
        assert fit(model, train).coefficients_OF[0] == pytest.approx([2, 2, 0], abs=tolerance)


@pytest.mark.parametrize("penalty", [0.1, 10.0, 1000.0])
def test_ridge_equals_scikit_learn_on_standardised_columns(penalty):
    from sklearn.linear_model import Ridge as Reference
    from sklearn.preprocessing import StandardScaler

    train = random_samples(3)
    Z_NF = StandardScaler().fit_transform(train.X_NF.astype(np.float64))
    expected = Reference(alpha=penalty).fit(Z_NF, train.y_N).predict(Z_NF)
    assert fit(Ridge(penalty=penalty), train).predict(train)[:, 0] == pytest.approx(expected, rel=1e-6)


def test_a_penalty_of_as_many_rows_halves_a_lone_slope():
    train = random_samples(4, columns=1)
    free = fit(Linear(features=None), train).coefficients_OF[0]
    assert fit(Ridge(penalty=float(len(train))), train).coefficients_OF[0] == pytest.approx(free / 2)


@given(seed=st.integers(0, 10_000), shift=st.floats(-1e3, 1e3), factor=st.floats(0.01, 100))
@settings(max_examples=25, deadline=None)
def test_forecasts_do_not_depend_on_the_units_of_a_feature(seed, shift, factor):
    train = random_samples(seed, rows=60, columns=2)
    moved = samples(train.X_NF.astype(np.float64) * [factor, 1] + [shift * factor, 0], train.y_N)
    for model in (Linear(features=None), Ridge(penalty=5.0)):
        before, after = (fit(model, data).predict(data)[:, 0] for data in (train, moved))
        # The moved features are rounded to float32 anew, by up to 2^-24 of the shift.
        assert after == pytest.approx(before, abs=2e-3)


def test_naive_forecasts():
    train = random_samples(5)
    last = samples([[0.25], [-3.0]], [0, 0])
    nothing = samples(np.empty((3, 0)), np.zeros(3))
    assert fit(Naive(method="last_value"), train).predict(last)[:, 0].tolist() == [0.25, -3.0]
    mean = fit(Naive(method="train_mean"), train).predict(nothing)[:, 0]
    assert mean.tolist() == [float(np.float32(train.y_N.mean()))] * 3


def test_what_each_model_reads():
    features = ("a", "b", "c")
    assert Naive(method="last_value").inputs(features) == (LAST_LABEL,)
    assert Naive(method="train_mean").inputs(features) == ()
    assert Ridge(penalty=1.0).inputs(features) == features
    assert Linear(features=None).inputs(features) == features
    assert Linear(features=("c", LAST_LABEL)).inputs(features) == ("c", LAST_LABEL)


def test_an_unknown_feature_is_named_with_its_nearest():
    with pytest.raises(ConfigError) as error:
        Linear(features=("weekly_variance", "lag_1")).inputs(("lag1", "weekly_varaince"))
    assert str(error.value).splitlines() == [
        "model.features: unknown feature 'weekly_variance'; did you mean 'weekly_varaince'?; "
        "features: lag1, weekly_varaince, last_label",
        "model.features: unknown feature 'lag_1'; did you mean 'lag1'?; features: lag1, weekly_varaince, last_label",
    ]


def test_closed_forms_refuse_other_losses():
    for model in (Linear(features=None), Ridge(penalty=1.0)):
        assert model.supports(Squared()) is None
        assert model.supports(Huber(delta=1.0)) == "the squared error only (loss=squared)"
    assert Naive(method="train_mean").supports(Huber(delta=1.0)) is None


@pytest.mark.parametrize("model", [Linear(features=None), Ridge(penalty=1.0), Naive(method="train_mean")])
def test_no_train_rows_is_an_error_of_the_data(model):
    empty = random_samples(0).take(np.arange(0))
    with pytest.raises(DataError, match=r"^the train span has no rows to (fit on|average); use a longer history$"):
        fit(model, empty)
