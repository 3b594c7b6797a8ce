"""LightGBM: its objectives against torch's derivatives, determinism, silence, every parameter."""

import subprocess
import sys
from dataclasses import fields, replace

import lightgbm
import numpy as np
import pytest

from components.errors import ConfigError, DataError
from components.loss.huber import Huber
from components.loss.log_cosh import LogCosh
from components.loss.logistic import Logistic
from components.loss.squared import Squared
from components.model._autograd import TorchObjective, derivatives, mean_loss
from components.model.lightgbm import LightGBM
from components.values import Samples
from harness import resources

LOSSES = [Squared(), Huber(delta=0.5), Logistic(), LogCosh(scale=0.5)]
MODEL = LightGBM(
    n_estimators=20,
    learning_rate=0.1,
    num_leaves=7,
    min_child_samples=5,
    max_bin=63,
    feature_fraction=0.8,
    bagging_fraction=0.8,
    lambda_l2=1.0,
    early_stopping_rounds=3,
    warm_start="nothing",
    shared_bins=False,
)


def samples(rows, seed=0, binary=False, columns=5):
    rng = np.random.default_rng(seed)
    X_NF = rng.normal(size=(rows, columns)).astype(np.float32)
    y_N = np.sin(2 * X_NF[:, 0]) + X_NF[:, 1] * X_NF[:, 2] + 0.3 * rng.standard_t(3, size=rows)
    return Samples.of(
        X_NF=X_NF,
        y_N=(y_N > 0).astype(np.float64) if binary else y_N,
        columns=tuple(f"x{i}" for i in range(columns)),
        timestamps_N=np.datetime64("2020-01-01", "us") + np.arange(rows) * np.timedelta64(1, "D"),
        symbols_N=np.zeros(rows, dtype=np.int32),
    )


def fit(model, loss, rows=600, seed=1, threads=1, binary=None):
    binary = loss.head.labels == "binary" if binary is None else binary
    train, valid = samples(rows, binary=binary), samples(300, seed=1, binary=binary)
    return model.fit(train, valid, loss=loss, seed=seed, resources=resources(threads))


NATIVE = [Squared(), Huber(delta=0.5), Logistic()]


@pytest.mark.parametrize("loss", NATIVE, ids=lambda loss: type(loss).__name__)
def test_native_objective_has_our_gradient(loss):
    train = samples(600, binary=loss.head.labels == "binary")

    def through_torch(score_N, data):
        gradient_N, hessian_N = derivatives(loss, score_N, data.get_label())
        # For Huber's loss LightGBM takes the curvature of the centre everywhere.
        return gradient_N, np.ones_like(hessian_N) if isinstance(loss, Huber) else hessian_N

    # Drawn rows and columns would differ: a callable objective draws its random numbers otherwise.
    whole = replace(MODEL, bagging_fraction=1.0, feature_fraction=1.0)
    params = {**whole._params(seed=1, threads=1), **loss.native("lightgbm"), "boost_from_average": False}
    native, autograd = (
        lightgbm.train(each, lightgbm.Dataset(train.X_NF, train.y_N, params=each), 20).predict(
            train.X_NF, raw_score=True
        )
        for each in (params, {**params, "objective": through_torch})
    )
    assert np.std(native) > 0.1
    assert autograd == pytest.approx(native, abs=1e-4)


@pytest.mark.parametrize("loss", NATIVE, ids=lambda loss: type(loss).__name__)
def test_native_metric_is_our_mean_loss(loss):
    binary = loss.head.labels == "binary"
    train, valid = samples(600, binary=binary), samples(300, seed=1, binary=binary)
    params = {**MODEL._params(seed=1, threads=1), **loss.native("lightgbm")}
    data = lightgbm.Dataset(train.X_NF, train.y_N, params=params)
    held_out = lightgbm.Dataset(valid.X_NF, valid.y_N, params=params, reference=data)
    history = {}
    booster = lightgbm.train(params, data, 10, valid_sets=[held_out], callbacks=[lightgbm.record_evaluation(history)])
    (reported,) = history["valid_0"].values()
    score_N = booster.predict(valid.X_NF, raw_score=True)
    factor = 2 if isinstance(loss, Squared) else 1
    assert reported[-1] == pytest.approx(factor * mean_loss(loss, score_N, valid.y_N), rel=1e-6)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_same_bytes_for_same_arguments_and_any_number_of_threads(loss):
    first, again, two = (fit(MODEL, loss, rows=2500, threads=threads).to_files() for threads in (1, 1, 2))
    assert first == again == two
    assert fit(MODEL, loss, rows=2500, seed=2).to_files() != first


def test_train_and_valid_are_left_as_they_are():
    train, valid = samples(300), samples(100, seed=1)
    copies = [array.copy() for data in (train, valid) for array in (data.X_NF, data.y_N)]
    MODEL.fit(train, valid, loss=LogCosh(scale=1.0), seed=0, resources=resources())
    for before, after in zip(copies, [train.X_NF, train.y_N, valid.X_NF, valid.y_N], strict=True):
        assert np.array_equal(before, after)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_it_prints_nothing(loss, capfd):
    fitted = fit(replace(MODEL, n_estimators=3), loss)
    MODEL.from_files(fitted.to_files()).predict(samples(10))
    constant = samples(300)
    constant = constant.with_labels(np.zeros(300))
    MODEL.fit(constant, constant, loss=loss, seed=0, resources=resources())
    assert capfd.readouterr() == ("", "")


