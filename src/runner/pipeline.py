"""The stages of one experiment, each looked up in the store before it is computed.

Two halves: `prepare` does everything before anything is fitted, `execute` the rest; the trial is
recorded in between.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeVar

from components.contracts import Component, Model
from components.expressions import Node, to_text
from components.panel import Panel
from components.portfolio.benchmark import benchmark_weights
from components.values import BacktestResult, Float, Fold, PriceGrid, Time
from runner import stages
from runner.experiment import Experiment
from runner.formats import Format
from runner.identity import keyed
from runner.keys import code_fingerprint, content_hash, stage_key
from runner.results import BACKTEST, FEATURES, FORECASTS, LABELS
from runner.stages import FeatureTable, Forecasts, Labels
from runner.store import Store

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

    @contextmanager
    def _shown(self, name: str) -> Iterator[Stage]:
        with self.progress.stage(name) as stage:
            yield stage
        self.times.append({"name": name, "seconds": round(stage.seconds, 4), "cached": stage.cached})


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """Everything before the fit. columns: expression of every column of the design matrix."""

    panel: Panel
    columns: Mapping[str, Node]
    label: Node
    table: FeatureTable
    labels: Labels
    folds: tuple[Fold, ...]
    design_key: str


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
    """panel -> features, target -> folds."""
    bars = cache.stage(
        "panel",
        lambda: stages.visible_panel(experiment.data.load(), experiment.split, experiment.debug),
    )
    columns = stages.input_expressions(experiment.features, experiment.target)
    label = stages.parsed_target(experiment.target)
    inputs = [bars.fingerprint]
    texts = [[name, to_text(node)] for name, node in columns.items()]
    features_key = stage_key("features", texts, code_fingerprint(stages.compute_features), inputs)
    table = cache.stored(
        "features",
        "features",
        features_key,
        lambda: stages.compute_features(columns, bars, threads=experiment.threads),
        FEATURES,
    )
    labels_key = stage_key("target", to_text(label), code_fingerprint(stages.compute_labels), inputs)
    labels = cache.stored(
        "target",
        "target",
        labels_key,
        lambda: stages.compute_labels(label, bars, threads=experiment.threads),
        LABELS,
    )
    folds = cache.stage("folds", lambda: stages.make_folds(experiment.split, table, labels, bars, experiment.debug))
    return Prepared(
        panel=bars,
        columns=columns,
        label=label,
        table=table,
        labels=labels,
        folds=folds,
        design_key=content_hash([features_key, labels_key, _rows_hash(folds)]),
    )


def _rows_hash(folds: tuple[Fold, ...]) -> str:
    digest = hashlib.sha256()
    for fold in folds:
        for rows in (fold.train_rows, fold.valid_rows, fold.test_rows):
            digest.update(len(rows).to_bytes(8, "little") + rows.astype("<i8").tobytes())
    return digest.hexdigest()


def execute(experiment: Experiment, config: Mapping[str, Any], prepared: Prepared, cache: Cache) -> Executed:
    """forecast (fit, predict, combine) -> weights -> backtest, and the same for what it is compared with."""
    forecasts, forecast_key = _forecasts(experiment, config, prepared, cache)
    baselines = {name: _baseline(experiment, config, name, prepared, cache) for name in experiment.baselines}
    decided_D, weights_DS = cache.stage(
        "weights", lambda: stages.decide_weights(experiment.portfolio, forecasts, prepared.panel)
    )
    code = [code_fingerprint(type(experiment.portfolio)), code_fingerprint(type(experiment.backtest))]
    settings = [keyed(config["portfolio"]), keyed(config["backtest"])]

    def traded(name: str, wanted_DS: Callable[[PriceGrid], Float]) -> BacktestResult:
        def run() -> BacktestResult:
            prices = stages.price_grid(prepared.panel, experiment.backtest.fields())
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
    members = tuple(experiment.ensemble.members().values())
    parts = (experiment.model, experiment.ensemble, experiment.loss, *members)
    settings = [keyed(config[slot]) for slot in ("model", "ensemble", "loss")]
    key = _fit_key(parts, [*settings, experiment.seed], prepared)
    model = experiment.ensemble.around(experiment.model)
    return cache.stored("forecast", "forecast", key, lambda: _fit(experiment, model, prepared), FORECASTS), key


def _baseline(
    experiment: Experiment, config: Mapping[str, Any], name: str, prepared: Prepared, cache: Cache
) -> Forecasts:
    model = experiment.baselines[name]
    settings = [keyed(config["baselines"][name]), keyed(config["loss"])]
    key = _fit_key((model, experiment.loss), [*settings, experiment.seed], prepared)
    return cache.stored(f"baseline {name}", "forecast", key, lambda: _fit(experiment, model, prepared), FORECASTS)


def _fit_key(parts: tuple[Component, ...], settings: list[Any], prepared: Prepared) -> str:
    code = [code_fingerprint(type(part)) for part in parts] + [code_fingerprint(stages.walk_forward)]
    return stage_key("forecast", settings, content_hash(code), [prepared.design_key])


def _fit(experiment: Experiment, model: Model, prepared: Prepared) -> Forecasts:
    return stages.walk_forward(
        model,
        experiment.loss,
        prepared.folds,
        prepared.table,
        prepared.labels,
        prepared.panel,
        seed=experiment.seed,
        threads=experiment.threads,
    )


def open_cache(outputs: Path, progress: Progress) -> Cache:
    """The store under the outputs folder."""
    return Cache(store=Store(outputs / "store"), progress=progress)
