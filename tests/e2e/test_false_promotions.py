"""The study of false promotions: what stands in its results is what its code finds, and keeps what it promises."""

import json
from functools import partial

import numpy as np
import pytest

import false_promotions as study
import worlds
from components.statistics.sharpe import sharpe_ratio
from docs import interval

RESULTS = json.loads(study.RESULTS.read_text(encoding="utf-8"))
NOISE = {cell["name"]: cell for cell in RESULTS["noise"]}


def test_carriers_earn_the_stated_sharpe_ratio() -> None:
    rng = np.random.default_rng(0)
    volatility_T, shock_T = worlds.volatility(60_000, rng)
    true_T, own_TK = worlds.autoregressive((60_000, 1), rng)[:, 0], worlds.autoregressive((60_000, 4), rng)
    market_T = worlds.knowing(volatility_T, shock_T, true_T, worlds.strength(2.0))
    signal_TK = worlds.mixed(true_T, own_TK, worlds.CARRIERS_SHARE)
    earned_TK = worlds.World(market_T=market_T, signal_TK=signal_TK).earned()
    assert np.mean([sharpe_ratio(column, 252) for column in earned_TK.T]) == pytest.approx(2.0, abs=0.3)


@pytest.mark.parametrize("correlation", [0.0, 0.5, 0.9])
def test_signals_that_know_nothing_correlate_as_stated(correlation: float) -> None:
    signal_TK = study.noise_world(study.Noise(name="noise", correlation=correlation), 0).signal_TK
    found = np.corrcoef(signal_TK, rowvar=False)[np.triu_indices(50, 1)]
    assert found.mean() == pytest.approx(correlation, abs=0.15)


def test_rules_never_see_the_months_that_they_trade() -> None:
    world = study.noise_world(study.Noise(name="rules", market="permuted", tries=10), 0)
    assert world.signal_TK.shape == (2520, 10)
    later_TK = world.held() * world.market_T[:, None]
    assert np.abs(later_TK.mean(axis=0) / later_TK.std(axis=0) * np.sqrt(2520)).max() < 4


def test_every_cell_has_its_results_and_enough_people() -> None:
    assert list(NOISE) == [noise.name for noise in study.NOISE]
    assert len(RESULTS["power"]) == len(study.SHARPES) * len(study.YEARS) * len(study.TRIES)
    assert min(cell["users"] for cell in RESULTS["noise"]) >= 300
    # What has a Sharpe ratio of 2 is found nearly always: fewer people show it.
    assert min(cell["users"] for cell in RESULTS["power"] if cell["sharpe"] < 2) >= 300
    assert min(cell["users"] for cell in RESULTS["power"]) >= 200


def bounds(cell: dict, rate: str = "promoted") -> tuple[float, float]:
    """The exact interval of a cell, as the tables print it."""
    low, high = interval(cell[rate], cell["users"]).replace("%", "").split(" to ")
    return float(low) / 100, float(high) / 100


@pytest.mark.parametrize("name", NOISE)
def test_noise_is_promoted_in_one_to_five_percent(name: str) -> None:
    low, high = bounds(NOISE[name])
    assert low <= 0.05
    assert high >= 0.01


def test_noise_that_pays_its_costs_is_promoted_in_less_than_five_percent() -> None:
    paying = [cell for cell in NOISE.values() if cell["cost"] > study.NEXT_TO_NOTHING]
    assert max(cell["promoted"] / cell["users"] for cell in paying) <= 0.04


def test_what_is_real_is_found_nearly_as_often_as_by_the_best_test() -> None:
    short = [cell for cell in RESULTS["power"] if bounds(cell)[1] < 0.85 * cell["best_test"]]
    assert short == []
    found = sum(cell["promoted"] / cell["users"] for cell in RESULTS["power"])
    assert found >= 0.85 * sum(cell["best_test"] for cell in RESULTS["power"])
    (named,) = [c for c in RESULTS["power"] if (c["sharpe"], c["years"], c["tries"]) == (1.0, 10, 50)]
    assert named["promoted"] / named["users"] >= 0.45


@pytest.mark.slow
@pytest.mark.parametrize("noise", [n for n in study.NOISE if n.sweeps == 1], ids=lambda n: n.name)
def test_the_first_people_come_out_as_stated(noise: study.Noise) -> None:
    outcomes = list(map(partial(study.noise_user, noise), range(12)))
    assert study.promoted(outcomes)["promoted_seeds"] == [s for s in NOISE[noise.name]["promoted_seeds"] if s < 12]


@pytest.mark.slow
def test_a_small_study_of_power_agrees_with_the_whole_one() -> None:
    cells = list(study.power_cells(2.0, [study.power_user(2.0, seed) for seed in range(6)]))
    assert [(cell["years"], cell["tries"]) for cell in cells] == [(y, n) for y in study.YEARS for n in study.TRIES]
    assert all(cell["promoted"] >= 5 for cell in cells if cell["years"] == 20)
    assert sum(cell["promoted"] for cell in cells if cell["years"] == 5) >= 12
