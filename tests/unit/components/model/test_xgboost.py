"""XGBoost: the trees of the library, summed in float64; graphs of our own, also of what converters get wrong."""

from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
import xgboost

from components.errors import DataError
from components.loss.huber import Huber
from components.loss.log_cosh import LogCosh
from components.loss.logistic import Logistic
from components.loss.quantile import Quantile
from components.loss.squared import Squared
from components.model.xgboost import XGBoost
from components.seeds import derive
from components.values import Samples
from harness import resources

BOOSTED = XGBoost(**XGBoost.examples()[0])
SQUARED = Squared()


def samples(rows, *, seed=0, targets=1, binary=False):
    rng = np.random.default_rng(seed)
    X_NF = rng.normal(size=(rows, 4)).astype(np.float32)
    y_NK = X_NF[:, :1] + np.sin(3 * X_NF[:, 1:2]) * np.arange(1, targets + 1) + rng.normal(size=(rows, targets))
    return Samples.of(
        X_NF=X_NF,
        y_N=(y_NK > 0).astype(np.float64) if binary else y_NK,
        columns=("a", "b", "c", "d"),
        timestamps_N=np.datetime64("2020-01-01", "us") + np.arange(rows) * np.timedelta64(1, "m"),
        symbols_N=np.zeros(rows, dtype=np.int32),
    )


def fit(model, train, loss=SQUARED, valid=None, threads=1):
    valid = train.take(np.arange(0)) if valid is None else valid
    return model.fit(train, valid, loss=loss, seed=3, resources=resources(threads))


def graph(fitted, other):
    session = onnxruntime.InferenceSession(fitted.to_onnx().SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(["forecast"], {"features": other.X_NF})[0]


def by_hand(train, **settings):
    params = {
        "tree_method": "hist",
        "learning_rate": 0.1,
        "max_depth": 3,
        "min_child_weight": 5,
        "max_bin": 63,
        "subsample": 0.8,
        "colsample_bytree": 0.8,
        "seed": derive(3, "xgboost"),
        "nthread": 1,
        **settings,
    }
    rows = xgboost.QuantileDMatrix(train.X_NF, label=train.y_N, max_bin=63)
    return xgboost.train(params, rows, 20)


@pytest.mark.parametrize(
    ("loss", "settings"),
    [
        (SQUARED, {"objective": "reg:squarederror"}),
        (Logistic(), {"objective": "binary:logistic"}),
        (Quantile(levels=(0.2,), decision=0.2), {"objective": "reg:quantileerror", "quantile_alpha": 0.2}),
    ],
)
def test_it_is_the_library_by_hand(loss, settings):
    binary = isinstance(loss, Logistic)
    train, other = samples(500, binary=binary), samples(100, seed=1)
    expected = by_hand(train, **settings).predict(xgboost.DMatrix(other.X_NF))
    assert fit(BOOSTED, train, loss).predict(other)[:, 0] == pytest.approx(expected, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize(
    "loss",
    [
        SQUARED,
        Logistic(),
        Huber(delta=0.5),
        LogCosh(scale=0.5),
        Quantile(levels=(0.1, 0.5, 0.9), decision=0.5),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_its_graph_forecasts_what_it_does_to_the_last_bit_but_ties(loss):
    train, other = samples(400, binary=isinstance(loss, Logistic)), samples(500, seed=1)
    fitted = fit(BOOSTED, train, loss)
    assert graph(fitted, other) == pytest.approx(fitted.predict(other), rel=3e-7)


def test_rows_on_a_threshold_go_where_the_trees_sent_them():
    train = samples(400)
    fitted = fit(BOOSTED, train)
    thresholds = [tree.threshold_S for tree in fitted.boosters[0].trees(0)]
    values = np.concatenate(thresholds)[:200].astype(np.float32)
    on_them = train.take(np.arange(len(values))).with_features(np.repeat(values[:, None], 4, axis=1), train.columns)
    assert graph(fitted, on_them) == pytest.approx(fitted.predict(on_them), rel=3e-7)


def test_quantiles_do_not_cross_and_each_is_a_sum_of_its_own():
    train, other = samples(600, targets=2), samples(200, seed=1)
    fitted = fit(BOOSTED, train, Quantile(levels=(0.1, 0.5, 0.9), decision=0.5))
    values_NO = fitted.predict(other)
    assert values_NO.shape == (200, 6)
    assert (np.diff(values_NO.reshape(200, 2, 3), axis=2) >= 0).all()
    inside = (train.y_NK > fitted.predict(train)[:, [0, 3]]) & (train.y_NK < fitted.predict(train)[:, [2, 5]])
    assert inside.mean() == pytest.approx(0.8, abs=0.12)


def test_valid_rows_decide_the_number_of_trees_and_a_later_fit_is_told():
    early = replace(BOOSTED, n_estimators=300, bagging_fraction=1.0, learning_rate=0.5, early_stopping_rounds=5)
    fitted = fit(early, samples(300), valid=samples(300, seed=1))
    (count,) = fitted.chosen().values()
    assert 1 <= count < 100
    again = fit(early.with_chosen(fitted.chosen()), samples(300))
    assert (again.predict(samples(50, seed=2)) == fitted.predict(samples(50, seed=2))).all()


def test_a_loss_through_torch_stops_early_too():
    early = replace(BOOSTED, n_estimators=100, learning_rate=0.5, early_stopping_rounds=3)
    fitted = fit(early, samples(300), LogCosh(scale=1.0), valid=samples(300, seed=1))
    assert fitted.boosters[0].n_trees < 100


def test_threads_change_no_byte():
    train = samples(60_000)
    small = replace(BOOSTED, n_estimators=4)
    assert fit(small, train).to_files() == fit(small, train, threads=2).to_files()


def test_a_monotone_feature_only_raises_the_forecast():
    train = samples(500)
    fitted = fit(replace(BOOSTED, monotone={"b": 1}), train)
    row_NF = np.zeros((50, 4), dtype=np.float32)
    row_NF[:, 1] = np.linspace(-3, 3, 50)
    forecast_N = fitted.predict(train.take(np.arange(50)).with_features(row_NF, train.columns))[:, 0]
    assert (np.diff(forecast_N) >= 0).all()
    assert forecast_N[-1] > forecast_N[0]


def test_a_monotone_feature_that_is_none_is_named():
    with pytest.raises(DataError, match=r"^model.monotone names z, which is no feature; it reads a, b, c, d$"):
        fit(replace(BOOSTED, monotone={"z": 1}), samples(50))


def test_without_valid_rows_nothing_stops_early():
    with pytest.raises(DataError, match=r"^the valid span has no rows to stop early on; set model\.early_stopping"):
        fit(replace(BOOSTED, early_stopping_rounds=3), samples(50))
