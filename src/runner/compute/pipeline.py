"""One experiment as stages, in the order in which data flows:

panel -> features, target -> folds -> forecast (fit, predict, combine, calibrate) -> weights -> backtest

Two halves: `prepare` does everything before anything is fitted, `execute` the rest; the trial is recorded in between.
Nothing is computed before its value is asked for.
"""

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from components.contracts import Loss, Model, Preprocessor, Split
from components.expressions import Node, parse, to_text
from components.panel import Panel
from components.preprocess.none import NoPreprocessing
from components.values import BacktestResult, Finding, Float, Fold, Time
from runner.compute.bars import corner, visible_bars
from runner.compute.calibrate import calibrate
from runner.compute.decisions import (
    Decided,
    decide_weights,
    decided_in_the_middle,
    trade,
    trade_benchmark,
    traded_in_the_middle,
)
from runner.compute.features import FeatureTable, feature_table, input_expressions
from runner.compute.folds import make_folds
from runner.compute.forecast import FoldFit, Forecasts, depends, fit_fold, join_folds, prepare_folds
from runner.compute.forms import BACKTEST, DECIDED, FOLDS, LABELS
from runner.compute.samples import Design
from runner.compute.stage import Cache, Given, Keyed, Progress, Stage, joint_key
from runner.compute.target import Labels, compute_labels, parsed_target
from runner.compute.threads import one_thread_of_blas
from runner.specification.debug import Debug
from runner.specification.experiment import Experiment
from runner.storage.formats import FILES, Files
from runner.storage.store import Store


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """Everything before the fit. findings: what the checks of the bars found; columns: expression of every
    column of the design matrix; targets: of everything that is forecast; vault_begins: from when on bars were kept
    aside; the rest: stages."""

    panel: Panel
    findings: tuple[Finding, ...]
    columns: Mapping[str, Node]
    targets: Mapping[str, Node]
    tabled: Keyed[FeatureTable]
    labelled: Keyed[Labels]
    divided: Keyed[tuple[Fold, ...]]
    vault_begins: np.datetime64 | None = None

    def as_input(self) -> "Given[Prepared]":
        """All of it as one input of a stage."""
        return Given(key=joint_key(self.bars, self.tabled, self.labelled, self.divided), value=self)

    @property
    def bars(self) -> Given[Panel]:
        return Given(key=self.panel.fingerprint, value=self.panel)

    def design(self, experiment: Experiment) -> Design:
        """Where the experiment's model gets its samples."""
        return Design(
            preprocess=experiment.preprocess,
            table=self.table,
            labels=self.labels,
            panel=self.panel,
            lookback_rows=experiment.fitted_model.lookback_rows,
        )

    @property
    def table(self) -> FeatureTable:
        return self.tabled.value

    @property
    def labels(self) -> Labels:
        return self.labelled.value

    @property
    def folds(self) -> tuple[Fold, ...]:
        return self.divided.value

    @property
    def label(self) -> Node:
        """The target that is decided on."""
        return next(iter(self.targets.values()))


@dataclass(frozen=True, kw_only=True, eq=False)
class Walked:
    """A model through all folds, as a keyed value: the forecasts of all of them.

    name: on the terminal; fits: one stage a fold; workers: how many of them may be computed side by side.
    """

    name: str
    fits: tuple[Stage[Files], ...]
    joined: Stage[Forecasts]
    workers: int
    cache: Cache

    @property
    def key(self) -> str:
        return self.joined.key

    @property
    def value(self) -> Forecasts:
        self.fit()
        return self.joined.value

    def fold(self, number: int) -> FoldFit:
        """What a fold fitted, read anew."""
        return FoldFit.from_files(self.fits[number - 1].value)

    @cached_property
    def _fitted(self) -> None:
        with self.cache.group(self.name) as shown, one_thread_of_blas():
            if self.workers == 1:
                found = [fit.ensure() for fit in self.fits]
            else:
                with ThreadPoolExecutor(self.workers) as pool:
                    found = list(pool.map(lambda fit: fit.ensure(), self.fits))
            shown.cached = all(found)

    def fit(self) -> None:
        """Computes the fits that the store lacks, under one line on the terminal; once."""
        return self._fitted


@dataclass(frozen=True, kw_only=True, eq=False)
class OnePath:
    """One way through the test spans that takes each time once."""

    decided: Stage[Decided]
    traded: Stage[BacktestResult]


