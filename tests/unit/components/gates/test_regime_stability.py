"""Skill by market regime."""

import numpy as np
import pytest

from components.gates.regime_stability import RegimeStability, _regimes

DAY = np.timedelta64(1, "D")
T = 900
STAMPS = np.datetime64("2015-01-01", "us") + np.arange(T) * DAY
RNG = np.random.default_rng(4)
# Calm for the first third, then livelier, then wild; rising in the first half of each.
MARKET = np.repeat([0.002, 0.01, 0.03], 300) * RNG.choice([-1, 1], T) + np.tile(np.repeat([0.003, -0.003], 150), 3)


def gate(measure="forecast_skill", min_share=0.8) -> RegimeStability:
    return RegimeStability(measure=measure, window_bars=20, min_share=min_share, required=True)


def evidence_of(make_scored, make_evidence, forecast, target, returns=None, **given):
    returns = np.zeros(T) if returns is None else returns
    return make_evidence(
        test=make_scored(target, forecast), stamps_T=STAMPS, market_T=MARKET, returns_T=returns, **given
    )


def naive_regimes(market, window):
    """name -> bars, one bar at a time."""
    volatility, trend = {}, {}
    for t in range(window - 1, len(market)):
        past = market[t - window + 1 : t + 1]
        volatility[t], trend[t] = np.sqrt(np.mean(past**2)), past.sum()
    low, high = np.quantile(list(volatility.values()), [1 / 3, 2 / 3])
    return {
        "calm": {t for t, v in volatility.items() if v <= low},
        "middling": {t for t, v in volatility.items() if low < v <= high},
        "turbulent": {t for t, v in volatility.items() if v > high},
        "rising": {t for t, x in trend.items() if x >= 0},
        "falling": {t for t, x in trend.items() if x < 0},
    }


def test_regimes_agree_with_one_bar_at_a_time() -> None:
    found = {name: set(np.flatnonzero(member_T)) for name, member_T in _regimes(MARKET, 20).items()}
    assert found == naive_regimes(MARKET, 20)


def test_a_bar_is_sorted_by_what_was_known_at_its_close_apart_from_the_cut_points() -> None:
    changed = MARKET.copy()
    changed[600] *= -1  # the volatilities and their terciles stay, the sign of the trend after it may not
    before, after = (_regimes(market, 20) for market in (MARKET, changed))
    for name in before:
        np.testing.assert_array_equal(before[name][:600], after[name][:600])


def test_skill_everywhere_passes(make_scored, make_evidence) -> None:
    target = RNG.normal(size=T)
    judgement = gate().judge(evidence_of(make_scored, make_evidence, 0.5 * target, target))
    assert (judgement.status, judgement.value) == ("passed", 1.0)
    assert judgement.says.startswith(
        "The share of the training mean's loss that the forecast saves is above 0 in 5 of 5 market regimes (100 %); "
        "the weakest is the "
    )
    assert judgement.says.endswith("market with 75 %.")  # 1 - 0.25


def test_skill_in_calm_markets_alone_fails_and_says_where_it_is_missing(make_scored, make_evidence) -> None:
    target = RNG.normal(size=T)
    forecast = np.where(np.arange(T) < 320, 0.9, -0.9) * target
    judgement = gate().judge(evidence_of(make_scored, make_evidence, forecast, target))
    assert (judgement.status, judgement.value) == ("failed", 0.2)
    assert "the weakest is the turbulent market with -261 %" in judgement.says
    assert judgement.suffices == (
        "4 of 5 regimes are needed; the skill is absent in the middling, turbulent, rising and falling market."
    )


def test_a_return_belongs_to_the_regime_before_it(make_scored, make_evidence) -> None:
    regimes = naive_regimes(MARKET, 20)
    returns = np.full(T, -0.001)
    for t in regimes["calm"]:
        if t + 1 < T:
            returns[t + 1] = 0.01
    target = RNG.normal(size=T)
    evidence = evidence_of(make_scored, make_evidence, target, target, returns)
    judgement = gate("net_return", 0.1).judge(evidence)
    assert judgement.status == "passed"
    assert "the weakest is the" in judgement.says
    assert judgement.says.endswith("with -0.1 % a bar.")


def test_rank_ic_by_regime(make_scored, make_evidence) -> None:
    target = RNG.normal(size=T * 5)
    scored = make_scored(target, target + RNG.normal(size=T * 5), symbols=5)
    evidence = make_evidence(test=scored, stamps_T=STAMPS, market_T=MARKET, returns_T=np.zeros(T), kind="return")
    judgement = gate("rank_ic").judge(evidence)
    assert (judgement.status, judgement.value) == ("passed", 1.0)


def test_a_direction_is_judged_by_its_log_loss(make_scored, make_evidence) -> None:
    label = (RNG.random(T) < 0.5) * 1.0
    scored = make_scored(label, 0.5 + 0.2 * (label - 0.5))
    scored.train_mean_M[:] = 0.5
    evidence = make_evidence(test=scored, stamps_T=STAMPS, market_T=MARKET, kind="direction")
    judgement = gate().judge(evidence)
    assert judgement.status == "passed"
    saved = 1 - np.log(0.6) / np.log(0.5)
    assert judgement.says.endswith(f"with {100 * saved:.1f} %.")


@pytest.mark.parametrize("measure", ["forecast_skill", "rank_ic", "net_return"])
def test_a_short_record_has_no_regimes(make_evidence, measure) -> None:
    judgement = gate(measure).judge(make_evidence())
    assert (judgement.status, judgement.says) == (
        "failed",
        "The record is too short for regimes over 20 bars.",
    )


def test_regimes_with_too_few_dates_are_left_out(make_scored, make_evidence) -> None:
    target = RNG.normal(size=30)
    evidence = make_evidence(test=make_scored(target, target), stamps_T=STAMPS, market_T=MARKET)
    assert gate().judge(evidence).status == "failed"
