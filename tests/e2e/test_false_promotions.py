"""The study of false promotions: what stands in its results is what its code finds."""

import json

import numpy as np
import pytest

import false_promotions as study
from components.statistics.sharpe import sharpe_ratio

RESULTS = {scenario["name"]: scenario for scenario in json.loads(study.RESULTS.read_text(encoding="utf-8"))}


def test_carriers_earn_the_stated_sharpe_ratio() -> None:
    scenario = study.Scenario(name="many", carriers=50, sharpe=2.0)
    ratios = []
    for seed in range(6):
        world = study.World.of(scenario, seed)
        earned = study.earned(world.signal_TK, world.market_T)
        ratios += [sharpe_ratio(column, study.BARS_A_YEAR) for column in earned.T]
    assert np.mean(ratios) == pytest.approx(2.0, abs=0.35)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_signals_that_know_nothing_correlate_as_stated(correlation: float) -> None:
    signal = study.World.of(study.Scenario(name="noise", correlation=correlation), 0).signal_TK
    found = np.corrcoef(signal, rowvar=False)[np.triu_indices(50, 1)]
    assert found.mean() == pytest.approx(correlation, abs=0.15)


def test_every_scenario_has_its_results() -> None:
    assert list(RESULTS) == [scenario.name for scenario in study.SCENARIOS]
    assert all(RESULTS[s.name]["judged"] == RESULTS[s.name]["seeds"] * s.sweeps for s in study.SCENARIOS)


@pytest.mark.slow
@pytest.mark.parametrize("scenario", [s for s in study.SCENARIOS if s.sweeps == 1], ids=lambda s: s.name)
def test_the_first_seeds_come_out_as_stated(scenario: study.Scenario) -> None:
    promoted = [seed for seed in range(4) if any(sweep["promoted"] for sweep in study.judged(scenario, seed))]
    assert promoted == [seed for seed in RESULTS[scenario.name]["promoted_seeds"] if seed < 4]