@dataclass(frozen=True, kw_only=True, eq=False)
class Executed:
    """Everything after it, as stages.

    paths: decisions and account of each path through the test spans; decided, traded: of the one under judgement, whose
    Sharpe ratio is the median; yardstick: the index at equal average exposure through the same backtest.
    """

    walked: Walked
    calibrated: Stage[Forecasts]
    rivals: Mapping[str, Walked]
    paths: tuple[OnePath, ...]
    decided: Stage[Decided]
    traded: Stage[BacktestResult]
    yardstick: Stage[BacktestResult]

    def as_input(self) -> "Given[Executed]":
        """All of it as one input of a stage."""
        parts = (self.calibrated, self.traded, self.yardstick, *(path.traded for path in self.paths))
        return Given(key=joint_key(*parts, *self.rivals.values()), value=self)

    def fit(self) -> None:
        """Fits what the store lacks, the model first."""
        for walked in (self.walked, *self.rivals.values()):
            walked.fit()

    @property
    def forecasts(self) -> Forecasts:
        return self.calibrated.value

    @cached_property
    def baselines(self) -> dict[str, Forecasts]:
        return {name: rival.value for name, rival in self.rivals.items()}

    @property
    def decided_D(self) -> Time:
        return self.decided.value.decided_D

    @property
    def weights_DS(self) -> Float:
        return self.decided.value.weights_DS

    @property
    def backtest(self) -> BacktestResult:
        return self.traded.value

    @property
    def benchmark(self) -> BacktestResult:
        return self.yardstick.value


def prepare(experiment: Experiment, cache: Cache) -> Prepared:
    """panel -> quality -> features, target -> folds."""
    with cache.group("panel"):
        raw, vault_begins = visible_bars(experiment.data, experiment.split)
    with cache.group("quality"):
        panel, findings = experiment.quality.inspect(raw)
    panel = corner(panel, experiment.debug)
    bars = Given(key=panel.fingerprint, value=panel)
    columns = input_expressions(experiment.features, experiment.target)
    targets = parsed_target(experiment.target)
    tabled = feature_table(
        bars, columns, source=experiment.data.facts().identity, resources=experiment.resources, cache=cache
    )
    labelled = cache.stage(
        compute_labels,
        inputs={"panel": bars},
        settings={
            "expressions": {name: to_text(node) for name, node in targets.items()},
            "resources": experiment.resources,
        },
        form=LABELS,
        shown="target",
    )
    divided = cache.stage(
        divide,
        inputs={"panel": bars, "table": tabled, "labels": labelled},
        settings={
            "split": experiment.split,
            "preprocess": experiment.preprocess,
            "debug": experiment.debug,
            "expressions": {name: to_text(node) for name, node in columns.items()},
            "lookback_rows": experiment.fitted_model.lookback_rows,
        },
        form=FOLDS,
        shown="folds",
    )
    return Prepared(
        panel=panel,
        findings=findings,
        columns=columns,
        targets=targets,
        tabled=tabled,
        labelled=labelled,
        divided=divided,
        vault_begins=vault_begins,
    )


def divide(
    panel: Panel,
    table: FeatureTable,
    labels: Labels,
    *,
    split: Split,
    preprocess: Preprocessor,
    debug: Debug,
    expressions: Mapping[str, str],
    lookback_rows: int,
) -> tuple[Fold, ...]:
    """The folds, see `runner.compute.folds`; expressions: of every column of the table."""
    columns = {name: parse(text) for name, text in expressions.items()}
    return make_folds(split, preprocess, table, labels, panel, debug, columns, lookback_rows=lookback_rows)


def with_folds(prepared: Prepared, folds: tuple[Fold, ...]) -> Prepared:
    """The same with other folds."""
    return replace(prepared, divided=Given(key=_rows_hash(folds), value=folds))


def _rows_hash(folds: Sequence[Fold]) -> str:
    digest = hashlib.sha256()
    for fold in folds:
        for rows in (fold.train_rows, fold.valid_rows, fold.test_rows, fold.test_path_N):
            digest.update(len(rows).to_bytes(8, "little") + rows.astype("<i8").tobytes())
    return digest.hexdigest()


