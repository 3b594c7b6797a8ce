"""Boosted trees with several outputs, that start from others or share bins; regressions on windows of rows."""

from dataclasses import replace

import lightgbm
import numpy as np
import onnxruntime
import pytest

from components.contracts import Inherited
from components.errors import ContractError
from components.loss.log_cosh import LogCosh
from components.loss.quantile import Quantile
from components.loss.squared import Squared
from components.model.autoregression import Autoregression
from components.model.lightgbm import SAMPLED_ROWS, LightGBM
from components.values import Resources, Samples

BOOSTED = LightGBM(**LightGBM.examples()[0])
LOSS = Quantile(levels=(0.1, 0.5, 0.9), decision=0.5)
ONE = Resources(threads=1, workers=1, device="cpu", precision="float32")


def samples(rows, *, targets=1, columns=4, seed=0, symbols=1):
    """Rows of symbols one after the other; noise grows with the first column."""
    rng = np.random.default_rng(seed)
    X_NF = rng.normal(size=(rows, columns)).astype(np.float32)
    noise_NK = rng.normal(size=(rows, targets)) * np.exp(0.5 * X_NF[:, :1])
    y_NK = X_NF[:, 1:2] * (1 + np.arange(targets)) + noise_NK
    each = rows // symbols
    return Samples.of(
        X_NF=X_NF,
        y_N=y_NK,
        columns=tuple(f"x{i}" for i in range(columns)),
        timestamps_N=np.datetime64("2020-01-01", "us") + np.arange(rows) % each * np.timedelta64(1, "D"),
        symbols_N=(np.arange(rows) // each).astype(np.int32),
    )


def fit(model, train, loss=LOSS, valid=None, threads=1, **handed):
    return model.fit(
        train,
        train if valid is None else valid,
        loss=loss,
        seed=3,
        resources=replace(ONE, threads=threads),
        inherited=Inherited(**handed),
    )


def graph_of(fitted, features):
    session = onnxruntime.InferenceSession(fitted.to_onnx().SerializeToString())
    return session.run(["forecast"], {"features": features})[0]


def test_quantiles_lie_in_order_and_hold_their_share():
    test = samples(4000, seed=1)
    forecast_NO = fit(replace(BOOSTED, n_estimators=60), samples(4000)).predict(test)
    assert forecast_NO.shape == (4000, 3)
    assert (np.diff(forecast_NO, axis=1) >= 0).all()
    share_O = (test.y_NK <= forecast_NO).mean(axis=0)
    assert share_O == pytest.approx([0.1, 0.5, 0.9], abs=0.04)


def test_each_output_is_the_fit_of_its_part_alone_put_in_order():
    train = samples(600, targets=2)
    both_NO = fit(BOOSTED, train).predict(train)
    for target in range(2):
        alone = train.with_labels(train.y_NK[:, [target]])
        parts_NQ = np.column_stack([fit(BOOSTED, alone, part).predict(alone) for part in LOSS.parts])
        assert np.array_equal(both_NO[:, 3 * target : 3 * target + 3], np.sort(parts_NQ, axis=1))


@pytest.mark.parametrize(
    ("loss", "targets"), [(LOSS, 1), (LOSS, 2), (Squared(), 3), (LogCosh(scale=1.0), 2), (LOSS.parts[2], 1)]
)
def test_graph_files_and_threads_give_the_same_forecasts(loss, targets):
    train, test = samples(800, targets=targets), samples(500, seed=5)
    model = replace(BOOSTED, early_stopping_rounds=3)
    fitted = fit(model, train, loss)
    forecast_NO = fitted.predict(test)
    assert forecast_NO.shape == (500, len(loss.parts) * targets)
    assert np.array_equal(graph_of(fitted, test.X_NF), forecast_NO)
    assert np.array_equal(model.from_files(fitted.to_files()).predict(test), forecast_NO)
    assert fit(model, train, loss, threads=2).to_files() == fitted.to_files()
    nothing = test.take(np.empty(0, dtype=np.int64))
    assert fitted.predict(nothing).shape == (0, forecast_NO.shape[1])


def test_every_output_keeps_its_own_number_of_trees():
    train, valid = samples(500), samples(300, seed=2)
    model = replace(BOOSTED, n_estimators=200, early_stopping_rounds=3)
    fitted = fit(model, train, valid=valid)
    counts = [one.trees.count("\nTree=") for one in fitted.sums]
    assert list(fitted.chosen().values()) == counts
    assert len(set(counts)) > 1
    again = fit(model.with_chosen(fitted.chosen()), train, valid=valid.take(np.empty(0, dtype=np.int64)))
    assert [one.trees for one in again.sums] == [one.trees for one in fitted.sums]


@pytest.mark.parametrize("loss", [Squared(), LOSS, LogCosh(scale=1.0)], ids=lambda loss: type(loss).__name__)
def test_a_fit_that_goes_on_is_the_whole_sum(loss):
    train, more, test = samples(500), samples(700, seed=1), samples(300, seed=2)
    model = replace(BOOSTED, bagging_fraction=1.0, warm_start="previous_fold")
    first = fit(model, train, loss)
    second = fit(model, more, loss, start=first.to_files())
    third = fit(model, test, loss, start=second.to_files())
    assert np.mean((second.predict(more)[:, 0] - first.predict(more)[:, 0]) ** 2) > 0
    sums = third.sums if hasattr(third, "sums") else (third,)
    assert {len(one.texts) for one in sums} == {3}
    assert np.array_equal(graph_of(third, test.X_NF), third.predict(test))
    assert np.array_equal(model.from_files(third.to_files()).predict(test), third.predict(test))
    assert third.chosen() == {}


def test_going_on_is_what_lightgbm_itself_calls_so():
    train, more = samples(500), samples(700, seed=1)
    model = replace(BOOSTED, bagging_fraction=1.0, feature_fraction=1.0)
    first = fit(model, train, Squared())
    second = fit(model, more, Squared(), start=first.to_files())
    params = {**model._params(3, 1), **Squared().native("lightgbm")}
    data = lightgbm.Dataset(more.X_NF, more.y_N, params=params)
    oracle = lightgbm.train(params, data, 20, init_model=lightgbm.Booster(model_str=first.trees))
    assert second.predict(more)[:, 0] == pytest.approx(oracle.predict(more.X_NF), rel=1e-6)


def thresholds(fitted):
    return {
        (feature, value)
        for block in fitted.trees.split("\nTree=")[1:]
        for line in [dict(each.split("=", 1) for each in block.splitlines() if "=" in each)]
        for feature, value in zip(line["split_feature"].split(), line["threshold"].split(), strict=True)
    }


def test_fits_that_share_bins_cut_at_the_same_places():
    common, first, second = samples(400), samples(500, seed=1), samples(500, seed=2)
    model = replace(BOOSTED, max_bin=16, n_estimators=100, shared_bins=True)
    shared = model.prepare(common, seed=0)
    cut = [thresholds(fit(model, each, Squared(), shared=shared)) for each in (first, second)]
    alone = [thresholds(fit(model, each, Squared())) for each in (first, second)]
    assert len(cut[0] | cut[1]) <= 4 * 16 < len(alone[0] | alone[1])
    assert len(cut[0] & cut[1]) > 20
    assert len(alone[0] & alone[1]) <= 2 * 4  # the edges next to 0, which LightGBM always has
    assert model.prepare(common, seed=0) == shared
    many = samples(SAMPLED_ROWS + 10, columns=1)
    assert len(model.prepare(many, seed=0)["bins.npy"]) < 4 * SAMPLED_ROWS + 1000


def test_a_pooled_fit_cannot_stop_early():
    assert replace(BOOSTED, warm_start="pooled").flaws() == ()
    assert replace(BOOSTED, warm_start="pooled", early_stopping_rounds=5).flaws() == (
        "a pooled fit has no valid rows to stop early on; set its early_stopping_rounds to null",
    )


def slow_windows(data, window_rows):
    """(N, L x F) row by row, with plain loops."""
    block = data.block
    return np.array(
        [np.concatenate([block.values_RF[row - lag] for lag in range(window_rows - 1, -1, -1)]) for row in data.rows_N],
        dtype=np.float64,
    )


def test_an_autoregression_is_ridge_regression_on_flattened_windows():
    window_rows, penalty = 3, 7.0
    data = samples(120, symbols=2, targets=2)
    data = data.take(np.flatnonzero(np.arange(120) % 60 >= window_rows - 1))
    model = Autoregression(window_rows=window_rows, penalty=penalty)
    fitted = fit(model, data, Squared())
    X_NG = slow_windows(data, window_rows)
    Z_NG = (X_NG - X_NG.mean(axis=0)) / X_NG.std(axis=0)
    slopes_GK = np.linalg.solve(Z_NG.T @ Z_NG + penalty * np.eye(12), Z_NG.T @ (data.y_NK - data.y_NK.mean(axis=0)))
    assert fitted.predict(data) == pytest.approx(Z_NG @ slopes_GK + data.y_NK.mean(axis=0), rel=1e-5, abs=1e-6)
    assert np.array_equal(graph_of(fitted, data.windows(window_rows)), fitted.predict(data))
    assert np.array_equal(model.from_files(fitted.to_files()).predict(data), fitted.predict(data))
    nothing = data.take(np.empty(0, dtype=np.int64))
    assert graph_of(fitted, nothing.windows(window_rows)).shape == fitted.predict(nothing).shape == (0, 2)


def test_a_row_without_enough_past_is_no_sample():
    data = samples(60, symbols=2)
    with pytest.raises(ContractError) as error:
        fit(Autoregression(window_rows=20, penalty=1.0), data, Squared())
    assert str(error.value) == (
        "38 of 60 rows have fewer than 20 rows of their symbol up to them; such rows are no samples"
    )