CHANGES = {
    "n_estimators": 5,
    "learning_rate": 0.05,
    "num_leaves": 4,
    "min_child_samples": 100,
    "max_bin": 8,
    "feature_fraction": 0.4,
    "bagging_fraction": 0.5,
    "lambda_l2": 50.0,
    "early_stopping_rounds": None,
}
BETWEEN_FOLDS = {"warm_start": "pooled", "shared_bins": True}


@pytest.mark.parametrize("name", [field.name for field in fields(LightGBM) if field.name not in BETWEEN_FOLDS])
def test_every_parameter_matters(name):
    # High learning rate and noise: early stopping happens, too.
    base = replace(MODEL, learning_rate=0.5, n_estimators=40)
    changed = replace(base, **{name: CHANGES[name]})
    first, second = (fit(model, Squared()).to_files() for model in (base, changed))
    assert first != second


def test_what_acts_between_folds_is_told_to_whoever_walks_through_them():
    changed = replace(MODEL, **BETWEEN_FOLDS)
    assert (MODEL.starts_from, MODEL.shares) == ("nothing", False)
    assert (changed.starts_from, changed.shares) == ("pooled", True)


def test_it_learns_and_early_stopping_keeps_the_best_trees():
    model = replace(MODEL, n_estimators=300, learning_rate=0.3)
    test = samples(2000, seed=9)
    stopped, full = (
        fit(replace(model, early_stopping_rounds=rounds), Squared()).predict(test)[:, 0] for rounds in (20, None)
    )
    mse_stopped, mse_full = (np.mean((f - test.y_N) ** 2) for f in (stopped, full))
    assert mse_stopped < mse_full < np.var(test.y_N)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: type(loss).__name__)
def test_a_constant_label_is_forecast_everywhere(loss):
    train = samples(200)
    train = train.with_labels(np.full(200, 1.0))
    fitted = MODEL.fit(train, train, loss=loss, seed=0, resources=resources())
    assert fitted.predict(train)[:, 0] == pytest.approx(np.ones(200), abs=1e-6)


def test_log_cosh_starts_at_its_minimum_and_withstands_wild_labels():
    loss = LogCosh(scale=0.5)
    y_N = np.concatenate([np.zeros(90), np.full(10, 1e4)])
    start = TorchObjective.of(loss, y_N).start
    gradient_N, _ = derivatives(loss, np.full(100, start), y_N)
    assert abs(gradient_N.sum()) < 1e-3
    train = samples(600)
    wild = train.with_labels(np.where(np.arange(600) % 50 == 0, 1e4, train.y_N))
    forecast = MODEL.fit(wild, train, loss=loss, seed=0, resources=resources()).predict(train)[:, 0]
    assert np.mean((forecast - train.y_N) ** 2) < np.var(train.y_N)


def test_no_rows_are_errors_of_the_data():
    train, nothing = samples(50), samples(50).take(np.arange(0))
    with pytest.raises(DataError) as error:
        MODEL.fit(train.take(np.arange(1)), train, loss=Squared(), seed=0, resources=resources())
    assert str(error.value) == (
        "the train span has 1 rows, of which model.bagging_fraction = 0.8 draws none; use a longer history"
    )
    with pytest.raises(DataError, match=r"^the train span has 0 rows"):
        MODEL.fit(nothing, train, loss=Squared(), seed=0, resources=resources())
    with pytest.raises(DataError) as error:
        MODEL.fit(train, nothing, loss=Squared(), seed=0, resources=resources())
    assert str(error.value) == ("the valid span has no rows to stop early on; set model.early_stopping_rounds: null")
    replace(MODEL, early_stopping_rounds=None).fit(train, nothing, loss=Squared(), seed=0, resources=resources())


def test_a_missing_torch_is_said_in_one_line(monkeypatch):
    monkeypatch.setattr("components.optional._installed", lambda name: name != "torch")
    install = f"{sys.executable} -m pip install 'assay-runner[torch]'"
    assert MODEL.supports(Squared()) is None
    assert MODEL.supports(LogCosh(scale=1.0)) == f"this loss only through torch, not installed; {install}"
    with pytest.raises(ConfigError) as error:
        fit(MODEL, LogCosh(scale=1.0))
    assert str(error.value) == (
        f"loss: LightGBM minimises LogCosh through torch, not installed; {install}; "
        "or choose a loss that LightGBM has itself, such as squared, huber or logistic"
    )


def test_native_losses_never_import_torch():
    script = """
import sys
import numpy as np
from components.loss.huber import Huber
from components.loss.logistic import Logistic
from components.loss.squared import Squared
from components.model.lightgbm import LightGBM
from components.values import Resources, Samples
rng = np.random.default_rng(0)
data = Samples.of(
    X_NF=rng.normal(size=(200, 2)).astype(np.float32), y_N=rng.integers(2, size=200).astype(float),
    columns=("a", "b"),
    timestamps_N=np.arange(200).astype("datetime64[D]"),
    symbols_N=np.zeros(200, np.int32),
)
model = LightGBM(**LightGBM.examples()[1])
resources = Resources(threads=1, workers=1, device="cpu", precision="float32")
for loss in (Squared(), Huber(delta=1.0), Logistic()):
    assert model.supports(loss) is None
    model.fit(data, data, loss=loss, seed=0, resources=resources).to_onnx()
print("torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("False\n", "")