def execute(experiment: Experiment, prepared: Prepared, cache: Cache) -> Executed:
    """forecast (fit, predict, combine, calibrate) -> weights -> backtest, and the same for what it is compared
    with; baselines are not calibrated."""
    model = experiment.fitted_model
    walked = walk(experiment, model, experiment.preprocess, prepared, cache)
    bars, learning = prepared.bars, {"folds": prepared.divided, "labels": prepared.labelled}
    carries = experiment.calibration.carries_state
    calibrated = cache.stage(
        calibrate,
        inputs={
            "forecasts": walked,
            **learning,
            "panel": bars if carries else None,
            "table": prepared.tabled if carries else None,
        },
        settings={"calibration": experiment.calibration},
        form=None,
    )
    fitted = experiment.portfolio.learns_from() is not None
    weights: dict[str, Any] = {
        "inputs": {"panel": bars, "forecasts": calibrated, **(learning if fitted else dict.fromkeys(learning))},
        "form": DECIDED,
        "shown": "weights",
    }
    settings = {"portfolio": experiment.portfolio, "constraints": experiment.constraints}
    account: dict[str, Any] = {"settings": {"backtest": experiment.backtest}, "form": BACKTEST}
    paths = []
    for number in sorted({path for fold in prepared.folds for path in fold.span.paths}):
        part = "" if number == 1 else f"path {number}"
        decided = cache.stage(decide_weights, settings={**settings, "path": number}, part=part, **weights)
        inputs = {"panel": bars, "decided": decided}
        paths.append(
            OnePath(decided=decided, traded=cache.stage(trade, inputs=inputs, shown="backtest", part=part, **account))
        )
    judged = _in_the_middle(paths, bars, cache)
    return Executed(
        walked=walked,
        calibrated=calibrated,
        rivals={name: _rival(experiment, name, prepared, cache) for name in experiment.baselines},
        paths=tuple(paths),
        decided=judged.decided,
        traded=judged.traded,
        yardstick=cache.stage(
            trade_benchmark, inputs={"panel": bars, "decided": judged.decided}, shown="benchmark", **account
        ),
    )


def _in_the_middle(paths: Sequence[OnePath], bars: Given[Panel], cache: Cache) -> OnePath:
    """The path under judgement."""
    if len(paths) == 1:
        return paths[0]
    results = [path.traded for path in paths]
    inputs = {"panel": bars, "decided": [path.decided for path in paths], "results": results}
    return OnePath(
        decided=cache.stage(decided_in_the_middle, inputs=inputs, form=None),
        traded=cache.stage(traded_in_the_middle, inputs={"panel": bars, "results": results}, form=None),
    )


def _rival(experiment: Experiment, name: str, prepared: Prepared, cache: Cache) -> Walked:
    """A baseline reads the features as they are, so that it stays the yardstick that its name says, whatever
    the model is given; only holes are filled as for the model, since both forecast the same rows."""
    preprocess = experiment.preprocess.filling() or NoPreprocessing()
    return walk(experiment, experiment.baselines[name], preprocess, prepared, cache, part=name)


def walk(
    experiment: Experiment, model: Model, preprocess: Preprocessor, prepared: Prepared, cache: Cache, *, part: str = ""
) -> Walked:
    """A model's stages, one a fold, so that a process that is killed loses one fold."""
    folds = prepared.folds
    inputs: dict[str, Any] = {"panel": prepared.bars, "table": prepared.tabled, "labels": prepared.labelled}
    settings = _settings(experiment, model, preprocess, len(folds))
    prepared_files = None
    if depends(model):
        prepared_files = cache.stage(
            prepare_folds, inputs={**inputs, "folds": prepared.divided}, settings=settings, form=FILES, part=part
        )
    fits: list[Stage[Files]] = []
    for fold in folds:
        before = fits[-1] if fits and model.starts_from == "previous_fold" else None
        given = Given(key=_rows_hash([fold]), value=fold)
        fit = cache.stage(
            fit_fold,
            inputs={**inputs, "fold": given, "prepared": prepared_files, "before": before},
            settings=settings,
            form=FILES,
            part=f"{part} {fold.number}".strip(),
            remembered=False,
        )
        fits.append(fit)
    joined = cache.stage(join_folds, inputs={"folds": prepared.divided, "fits": fits}, form=None, part=part)
    return Walked(
        name=f"baseline {part}" if part else "forecast",
        fits=tuple(fits),
        joined=joined,
        workers=1 if model.starts_from == "previous_fold" else min(experiment.resources.side_by_side, len(fits)),
        cache=cache,
    )


def _settings(experiment: Experiment, model: Model, preprocess: Preprocessor, n_folds: int) -> dict[str, Any]:
    loss: Loss = experiment.loss
    one_of = 1 if model.starts_from == "previous_fold" else n_folds
    return {
        "preprocess": preprocess,
        "model": model,
        "loss": loss,
        "seed": experiment.seed,
        "resources": experiment.resources.for_one_of(one_of),
    }


def open_cache(outputs: Path, progress: Progress) -> Cache:
    """The store under the outputs folder."""
    return Cache(store=Store(outputs / "store"), progress=progress)
