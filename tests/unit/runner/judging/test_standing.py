"""Where a run stands, gates aside: the best baseline, holding the market, what could be shown, what comes first."""

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from components.values import Evidence, Scored
from runner.judging.standing import Standing, standing_of

DAY = np.timedelta64(1, "D")
START = np.datetime64("2010-01-01", "us")
T = 1600
RNG = np.random.default_rng(3)
Y = RNG.normal(size=T)


def run(**given: Any) -> Evidence:
    """Four folds of 400 days; the forecast knows half of the outcome."""
    forecast = given.pop("forecast", 0.5 * Y)
    stamps = START + np.arange(T) * DAY
    test = Scored(
        span="test",
        timestamps_M=stamps,
        symbols_M=np.zeros(T, dtype=np.int32),
        fold_M=1 + np.arange(T) // 400,
        forecast_M=forecast,
        target_M=Y,
        train_mean_M=np.zeros(T),
        baselines=given.pop("baselines", {"har": 0.2 * Y, "last_value": np.roll(Y, 1)}),
    )
    standard: dict[str, Any] = {
        "metrics": {"test/r2": 0.75, "test/har/r2": 0.36},
        "valid": test,
        "test": test,
        "horizon_bars": 1,
        "kind": "level",
        "returns_T": RNG.normal(0.001, 0.01, T),
        "benchmark_T": RNG.normal(0.0002, 0.01, T),
        "stamps_T": stamps,
        "bars_per_year": 252.0,
    }
    return Evidence(**{**standard, **given})


def test_the_best_baseline_is_the_one_with_the_smallest_loss() -> None:
    found = standing_of(run())
    assert found.rival is not None
    assert (found.rival.name, found.rival.beaten) == ("har", True)
    assert found.rival.gain == pytest.approx(1 - 0.5**2 / 0.8**2)
    assert found.forecast == "R² 0.750, against 0.360 of har, the best baseline"


@pytest.mark.parametrize("share", [0.2, 0.19])
def test_what_is_no_better_is_not_beaten(share: float) -> None:
    found = standing_of(run(forecast=share * Y))
    assert found.rival is not None
    assert not found.rival.beaten


def test_without_baselines_there_is_no_rival() -> None:
    found = standing_of(run(baselines={}))
    assert (found.rival, found.provable) == (None, None)


def test_a_portfolio_is_behind_where_holding_earned_more_or_nothing_was_earned() -> None:
    ahead = run()
    assert not standing_of(ahead).behind
    assert standing_of(replace(ahead, benchmark_T=ahead.returns_T + 0.001)).behind
    assert standing_of(replace(ahead, returns_T=-np.abs(ahead.returns_T), benchmark_T=-np.abs(ahead.returns_T))).behind
    assert not standing_of(replace(ahead, has_portfolio=False, returns_T=np.zeros(T))).behind


def test_the_smallest_effect_falls_with_the_length_of_the_record_and_rises_with_the_probability() -> None:
    returns_T = RNG.normal(0.0005, 0.01, 2520)
    long, short = (
        standing_of(run(kind="return", returns_T=r_T, stamps_T=np.empty(0, dtype="datetime64[us]"))).provable
        for r_T in (returns_T, returns_T[:504])
    )
    assert long is not None
    assert short is not None
    assert 0 < long.half < long.ninety < short.ninety
    assert [more for more, _ in long.later] == [10, 100, 1000]
    kept = Standing(provable=long)
    assert Standing.from_json(json.loads(json.dumps(kept.to_json()))) == kept
    assert json.loads(json.dumps(kept.to_json())) == kept.to_json()
    assert long.half < long.later[0][1] < long.later[1][1] < long.later[2][1]
    assert long.half == pytest.approx(1.645 / np.sqrt(10), rel=0.25)
    assert long.ninety == pytest.approx((1.645 + 1.282) / np.sqrt(10), rel=0.25)


def test_years_under_water_are_said_first() -> None:
    returns_T = np.concatenate([np.full(100, 0.01), np.full(700, -0.0001), np.full(800, 0.01)])
    (said,) = standing_of(run(returns_T=returns_T)).first
    assert said.startswith("The portfolio was under water for 2.8 of 6.3 years, from 2010-04-10 on")
    still = np.concatenate([np.full(700, 0.01), np.full(900, -0.0001)])
    first = standing_of(run(returns_T=still)).first
    assert (
        first[0] == "The portfolio was under water for 3.6 of 6.3 years, from 2011-12-01 on, and still is at the end."
    )
    assert first[1] == "In its last 2 of 4 folds, from 2012-03-11 on, the portfolio lost."
    assert standing_of(run(returns_T=np.full(T, 0.001) + RNG.normal(0, 1e-4, T))).first == ()


def test_last_folds_that_fail_are_said_first() -> None:
    forecast = np.where(np.arange(T) < 800, 0.5, -0.5) * Y
    (said,) = standing_of(run(forecast=forecast, returns_T=np.full(T, 0.001))).first
    assert said == "In its last 2 of 4 folds, from 2012-03-11 on, the forecast is no better than the training mean."


def test_it_is_written_and_read_back() -> None:
    for found in (standing_of(run()), standing_of(run(baselines={})), Standing()):
        assert Standing.from_json(json.loads(json.dumps(found.to_json(), allow_nan=False))) == found
