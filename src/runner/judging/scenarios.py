"""What the portfolio would have earned in other worlds: each enters at one point, and only what follows from there is
computed again."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from components.contracts import Backtest, Metric, Scenario
from components.panel import Panel
from components.seeds import derive
from components.values import BacktestResult, Float, Played
from runner.compute import pipeline
from runner.compute.decisions import Decided, price_grid, trade
from runner.compute.forecast import Forecasts
from runner.compute.forms import BACKTEST, DECIDED
from runner.compute.pipeline import Executed, Prepared
from runner.compute.stage import Cache, Keyed, Stage
from runner.judging.metrics import return_metrics
from runner.specification.experiment import Experiment


def played(
    experiment: Experiment, prepared: Prepared, executed: Executed, cache: Cache
) -> dict[str, Stage[BacktestResult]]:
    """name -> the account in each scenario that some gate names, as far as it can be played."""
    asked = {name for gate in experiment.gates.checks.values() for name in gate.scenarios()}
    found = {
        name: play(name, scenario, experiment, prepared, executed, cache)
        for name, scenario in experiment.robustness.items()
        if name in asked
    }
    return {name: stage for name, stage in found.items() if stage is not None}


def play(
    name: str, scenario: Scenario, experiment: Experiment, prepared: Prepared, executed: Executed, cache: Cache
) -> Stage[BacktestResult] | None:
    """The account in a scenario, from where it enters; None where the backtest does not offer it."""
    seed = derive(experiment.seed, "scenario", name)
    drawn = {"scenario": scenario, "seed": seed}
    match scenario.enters:
        case "costs":
            backtest = scenario.backtest(experiment.backtest)
            return None if backtest is None else _traded(prepared, executed.decided, backtest, cache, name)
        case "prices":
            return cache.stage(
                trade_at_other_prices,
                inputs={"panel": prepared.bars, "decided": executed.decided},
                settings={"backtest": experiment.backtest, **drawn},
                form=BACKTEST,
                part=name,
            )
        case "decisions":
            decided = cache.stage(
                decide_otherwise,
                inputs={"decided": executed.decided},
                settings={"scenario": scenario},
                form=DECIDED,
                part=name,
            )
            return _traded(prepared, decided, experiment.backtest, cache, name)
        case "forecasts":
            forecasts = cache.stage(
                forecast_otherwise, inputs={"forecasts": executed.judged}, settings=drawn, form=None, part=name
            )
            decided = pipeline.decide(experiment, prepared, forecasts, cache)
            return _traded(prepared, decided, experiment.backtest, cache, name)
        case "panel":
            quiet = cache.quiet()
            other = pipeline.prepare_bars(experiment, scenario.panel(prepared.panel, seed=seed), quiet)
            return pipeline.execute(experiment, other, quiet).traded


def _traded(
    prepared: Prepared, decided: Keyed[Decided], backtest: Backtest, cache: Cache, name: str
) -> Stage[BacktestResult]:
    return cache.stage(
        trade,
        inputs={"panel": prepared.bars, "decided": decided},
        settings={"backtest": backtest},
        form=BACKTEST,
        part=name,
    )


def trade_at_other_prices(
    panel: Panel, decided: Decided, *, backtest: Backtest, scenario: Scenario, seed: int
) -> BacktestResult:
    """The same weights at the scenario's prices."""
    prices = scenario.prices(price_grid(panel, backtest.fields()), seed=seed)
    return backtest.run(decided.decided_D, decided.weights_DS, prices)


def decide_otherwise(decided: Decided, *, scenario: Scenario) -> Decided:
    """Other weights at the same times."""
    return replace(decided, weights_DS=scenario.decisions(decided.weights_DS))


def forecast_otherwise(forecasts: Forecasts, *, scenario: Scenario, seed: int) -> Forecasts:
    """Other forecasts of the same rows."""
    return forecasts.with_values(scenario.forecasts(forecasts.values_MO, seed=seed))


def earned(account: BacktestResult) -> dict[str, Float]:
    """returns_T of an account: net returns per bar."""
    return {"returns_T": account.equity["return"].to_numpy(dtype=np.float64)}


def outcome(scenario: Scenario, returns_T: Float) -> Played:
    """What gates see of a scenario that earned this."""
    return Played(returns_T=returns_T, phrase=scenario.phrase, costs_times=scenario.costs_times)


def scenario_metrics(
    scenarios: Mapping[str, Played], metrics: Mapping[str, Metric], bars_per_year: float
) -> dict[str, float]:
    """Figures of the portfolio's net returns in each scenario, as double_costs/sharpe."""
    return {
        f"{scenario}/{name}": value
        for scenario, found in scenarios.items()
        for name, value in return_metrics(found.returns_T, metrics, bars_per_year).items()
    }
