"""The gate on what is too good to be true."""

from dataclasses import replace

import numpy as np
import pytest

from components.gates.plausible import Plausible
from components.leaks.plausible import ceiling, claims, too_good
from components.values import Evidence, Scored

GATE = Plausible(required=True)


def scored(r: float, *, times: int = 1500, symbols: int = 1, seed: int = 0) -> Scored:
    rng = np.random.default_rng(seed)
    y_M = rng.normal(size=times * symbols)
    days = np.datetime64("2015-01-01", "us") + np.arange(times) * np.timedelta64(1, "D")
    return Scored(
        span="test",
        timestamps_M=np.repeat(days, symbols),
        symbols_M=np.tile(np.arange(symbols, dtype=np.int32), times),
        fold_M=np.ones(times * symbols, dtype=np.int64),
        forecast_M=r * y_M + np.sqrt(1 - r * r) * rng.normal(size=times * symbols),
        target_M=y_M,
        train_mean_M=np.zeros(times * symbols),
    )


def evidence(r: float, sharpe: float, *, kind: str = "return", horizon: int = 1, times: int = 1500) -> Evidence:
    rng = np.random.default_rng(1)
    noise_T = rng.normal(size=times)
    returns_T = 0.01 * ((noise_T - noise_T.mean()) / noise_T.std(ddof=1) + sharpe / np.sqrt(252))
    found = scored(r, times=times)
    return Evidence(
        metrics={},
        valid=found,
        test=found,
        horizon_bars=horizon,
        kind=kind,
        returns_T=returns_T,
        benchmark_T=np.zeros(times),
        bars_per_year=252.0,
    )


@pytest.mark.parametrize(("r", "sharpe"), [(0.02, 0.3), (0.08, 1.0), (0.16, 2.0), (0.0, -1.0)])
def test_what_real_skill_looks_like_is_believed(r, sharpe) -> None:
    found = evidence(r, sharpe)
    judgement = GATE.judge(found)
    assert judgement.status == "passed"
    assert judgement.says.startswith("It is believable: the correlation of forecasts with outcomes is ")
    assert too_good(found) == ""


def test_skill_beyond_any_honest_forecast_fails_in_words() -> None:
    judgement = GATE.judge(evidence(0.55, 1.0))
    assert (judgement.status, judgement.threshold) == ("failed", 0.2)
    assert judgement.value == pytest.approx(0.495, abs=0.01), "less two standard errors"
    assert judgement.says == (
        "Too good to be true: the correlation of forecasts with outcomes is 0.53, by more than two "
        "standard errors above 0.20, which no honest forecast of a market at this horizon reaches. It is a leak until "
        "shown otherwise: run leaktest, and look at the features with most importance."
    )


def test_a_sharpe_ratio_of_nine_fails() -> None:
    judgement = GATE.judge(evidence(0.05, 9.0))
    assert (judgement.status, judgement.threshold) == ("failed", 4.0)
    assert judgement.value == pytest.approx(8.11, abs=0.01), "less two standard errors"
    assert "the net Sharpe ratio a year is 9.00, by more than two standard errors above 4.00" in judgement.says


def test_luck_in_a_short_record_is_no_accusation() -> None:
    assert GATE.judge(evidence(0.3, 5.0, times=60)).status == "passed"


def test_a_direction_is_judged_like_a_return() -> None:
    assert GATE.judge(evidence(0.5, 1.0, kind="direction")).status == "failed"


def test_a_level_has_no_ceiling() -> None:
    judgement = GATE.judge(evidence(0.95, 9.0, kind="level"))
    assert (judgement.status, judgement.says) == (
        "not_applicable",
        "A level is honestly foretold: there is no ceiling on its forecasts.",
    )
    assert too_good(evidence(0.95, 9.0, kind="level")) == ""


def test_what_cannot_be_computed_fails() -> None:
    constant = evidence(0.1, 1.0)
    flat = Scored(**{**vars(constant.test), "forecast_M": np.zeros(1500)})
    broken = Evidence(**{**vars(constant), "test": flat})
    judgement = GATE.judge(broken)
    assert (judgement.status, judgement.value) == ("failed", None)
    assert judgement.says == (
        "Whether it is believable cannot be said: the correlation of forecasts with outcomes is undefined."
    )
    idle = Evidence(**{**vars(constant), "returns_T": np.zeros(1500)})
    assert GATE.judge(idle).status == "failed"


def test_the_ceiling_rises_with_the_horizon_and_with_what_the_past_foretells() -> None:
    ceilings = [ceiling(span, 252.0) for span in (1, 5, 20, 60)]
    assert ceilings == sorted(ceilings)
    assert ceiling(1, 252.0, own_r=0.2) > ceiling(1, 252.0)
    assert ceiling(60, 252.0) <= 0.85


def test_a_market_that_bounces_is_foretold_by_its_own_past() -> None:
    rng = np.random.default_rng(2)
    noise = rng.normal(size=4001)
    y = noise[1:] - 0.8 * noise[:-1]
    honest = Scored(**{**vars(scored(0.1, times=4000)), "target_M": y, "forecast_M": -np.r_[0.0, y[:-1]]})
    found = Evidence(**{**vars(evidence(0.1, 1.0)), "test": honest})
    assert all(claim.is_plausible for claim in claims(found))


def test_a_portfolio_that_never_traded_is_not_too_good() -> None:
    found = replace(evidence(0.05, 1.0), returns_T=np.zeros(1500))
    assert too_good(found) == ""
    assert GATE.judge(found).status == "failed", "nor is it shown to be believable"
