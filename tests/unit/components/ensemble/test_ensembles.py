"""Ensembles: what is fitted on what, weights, nesting, files and graphs."""

from dataclasses import dataclass, replace

import numpy as np
import onnxruntime
import pytest

from components.contracts import LAST_LABEL
from components.ensemble.bagging import Bagging
from components.ensemble.blend import Blend
from components.ensemble.single import Single
from components.errors import DataError
from components.loss.huber import Huber
from components.loss.squared import Squared
from components.model.lightgbm import LightGBM
from components.model.linear import Linear
from components.model.naive import Naive
from components.model.ridge import Ridge
from components.seeds import derive
from components.values import Samples
from harness import resources

FEATURES = ("a", "b", "c", "d")
TREES = LightGBM(**LightGBM.examples()[0])
RIDGE = Ridge(penalty=1.0)
LAST = Naive(method="last_value")
BAGGING = Bagging(n_members=3, sample_fraction=0.8, block_bars=5)
BLEND = Blend(
    models={"few": Linear(features=("c", "a")), "last": LAST, "mean": Naive(method="train_mean")},
    weighting="inverse_mse",
)


def samples(columns, times=300, symbols=2, seed=0):
    rng = np.random.default_rng(seed)
    rows = times * symbols
    X_NF = rng.normal(size=(rows, len(columns))).astype(np.float32)
    signal_N = np.sin(X_NF[:, :1]).sum(axis=1) + 0.5 * X_NF[:, -1:].sum(axis=1)
    return Samples.of(
        X_NF=X_NF,
        y_N=signal_N + 0.1 * rng.normal(size=rows) - 9,
        columns=columns,
        timestamps_N=np.tile(np.datetime64("2020-01-01", "us") + np.arange(times) * np.timedelta64(1, "D"), symbols),
        symbols_N=np.repeat(np.arange(symbols, dtype=np.int32), times),
    )


def fit(model, seed=0, threads=1):
    columns = model.inputs(FEATURES)
    train, valid = samples(columns), samples(columns, times=100, seed=1)
    return model.fit(train, valid, loss=Squared(), seed=seed, resources=resources(threads))


CASES = {
    "single": Single().around(TREES),
    "bagging": BAGGING.around(TREES),
    "blend": BLEND.around(TREES),
    "bagged blend": BAGGING.around(BLEND.around(RIDGE)),
    "blended bags": Blend(models={"bags": BAGGING.around(RIDGE)}, weighting="equal").around(LAST),
    "no column at all": BAGGING.around(Naive(method="train_mean")),
}


@pytest.mark.parametrize("name", CASES)
def test_graph_and_files_give_the_forecasts(name):
    model = CASES[name]
    fitted, again = fit(model), fit(model, threads=2)
    test = samples(model.inputs(FEATURES), times=2500, seed=2)
    forecast_N1 = fitted.predict(test)
    assert fitted.to_files() == again.to_files()
    assert np.array_equal(model.from_files(fitted.to_files()).predict(test), forecast_N1)
    session = onnxruntime.InferenceSession(fitted.to_onnx().SerializeToString())
    (graph_N1,) = session.run(["forecast"], {"features": test.X_NF})
    assert np.array_equal(graph_N1, forecast_N1)


def test_single_is_the_model_itself():
    assert Single().around(TREES) is TREES


def test_columns_are_the_union_in_the_order_of_the_features():
    assert BAGGING.around(LAST).inputs(FEATURES) == (LAST_LABEL,)
    assert BLEND.around(LAST).inputs(FEATURES) == ("a", "c", LAST_LABEL)
    assert BLEND.around(RIDGE).inputs(FEATURES) == (*FEATURES, LAST_LABEL)
    assert BLEND.members() == BLEND.models
    assert BAGGING.members() == {}


def test_bagging_is_the_mean_of_fits_on_time_blocks_with_derived_seeds():
    model = BAGGING.around(RIDGE)
    train, test = samples(FEATURES), samples(FEATURES, seed=3)
    forecasts = []
    for number in (1, 2, 3):
        member_seed = derive(7, "member", f"bag_{number}")
        starts = np.random.default_rng(derive(member_seed, "sample")).integers(300 - 5 + 1, size=48)
        rows = [row for start in starts for row in range(len(train)) if start <= row % 300 < start + 5]
        member = RIDGE.fit(train.take(np.array(rows)), train, loss=Squared(), seed=member_seed, resources=resources())
        forecasts.append(member.predict(test))
    fitted = model.fit(train, train, loss=Squared(), seed=7, resources=resources())
    assert fitted.predict(test) == pytest.approx(np.mean(forecasts, axis=0), abs=1e-6)
    assert np.ptp(forecasts, axis=0).min() > 0


def test_bagging_parameters_matter_and_seeds_too():
    base = fit(BAGGING.around(RIDGE)).to_files()
    for change in ({"n_members": 2}, {"sample_fraction": 0.5}, {"block_bars": 10}):
        assert fit(replace(BAGGING, **change).around(RIDGE)).to_files() != base
    assert fit(BAGGING.around(RIDGE), seed=1).to_files() != base


def test_weights_of_a_blend():
    train, valid = samples(("a",), times=50), samples(("a",), times=20, seed=1)
    exact = valid.with_labels(valid.y_N)

    def weights(weighting, forecasts_MN):
        return Blend(models={"m": RIDGE}, weighting=weighting).around(RIDGE).weights(forecasts_MN, exact)

    off_by_one_and_two = np.array([valid.y_N + 1, valid.y_N - 2])
    assert weights("equal", off_by_one_and_two).tolist() == [0.5, 0.5]
    assert weights("inverse_mse", off_by_one_and_two) == pytest.approx([0.8, 0.2])
    perfect = np.array([valid.y_N, valid.y_N - 2])
    assert weights("inverse_mse", perfect) == pytest.approx([1, 0])
    model = Blend(models={"m": RIDGE}, weighting="inverse_mse").around(RIDGE)
    with pytest.raises(DataError) as error:
        model.fit(train, valid.take(np.arange(0)), loss=Squared(), seed=0, resources=resources())
    assert str(error.value) == "the valid span has no rows to weight the models by; set ensemble.weighting: equal"


def test_a_train_span_shorter_than_a_block_is_an_error_of_the_data():
    with pytest.raises(DataError) as error:
        fit(Bagging(n_members=2, sample_fraction=1.0, block_bars=301).around(RIDGE))
    assert str(error.value) == (
        "the train span has 300 decision times, fewer than one block of ensemble.block_bars = 301; "
        "use a longer history or shorter blocks"
    )


def test_a_member_that_cannot_minimise_the_loss_is_named():
    model = Blend(models={"ridge": RIDGE}, weighting="equal").around(TREES)
    assert model.supports(Squared()) is None
    assert model.supports(Huber(delta=1.0)) == "the squared error only (loss=squared) (member 'ridge')"


@dataclass(frozen=True, kw_only=True)
class Watching(Ridge):
    """Refuses what it did not ask for."""

    def fit(self, train, valid, **arguments):
        assert train.columns == valid.columns == FEATURES
        assert train.X_NF.shape[1] == 4
        return super().fit(train, valid, **arguments)


def test_members_see_their_own_columns_only():
    fit(BLEND.around(Watching(penalty=1.0)))
