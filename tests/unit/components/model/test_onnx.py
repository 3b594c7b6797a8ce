"""Every model's graph gives its forecasts, and its files give them back to the bit."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from components.loss.huber import Huber
from components.loss.log_cosh import LogCosh
from components.loss.logistic import Logistic
from components.loss.squared import Squared
from components.model.lightgbm import LightGBM
from components.model.linear import Linear
from components.model.naive import Naive
from components.model.ridge import Ridge
from components.values import Samples
from harness import resources

BOOSTED = LightGBM(**LightGBM.examples()[1])
ROWS = 5000
CASES = {
    "linear": (Linear(features=None), Squared()),
    "ridge": (Ridge(penalty=10.0), Squared()),
    "last_value": (Naive(method="last_value"), Squared()),
    "train_mean": (Naive(method="train_mean"), Squared()),
    "squared": (replace(BOOSTED, n_estimators=200, early_stopping_rounds=None), Squared()),
    "huber": (BOOSTED, Huber(delta=0.5)),
    "logistic": (BOOSTED, Logistic()),
    "log_cosh": (BOOSTED, LogCosh(scale=0.5)),
    "one leaf": (replace(BOOSTED, min_child_samples=4000), Squared()),
}


def samples(rows, columns, seed, binary):
    rng = np.random.default_rng(seed)
    # Units as far apart as volumes and returns.
    X_NF = (rng.normal(size=(rows, columns)) * 10.0 ** np.arange(-4, columns - 4) + 1).astype(np.float32)
    y_N = -9 + np.sin(3 * X_NF.sum(axis=1)) + rng.normal(size=rows)
    return Samples.of(
        X_NF=X_NF,
        y_N=(y_N > -9).astype(np.float64) if binary else y_N,
        columns=tuple(f"x{i}" for i in range(columns)),
        timestamps_N=np.datetime64("2020-01-01", "us") + np.arange(rows) * np.timedelta64(1, "D"),
        symbols_N=np.zeros(rows, dtype=np.int32),
    )


def at_thresholds(trees, X_NF):
    """Rows with values exactly at, just below and just above the float32 neighbours of thresholds."""
    rng = np.random.default_rng(0)
    X_NF = X_NF.copy()
    for line in trees.split("\nTree=")[1:]:
        block = dict(entry.split("=", 1) for entry in line.splitlines() if "=" in entry)
        for column, text in zip(
            block.get("split_feature", "").split(), block.get("threshold", "").split(), strict=True
        ):
            value = np.float32(text)
            for near in (
                value,
                np.nextafter(value, np.float32(-np.inf)),
                np.nextafter(value, np.float32(np.inf)),
            ):
                X_NF[rng.integers(len(X_NF), size=3), int(column)] = near
    return X_NF


@pytest.mark.parametrize("name", CASES)
def test_graph_and_files_give_the_forecasts(name):
    model, loss = CASES[name]
    columns = len(model.inputs(tuple("abcdef")))
    train, test = (samples(rows, columns, rows, loss.head.labels == "binary") for rows in (3000, ROWS))
    fitted = model.fit(train, train, loss=loss, seed=0, resources=resources())
    X_NF = at_thresholds(fitted.trees, test.X_NF) if isinstance(model, LightGBM) else test.X_NF
    test = test.with_features(X_NF, test.columns)
    forecast_N1 = fitted.predict(test)
    assert forecast_N1.shape == (ROWS, 1)
    assert np.array_equal(forecast_N1, forecast_N1.astype(np.float32))
    assert np.array_equal(model.from_files(fitted.to_files()).predict(test), forecast_N1)
    session = onnxruntime.InferenceSession(fitted.to_onnx().SerializeToString())
    assert [i.name for i in session.get_inputs()] == ["features"]
    (graph_N1,) = session.run(["forecast"], {"features": X_NF})
    assert graph_N1.dtype == np.float32
    assert graph_N1.shape == (ROWS, 1)
    assert np.array_equal(graph_N1, forecast_N1)
    (nothing,) = session.run(["forecast"], {"features": X_NF[:0]})
    assert nothing.shape == (0, 1)
    assert fitted.predict(test.take(np.arange(0))).shape == (0, 1)


def test_a_column_of_volumes_does_not_cancel_in_a_linear_graph():
    rng = np.random.default_rng(1)
    X_NF = (1e9 + 1e3 * rng.normal(size=(2000, 2))).astype(np.float32)
    train = samples(2000, 2, 0, False).with_features(X_NF, ("x0", "x1"))
    train = train.with_labels((X_NF[:, 0] - X_NF[:, 1]).astype(np.float64) / 1e3)
    fitted = Linear(features=None).fit(train, train, loss=Squared(), seed=0, resources=resources())
    session = onnxruntime.InferenceSession(fitted.to_onnx().SerializeToString())
    (graph_N1,) = session.run(None, {"features": X_NF})
    assert graph_N1[:, 0] == pytest.approx(train.y_N, abs=1e-6)
