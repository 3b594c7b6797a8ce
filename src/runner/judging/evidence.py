"""Everything that the gates may look at; what costs something is found out only where some gate needs it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from components.panel import Panel
from components.values import Evidence, Float, Time, Trials
from runner.composition.figures import metrics as known_metrics
from runner.composition.figures import words
from runner.compute.forms import LEAKS
from runner.compute.identity import trial_key
from runner.compute.pipeline import Cache, Executed, Prepared
from runner.judging.metrics import run_metrics
from runner.judging.scenarios import stress_metrics, stressed
from runner.judging.scored import scored
from runner.leaks.battery import quick_battery
from runner.specification.experiment import Experiment
from runner.storage.keys import code_fingerprint, stage_key


def gather(experiment: Experiment, prepared: Prepared, executed: Executed) -> Evidence:
    """Forecasts, returns and figures of a run: what every run finds out."""
    labels, panel = prepared.labels, prepared.panel
    valid, test = (scored(executed.forecasts, executed.baselines, labels, panel, test=test) for test in (False, True))
    metrics = run_metrics(
        metrics=known_metrics(),
        valid=valid,
        test=test,
        kind=experiment.target.kind,
        horizon_bars=labels.horizon_bars,
        backtest=executed.backtest,
        benchmark=executed.benchmark,
        bars_per_year=panel.bars_per_year,
    )
    stamps_T = executed.backtest.equity["timestamp"].to_numpy()
    return Evidence(
        metrics=metrics,
        words=words(metrics),
        valid=valid,
        test=test,
        horizon_bars=labels.horizon_bars,
        kind=experiment.target.kind,
        returns_T=executed.backtest.equity["return"].to_numpy(dtype=np.float64),
        benchmark_T=executed.benchmark.equity["return"].to_numpy(dtype=np.float64),
        bars_per_year=panel.bars_per_year,
        stamps_T=stamps_T,
        market_T=market_returns(panel, stamps_T, experiment.backtest.fields()),
        seed=experiment.seed,
    )


def complete(
    evidence: Evidence,
    experiment: Experiment,
    config: Mapping[str, Any],
    prepared: Prepared,
    executed: Executed,
    cache: Cache,
    trials: Trials,
) -> Evidence:
    """The evidence with the leak tests that are cheap and everything that some gate needs, except the vault."""
    needs = experiment.gates.needs()
    stress = stressed(experiment, config, prepared, executed, cache) if "stress" in needs else {}
    key = stage_key("leaks", [], code_fingerprint(quick_battery), [trial_key(config, prepared.design_key)])
    leaks = cache.stored("leak tests", "leaks", key, lambda: quick_battery(experiment, prepared, executed), LEAKS)
    certificate = None
    if "bundle" in needs:
        from runner.bundle.certificate import certify  # compiles the stream's kernels

        certified = cache.stage("certificate", lambda: certify(experiment, config, prepared, executed))
        certificate = certified.certificate
    found = with_metrics(evidence, stress_metrics(stress, known_metrics(), evidence.bars_per_year))
    return replace(found, trials=trials, stress=stress, leaks=leaks, certificate=certificate)


def with_metrics(evidence: Evidence, further: Mapping[str, float]) -> Evidence:
    """The evidence with further figures."""
    metrics = {**evidence.metrics, **further}
    return replace(evidence, metrics=metrics, words=words(metrics))


def market_returns(panel: Panel, stamps_T: Time, fields: tuple[str, ...]) -> Float:
    """(T,) mean over symbols of the price's change since the bar before, at the bars of the backtest; 0 where no
    symbol has both. The price is the close, or the first field that the backtest reads."""
    price = "close" if "close" in panel.fields else fields[0]
    prices_TS = panel.grid(price)
    change_TS = np.full(prices_TS.shape, np.nan)
    change_TS[1:] = prices_TS[1:] / prices_TS[:-1] - 1
    known_TS = np.isfinite(change_TS)
    mean_T = np.where(known_TS, change_TS, 0.0).sum(axis=1) / np.maximum(known_TS.sum(axis=1), 1)
    at_T = np.searchsorted(panel.dates_T, stamps_T.astype(panel.dates_T.dtype))
    returns_T: Float = mean_T[np.minimum(at_T, len(mean_T) - 1)]
    return returns_T
