"""A trial in a world: fitted and scored in memory; nothing of it is recorded, since it saw no market."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from components.contracts import Metric
from components.values import Fold
from runner.composition.figures import metrics
from runner.compute.fit_fold import FoldFit, depends, handed, joined, outputs_of, prepare_folds
from runner.compute.pipeline import follow
from runner.compute.prepared import Prepared
from runner.compute.stage import Given
from runner.judging.metrics import account_metrics, score
from runner.judging.scored import scored
from runner.specification.experiment import Experiment
from runner.storage.formats import Files
from runner.sweeps.nulls.worlds import World

SHARPE = "backtest/sharpe"


def validated(
    experiment: Experiment, world: World, names: tuple[str, ...], heard: Callable[[int, Prepared, FoldFit], None]
) -> dict[str, float]:
    """Validation figures by their full names, such as valid/r2; those that a run has not are missing.

    heard: told of every fold; what it raises ends the trial.
    """
    prepared = world.prepared(experiment)
    folds = tuple(_without_tests(fold) for fold in prepared.folds)
    emptied = replace(prepared, divided=Given(key=f"{prepared.divided.key} without tests", value=folds))
    fits = []
    for number, fit in enumerate(_fits(experiment, world, prepared, tests=False), start=1):
        heard(number, emptied, fit)
        fits.append(fit)
    found = scored(joined(emptied.folds, fits), {}, prepared.labels, prepared.panel, test=False)
    figures = score(found, _named(names), experiment.target.kind, prepared.labels.horizon_bars)
    return {name: figures[last] for name in names if (last := name.rpartition("/")[2]) in figures}


def tested(experiment: Experiment, world: World, names: tuple[str, ...]) -> dict[str, float]:
    """Figures of the test spans, and of the account where the experiment has a portfolio, by their full names: what
    follows from the forecasts is the run's own, calibration and costs included."""
    prepared = world.prepared(experiment)
    fits = list(_fits(experiment, world, prepared, tests=True))
    forecasts = Given(key=f"chosen in world {world.number}", value=joined(prepared.folds, fits))
    led = follow(experiment, prepared, forecasts, world.cache)
    found = scored(led.judged.value, {}, prepared.labels, prepared.panel, test=True)
    figures = score(found, _named(names), experiment.target.kind, prepared.labels.horizon_bars)
    tests = {name: figures[last] for name in names if (last := name.rpartition("/")[2]) in figures}
    if not experiment.portfolio.trades:
        return tests
    account = account_metrics(led.account.traded.value, _named((SHARPE,)), prepared.panel.bars_per_year)
    return {**tests, SHARPE: account["sharpe"]}


def _named(names: tuple[str, ...]) -> Mapping[str, Metric]:
    last = {name.rpartition("/")[2] for name in names}
    return {name: metric for name, metric in metrics().items() if name in last}


def _fits(experiment: Experiment, world: World, prepared: Prepared, *, tests: bool) -> Iterator[FoldFit]:
    """Every fold in order, as `fit_fold` fits it; without tests only its validation rows are forecast."""
    model, loss, labels = experiment.fitted_model, experiment.loss, prepared.labels
    resources = experiment.resources.for_one_of(len(prepared.folds))
    common: Files | None = None
    if depends(model):
        common = prepare_folds(
            prepared.panel,
            prepared.table,
            labels,
            prepared.folds,
            preprocess=experiment.preprocess,
            model=model,
            loss=loss,
            seed=experiment.seed,
            resources=resources,
        )
    before: Files | None = None
    for fold in prepared.folds:
        learnt, inherited = handed(common, before if model.starts_from == "previous_fold" else None)
        samples = world.samples(experiment, prepared, fold, model, learnt)
        fitted = model.fit(
            samples.train, samples.valid, loss=loss, seed=samples.seed, resources=resources, inherited=inherited
        )
        valid_NO = fitted.predict(samples.valid)
        fit = FoldFit(
            learnt={},
            model=fitted.to_files() if model.starts_from == "previous_fold" else {},
            outputs=outputs_of(model, loss, labels, valid_NO.shape[1]),
            valid_NO=valid_NO,
            test_NO=fitted.predict(samples.test) if tests else valid_NO[:0],
            train_mean=float(samples.train.y_N.mean()),
        )
        before = fit.to_files() if common is not None else None
        yield fit


def _without_tests(fold: Fold) -> Fold:
    nothing = np.empty(0, dtype=np.int64)
    return replace(fold, test_rows=nothing, test_path_N=nothing)
