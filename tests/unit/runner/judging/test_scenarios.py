"""Worse worlds on a real run: the same weights, traded again, kept in the store."""

import io
from dataclasses import replace

import numpy as np
import pytest

from components.gates.survives_scenario import SurvivesScenario
from components.statistics.performance import max_drawdown
from components.statistics.sharpe import sharpe_ratio
from runner.composition.configure import configure
from runner.compute import pipeline
from runner.compute.decisions import price_grid
from runner.compute.stage import Given
from runner.console import Console
from runner.judging.evidence import complete, gather
from runner.judging.scenarios import played
from runner.judging.tries import alone
from runner.specification.places import Places

OVERRIDES = ("+experiment=nasdaq_technical", "debug=fast", "backtest.cost_bps=20")


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return pipeline.open_cache(Places(outputs=tmp_path_factory.mktemp("stress")), Console(io.StringIO()))


@pytest.fixture(scope="module")
def run(cache):
    experiment, _ = configure(OVERRIDES)
    prepared = pipeline.prepare(experiment, cache)
    return experiment, prepared, pipeline.execute(experiment, prepared, cache)


def returns_of(run, cache):
    accounts = played(*run, cache)
    return {name: account.value.equity["return"].to_numpy() for name, account in accounts.items()}


def test_returns_are_those_of_a_backtest_with_the_worse_settings(run, cache):
    experiment, prepared, executed = run
    found = returns_of(run, cache)
    assert {"double_costs", "one_bar_later"} <= set(found)
    prices = price_grid(prepared.panel, experiment.backtest.fields())
    for name, changes in {
        "double_costs": {
            "cost_bps": 40,
            "borrow_bps_annual": 2 * experiment.backtest.borrow_bps_annual,
            "financing_bps_annual": 2 * experiment.backtest.financing_bps_annual,
        },
        "one_bar_later": {"execution_lag_bars": 2},
    }.items():
        backtest = replace(experiment.backtest, **changes)
        expected = backtest.run(executed.decided_D, executed.weights_DS, prices).equity["return"]
        np.testing.assert_array_equal(found[name], expected)
        assert len(found[name]) == len(executed.backtest.equity)


def test_they_are_computed_once(run, cache):
    first = returns_of(run, cache)
    again = played(*run, cache)
    assert all(account.ensure() for account in again.values())
    for name, returns_T in first.items():
        np.testing.assert_array_equal(again[name].value.equity["return"], returns_T)


def test_found_out_only_where_a_gate_asks(run, cache):
    experiment, *rest = run
    gathered = gather(experiment, *rest, cache)
    evidence = gathered.evidence.value
    tries = Given(key="alone", value=alone(evidence))
    asked = complete(gathered, experiment, *rest, cache, tries).value
    assert {"double_costs", "one_bar_later"} <= set(asked.scenarios)
    for name, found in asked.scenarios.items():
        assert asked.metrics[f"{name}/sharpe"] == sharpe_ratio(found.returns_T, evidence.bars_per_year)
        assert asked.metrics[f"{name}/max_drawdown"] == max_drawdown(found.returns_T)
    assert asked.metrics["double_costs/cagr"] < evidence.metrics["backtest/cagr"]
    checks = {name: gate for name, gate in experiment.gates.checks.items() if not isinstance(gate, SurvivesScenario)}
    without = replace(experiment, gates=replace(experiment.gates, checks=checks))
    assert complete(gathered, without, *rest, cache, tries).value.metrics == evidence.metrics
