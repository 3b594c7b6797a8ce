"""Everything that the gates may look at; what costs something is found out only where some gate needs it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from components.contracts import Kind, Metric, Scenario
from components.errors import OutputError
from components.panel import Panel
from components.values import (
    BacktestResult,
    Certificate,
    Evidence,
    Float,
    LeakReport,
    Need,
    NullRank,
    Scored,
    Time,
    Trials,
)
from runner.composition.figures import metrics as known_metrics
from runner.composition.figures import words
from runner.compute.forms import LEAKS
from runner.compute.pipeline import Executed, Prepared
from runner.compute.stage import Cache, Keyed, Stage
from runner.compute.target import Labels
from runner.judging.forms import EVIDENCE
from runner.judging.metrics import run_metrics
from runner.judging.scenarios import earned, outcome, played, scenario_metrics
from runner.judging.scored import scored
from runner.leaks.battery import quick_battery, whole_battery
from runner.specification.experiment import Experiment
from runner.storage.formats import ARRAYS, JSON


@dataclass(frozen=True, kw_only=True, eq=False)
class Gathered:
    """What every run finds out, as stages: figures, and forecasts and returns as gates see them."""

    metrics: Stage[dict[str, float]]
    evidence: Stage[Evidence]


def gather(experiment: Experiment, prepared: Prepared, executed: Executed, cache: Cache) -> Gathered:
    """Forecasts, returns and figures of a run."""
    spans = {
        name: cache.stage(
            scored,
            inputs={
                "forecasts": executed.judged,
                "baselines": executed.rivals,
                "labels": prepared.labelled,
                "panel": prepared.bars,
            },
            settings={"test": name == "test"},
            form=None,
            part=name,
        )
        for name in ("valid", "test")
    }
    accounts = {"backtest": executed.traded, "benchmark": executed.yardstick}
    of_run = {**spans, **accounts, "labels": prepared.labelled, "panel": prepared.bars}
    metrics = cache.stage(
        figures_of,
        inputs=of_run,
        settings={"kind": experiment.target.kind, "known": known_metrics()},
        form=JSON,
        shown="metrics",
    )
    evidence = cache.stage(
        evidence_of,
        inputs={**of_run, "metrics": metrics},
        settings={
            "kind": experiment.target.kind,
            "seed": experiment.seed,
            "has_portfolio": experiment.portfolio.trades,
            "price_fields": experiment.backtest.fields(),
        },
        form=EVIDENCE,
    )
    return Gathered(metrics=metrics, evidence=evidence)


def figures_of(
    valid: Scored,
    test: Scored,
    backtest: BacktestResult,
    benchmark: BacktestResult,
    labels: Labels,
    panel: Panel,
    *,
    kind: Kind,
    known: Mapping[str, Metric],
) -> dict[str, float]:
    """Every figure of a run under its full name."""
    return run_metrics(
        metrics=known,
        valid=valid,
        test=test,
        kind=kind,
        horizon_bars=labels.horizon_bars,
        backtest=backtest,
        benchmark=benchmark,
        bars_per_year=panel.bars_per_year,
    )


def evidence_of(
    valid: Scored,
    test: Scored,
    backtest: BacktestResult,
    benchmark: BacktestResult,
    labels: Labels,
    panel: Panel,
    metrics: Mapping[str, float],
    *,
    kind: Kind,
    seed: int,
    has_portfolio: bool,
    price_fields: tuple[str, ...],
) -> Evidence:
    """Forecasts and returns as gates see them."""
    stamps_T = backtest.equity["timestamp"].to_numpy()
    return Evidence(
        metrics=metrics,
        words=words(metrics),
        valid=valid,
        test=test,
        horizon_bars=labels.horizon_bars,
        kind=kind,
        returns_T=backtest.equity["return"].to_numpy(dtype=np.float64),
        benchmark_T=benchmark.equity["return"].to_numpy(dtype=np.float64),
        bars_per_year=panel.bars_per_year,
        stamps_T=stamps_T,
        market_T=market_returns(panel, stamps_T, price_fields),
        seed=seed,
        has_portfolio=has_portfolio,
    )


def complete(
    gathered: Gathered,
    experiment: Experiment,
    prepared: Prepared,
    executed: Executed,
    cache: Cache,
    trials: Keyed[Trials],
    nulls: NullRank | None = None,
) -> Stage[Evidence]:
    """The evidence with the leak tests that are cheap and everything that some gate needs, except the vault.

    What breaks while it is found out is told to the gates that need it, and does not end the run.
    """
    needs = experiment.gates.needs()
    whole = {"prepared": prepared.as_input(), "executed": executed.as_input()}
    leaks = cache.stage(
        whole_battery if "every row" in needs else quick_battery,
        inputs=whole,
        settings={"experiment": experiment},
        form=LEAKS,
        shown="leak tests",
    )
    found: dict[Need, Stage[Any]] = {"leaks": leaks}
    if "bundle" in needs:
        from runner.bundle.certificate import certification  # compiles the stream's kernels

        found["bundle"] = certification(experiment, prepared, executed, cache)
    broken: dict[Need, str] = {}
    for need, stage in found.items():
        if (why := _breaks(stage)) is not None:
            broken[need] = why
    accounts: dict[str, Stage[dict[str, Any]]] = {}
    if "scenarios" in needs:
        with cache.group("scenarios") as shown:
            entered = played(experiment, prepared, executed, cache)
            shown.cached = all(account.kept() for account in entered.values())
            for done, (name, account) in enumerate(entered.items(), start=1):
                if (why := _breaks(account)) is None:
                    accounts[name] = cache.stage(earned, inputs={"account": account}, form=ARRAYS, part=name)
                else:
                    broken["scenarios"] = f"{name}: {why}"
                shown.progress(done, len(entered), "step")
    whole_ones = {need: None if need in broken else found.get(need) for need in ("leaks", "bundle")}
    return cache.stage(
        completed,
        inputs={"evidence": gathered.evidence, "trials": trials, "scenarios": accounts, **whole_ones},
        settings={
            "broken": broken,
            "known": known_metrics(),
            "robustness": dict(experiment.robustness),
            "nulls": nulls if "null worlds" in needs else None,
        },
        form=None,
    )


def _breaks(stage: Stage[Any]) -> str | None:
    """Why a stage cannot be computed; None where it can."""
    try:
        stage.ensure()
    except OutputError:
        raise  # a full disk is no finding
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def completed(
    evidence: Evidence,
    trials: Trials,
    leaks: LeakReport | None,
    scenarios: Mapping[str, Mapping[str, Float]],
    bundle: Any,
    *,
    broken: Mapping[Need, str],
    known: Mapping[str, Metric],
    robustness: Mapping[str, Scenario],
    nulls: NullRank | None = None,
) -> Evidence:
    """The evidence with what was found out besides; broken: why something could not be."""
    certificate: Certificate | None = None if bundle is None else bundle.certificate
    outcomes = {name: outcome(robustness[name], earned["returns_T"]) for name, earned in scenarios.items()}
    found = with_metrics(evidence, scenario_metrics(outcomes, known, evidence.bars_per_year))
    return replace(
        found,
        trials=trials,
        scenarios=outcomes,
        leaks=leaks,
        certificate=certificate,
        nulls=nulls,
        broken=dict(broken),
    )


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
