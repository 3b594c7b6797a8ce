"""The stages of one experiment, each looked up in the store before it is computed.

Two halves: `prepare` does everything before anything is fitted, `execute` the rest; the trial is
recorded in between.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np

from components.contracts import Model, Preprocessor
from components.expressions import Node, to_text
from components.panel import Panel
from components.portfolio.benchmark import benchmark_weights
from components.preprocess.none import NoPreprocessing
from components.values import BacktestResult, Finding, Float, Fold, PriceGrid, Time
from runner.compute.bars import corner, visible_bars
from runner.compute.calibrate import calibrate
from runner.compute.decisions import decide_weights, price_grid
from runner.compute.features import FeatureTable, input_expressions
from runner.compute.folds import make_folds
from runner.compute.forecast import Forecasts, walk_forward
from runner.compute.forms import BACKTEST, FORECASTS, LABELS
from runner.compute.identity import code_of, keyed
from runner.compute.samples import Design
from runner.compute.target import Labels, compute_labels, parsed_target
from runner.specification.experiment import Experiment
from runner.storage.formats import Format
from runner.storage.incremental import load_features
from runner.storage.keys import code_fingerprint, content_hash, stage_key
from runner.storage.store import Store

T = TypeVar("T")


class Stage(Protocol):
    """A stage while it runs: `cached` is set where its result was found, `seconds` when it ends."""

    cached: bool
    seconds: float


class Progress(Protocol):
    """Shows the stages of a run."""

    def stage(self, name: str) -> AbstractContextManager[Stage]: ...


@dataclass(frozen=True, kw_only=True, eq=False)
class Cache:
    """Runs stages through the store, showing and remembering how long each took."""

    store: Store
    progress: Progress
    times: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def stage(self, name: str, fn: Callable[[], T]) -> T:
        """A stage that is not worth storing."""
        with self._shown(name):
            return fn()

    def stored(self, name: str, kind: str, key: str, fn: Callable[[], T], form: Format[T]) -> T:
        """A stage whose result is kept under its key; `kind` is its folder in the store."""
        with self._shown(name) as stage:
            stage.cached = True

            def compute() -> T:
                stage.cached = False
                return fn()

            return self.store.compute(key, kind, compute, form)

    def table(self, columns: Mapping[str, Node], panel: Panel, *, source: str, threads: int) -> FeatureTable:
        """The features, of which only what is not in the store is computed."""
        with self._shown("features") as stage:
            values_FR, computed = load_features(columns, panel, source=source, store=self.store, threads=threads)
            stage.cached = computed == 0
            return FeatureTable(names=tuple(columns), values_FR=values_FR)

    @contextmanager
    def _shown(self, name: str) -> Iterator[Stage]:
        with self.progress.stage(name) as stage:
            yield stage
        self.times.append({"name": name, "seconds": round(stage.seconds, 4), "cached": stage.cached})


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """Everything before the fit. findings: what the checks of the bars found; columns: expression of every
    column of the design matrix; vault_begins: from when on bars were kept aside."""

    panel: Panel
    findings: tuple[Finding, ...]
    columns: Mapping[str, Node]
    label: Node
    table: FeatureTable
    labels: Labels
    folds: tuple[Fold, ...]
    design_key: str
    vault_begins: np.datetime64 | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Executed:
    """Everything after it; benchmark: the index at equal average exposure through the same backtest."""

    forecasts: Forecasts
    baselines: Mapping[str, Forecasts]
    decided_D: Time
    weights_DS: Float
    backtest: BacktestResult
    benchmark: BacktestResult


def prepare(experiment: Experiment, cache: Cache) -> Prepared:
    """panel -> quality -> features, target -> folds."""
    raw, vault_begins = cache.stage("panel", lambda: visible_bars(experiment.data, experiment.split))
    panel, findings = cache.stage("quality", lambda: experiment.quality.inspect(raw))
    bars = corner(panel, experiment.debug)
    columns = input_expressions(experiment.features, experiment.target)
    label = parsed_target(experiment.target)
    inputs = [bars.fingerprint]
    texts = [[name, to_text(node)] for name, node in columns.items()]
    features_key = stage_key("features", texts, code_fingerprint(load_features), inputs)
    table = cache.table(columns, bars, source=experiment.data.facts().identity, threads=experiment.threads)
    labels_key = stage_key("target", to_text(label), code_fingerprint(compute_labels), inputs)
    labels = cache.stored(
        "target",
        "target",
        labels_key,
        lambda: compute_labels(label, bars, threads=experiment.threads),
        LABELS,
    )
    folds = cache.stage(
        "folds",
        lambda: make_folds(experiment.split, experiment.preprocess, table, labels, bars, experiment.debug, columns),
    )
    return Prepared(
        panel=bars,
        findings=findings,
        columns=columns,
        label=label,
        table=table,
        labels=labels,
        folds=folds,
        design_key=content_hash([features_key, labels_key, _rows_hash(folds)]),
        vault_begins=vault_begins,
    )


def with_folds(prepared: Prepared, folds: tuple[Fold, ...]) -> Prepared:
    """The same with other folds, and a key of its own."""
    return replace(prepared, folds=folds, design_key=content_hash([prepared.design_key, _rows_hash(folds)]))


def _rows_hash(folds: tuple[Fold, ...]) -> str:
    digest = hashlib.sha256()
    for fold in folds:
        for rows in (fold.train_rows, fold.valid_rows, fold.test_rows, fold.test_path_N):
            digest.update(len(rows).to_bytes(8, "little") + rows.astype("<i8").tobytes())
    return digest.hexdigest()


def execute(experiment: Experiment, config: Mapping[str, Any], prepared: Prepared, cache: Cache) -> Executed:
    """forecast (fit, predict, combine, calibrate) -> weights -> backtest, and the same for what it is compared
    with; baselines are not calibrated."""
    forecasts, forecast_key = _forecasts(experiment, config, prepared, cache)
    forecasts, forecast_key = _calibrated(experiment, config, prepared, cache, forecasts, forecast_key)
    baselines = {name: _baseline(experiment, config, name, prepared, cache) for name in experiment.baselines}
    decided_D, weights_DS = cache.stage(
        "weights", lambda: decide_weights(experiment.portfolio, forecasts, prepared.panel)
    )
    parts = (type(experiment.portfolio), type(experiment.backtest), decide_weights)
    code = [code_fingerprint(part) for part in parts]
    settings = [keyed(config["portfolio"]), keyed(config["backtest"])]

    def traded(name: str, wanted_DS: Callable[[PriceGrid], Float]) -> BacktestResult:
        def run() -> BacktestResult:
            prices = price_grid(prepared.panel, experiment.backtest.fields())
            return experiment.backtest.run(decided_D, wanted_DS(prices), prices)

        key = stage_key(name, settings, content_hash(code), [forecast_key, prepared.panel.fingerprint])
        return cache.stored(name, "backtest", key, run, BACKTEST)

    return Executed(
        forecasts=forecasts,
        baselines=baselines,
        decided_D=decided_D,
        weights_DS=weights_DS,
        backtest=traded("backtest", lambda _: weights_DS),
        benchmark=traded("benchmark", lambda _: benchmark_weights(weights_DS)),
    )


def _forecasts(
    experiment: Experiment, config: Mapping[str, Any], prepared: Prepared, cache: Cache
) -> tuple[Forecasts, str]:
    slots = ("preprocess", "model", "ensemble", "loss")
    key = _fit_key({slot: config[slot] for slot in slots}, experiment, prepared)
    model = experiment.ensemble.around(experiment.model)

    def fit() -> Forecasts:
        return _fit(experiment, experiment.preprocess, model, prepared)

    return cache.stored("forecast", "forecast", key, fit, FORECASTS), key


def _calibrated(
    experiment: Experiment,
    config: Mapping[str, Any],
    prepared: Prepared,
    cache: Cache,
    forecasts: Forecasts,
    forecast_key: str,
) -> tuple[Forecasts, str]:
    """The forecasts after calibration and their key. Too cheap to be stored: the fit is not repeated."""
    code = [code_of({"calibration": config["calibration"]}), code_fingerprint(calibrate)]
    key = stage_key("calibration", keyed(config["calibration"]), content_hash(code), [forecast_key])
    return cache.stage(
        "calibration", lambda: calibrate(experiment.calibration, forecasts, prepared.folds, prepared.labels)
    ), key


def _baseline(
    experiment: Experiment, config: Mapping[str, Any], name: str, prepared: Prepared, cache: Cache
) -> Forecasts:
    """A baseline reads the features as they are, so that it stays the yardstick that its name says, whatever
    the model is given; only holes are filled as for the model, since both forecast the same rows."""
    filling = experiment.preprocess.filling()
    settings = {"model": config["baselines"][name], "loss": config["loss"]}
    key = _fit_key({**settings, "preprocess": config["preprocess"] if filling else None}, experiment, prepared)
    preprocess, model = filling or NoPreprocessing(), experiment.baselines[name]
    return cache.stored(
        f"baseline {name}", "forecast", key, lambda: _fit(experiment, preprocess, model, prepared), FORECASTS
    )


def _fit_key(sections: Mapping[str, Any], experiment: Experiment, prepared: Prepared) -> str:
    code = [code_of(sections), code_fingerprint(walk_forward)]
    settings = [keyed(sections), experiment.seed]
    return stage_key("forecast", settings, content_hash(code), [prepared.design_key])


def _fit(experiment: Experiment, preprocess: Preprocessor, model: Model, prepared: Prepared) -> Forecasts:
    design = Design(preprocess=preprocess, table=prepared.table, labels=prepared.labels, panel=prepared.panel)
    return walk_forward(
        model, experiment.loss, prepared.folds, design, seed=experiment.seed, threads=experiment.threads
    )


def open_cache(outputs: Path, progress: Progress) -> Cache:
    """The store under the outputs folder."""
    return Cache(store=Store(outputs / "store"), progress=progress)
