"""Laws of models: a fit is a function of its arguments, and a forecast of its own row."""

from dataclasses import replace
from typing import Any

import numpy as np

from components.contracts import FittedModel, Inherited, Model
from components.errors import ConfigError, ContractError, DataError
from components.values import Samples
from runner.testing.data import RESOURCES, arrays, same, snapshot
from runner.testing.fits import FEATURES, Task, alone, first_task, tasks
from runner.testing.law import law, require


@law
def deterministic(model: Model) -> None:
    """Same arguments, same bytes; and the files give the same forecasts back, to the bit."""
    for task in tasks(model):
        one, other = task.fit(), task.fit()
        require(one.to_files() == other.to_files(), "two fits with the same arguments and seed differ")
        restored = model.from_files(one.to_files())
        require(same(task.forecast(one), task.forecast(restored)), "its files forecast otherwise than the fitted model")
        require(restored.to_files() == one.to_files(), "read back and written again, its files are others")


@law
def threads(model: Model) -> None:
    """Threads change no byte: a run on another machine must find the same cache."""
    task = first_task(model)
    one = task.fit().to_files()
    for threads, words in ((2, "two threads"), (0, "all threads (0)")):
        other = task.fit(resources=replace(RESOURCES, threads=threads)).to_files()
        require(one == other, f"{words} fit another model than one")


@law
def input_unchanged(model: Model) -> None:
    """Fitting and forecasting change none of the rows: they belong to the next stage as well."""
    task = first_task(model)
    other = task.other
    before = snapshot(task.train, task.valid, other)
    task.fit().predict(other)
    require(before == snapshot(task.train, task.valid, other), "it changes the samples that it is given")


@law
def forecasts(model: Model) -> None:
    """(N, O) finite float64 forecasts: for each target, what the loss's head asks for; none of no rows."""
    for task in tasks(model):
        fitted = task.fit()
        found_NO = task.forecast(fitted)
        expected = (len(task.other), len(task.loss.head.outputs({"target": 1})))
        require(found_NO.shape == expected, f"its forecasts have shape {found_NO.shape}, the head asks for {expected}")
        require(found_NO.dtype == np.float64 and np.isfinite(found_NO).all(), "its forecasts are not finite float64")
        if task.loss.head.statistic == "probability":
            require((found_NO >= 0).all() and (found_NO <= 1).all(), "its probabilities leave 0 .. 1")
        empty = fitted.predict(task.other.take(np.arange(0)))
        require(empty.shape == (0, expected[1]), f"of no rows its forecasts have shape {empty.shape}")


@law
def rows_alone(model: Model) -> None:
    """A row's forecast is the same alone as among others, for it is made alone when it is traded."""
    task = first_task(model)
    fitted, other = task.fit(), task.other
    together_NO = fitted.predict(other)
    for row in (0, 7, len(other) - 1):
        found = fitted.predict(alone(model, other, row))
        close = np.allclose(found[0], together_NO[row], rtol=1e-6, atol=1e-9)
        require(close, "a row's forecast depends on other rows of its batch, or further back than lookback_rows")


@law
def row_order(model: Model) -> None:
    """The order of the train rows decides nothing, unless it declares that it draws rows by their place."""
    task = first_task(model)
    if model.draws_rows:
        return
    shuffled = task.train.take(np.random.default_rng(0).permutation(len(task.train)))
    one, other = task.forecast(task.fit()), task.forecast(task.fit(shuffled))
    spread = float(np.std(one)) + 1e-12
    require(
        np.allclose(one, other, rtol=1e-4, atol=1e-3 * spread), "another order of the train rows fits another model"
    )


@law
def valid_rows(model: Model) -> None:
    """Valid rows only stop a fit or choose among fits: what they decided (`chosen`) refits without any."""
    task = first_task(model)
    fitted = task.fit()
    told = fitted.chosen()
    require(all(np.isfinite(value) for value in told.values()), "chosen() names a value that is not finite")
    none = task.valid.take(np.arange(0))
    refitted = replace(task, model=model.with_chosen(told)).fit(valid=none)
    if told:
        return
    require(
        refitted.to_files() == fitted.to_files(),
        "valid rows change the fit, and chosen() does not say what they decided",
    )


@law
def survives(model: Model) -> None:
    """Little and degenerate data: a finite forecast, or a DataError that says what to do."""
    task = first_task(model)
    one_symbol = np.flatnonzero(task.train.symbols_N == task.train.symbols_N[0])
    for what, train in (
        ("one train row", task.train.take(np.arange(1))),
        ("no train rows", task.train.take(np.arange(0))),
        ("one symbol", task.train.take(one_symbol)),
        ("constant labels", task.train.with_labels(np.ones_like(task.train.y_NK))),
        ("a constant column", _constant(task.train)),
    ):
        _finite_or_refused(task, train, what)


def _constant(train: Samples) -> Samples:
    if not train.columns:
        return train
    values_RF = train.block.values_RF.copy()
    values_RF[:, 0] = 1.0
    return replace(train, block=replace(train.block, values_RF=values_RF, _selected={}))


def _finite_or_refused(task: Task, train: Samples, what: str) -> None:
    try:
        found = task.forecast(task.fit(train))
    except (DataError, ConfigError):
        return
    except Exception as error:
        require(False, f"with {what} it raises {type(error).__name__}: {error}; raise DataError with a remedy")
    require(np.isfinite(found).all(), f"with {what} its forecasts are not finite")


@law
def exports(model: Model) -> None:
    """Its ONNX graph gives its forecasts; a model that has none says so with a ContractError."""
    for task in tasks(model):
        fitted, other = task.fit(), task.other
        try:
            graph = fitted.to_onnx()
        except ContractError:
            return
        found = _run(graph, other.X_NF if model.lookback_rows == 1 else other.windows(model.lookback_rows))
        require(
            np.allclose(found, fitted.predict(other), rtol=1e-5, atol=1e-6), "its graph forecasts otherwise than it"
        )


def _run(graph: Any, features: Any) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return session.run(["forecast"], {"features": features})[0]


@law
def inherits(model: Model) -> None:
    """What it shares between folds and what it starts from is declared, and used alike twice."""
    task = first_task(model)
    if not model.shares and model.starts_from == "nothing":
        return
    shared = model.prepare(task.train, seed=task.seed) if model.shares else None
    require(shared is None or shared, "it declares `shares` and prepares nothing")
    require(
        shared is None or shared == model.prepare(task.train, seed=task.seed), "it prepares something else each time"
    )
    starts = model.starts_from != "nothing"
    start = task.fit(_half(task.train), inherited=Inherited(shared=shared)).to_files() if starts else None
    handed = Inherited(shared=shared, start=start)
    one, other = (task.fit(inherited=handed).to_files() for _ in range(2))
    require(one == other, "two fits from the same start differ")


def _half(train: Samples) -> Samples:
    return train.take(np.arange(0, len(train), 2))


@law
def columns(model: Model) -> None:
    """It reads columns that there are, and at least one row of its symbol."""
    from components.contracts import LAST_LABEL

    unknown = set(model.inputs(FEATURES)) - {*FEATURES, LAST_LABEL}
    require(not unknown, f"inputs() names {', '.join(sorted(unknown))}, which nobody offers")
    require(model.lookback_rows >= 1, f"lookback_rows is {model.lookback_rows}; a forecast reads its own row at least")


@law
def files(model: Model) -> None:
    """Files are named bytes that hold no pickle: a bundle executes nothing when it is opened."""
    fitted: FittedModel = first_task(model).fit()
    for name, content in fitted.to_files().items():
        require(isinstance(content, bytes), f"to_files() gives a {type(content).__name__} as {name}")
        require(
            not content.startswith(b"\x80\x04") and not content.startswith(b"\x80\x05"), f"the file {name} is a pickle"
        )
    require(not [name for name, array in arrays(fitted).items() if array.dtype == object], "it keeps arrays of objects")
