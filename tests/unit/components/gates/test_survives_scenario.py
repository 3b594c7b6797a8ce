"""The profit in worse worlds, and which costs would pass."""

import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.gates.survives_scenario import SurvivesScenario
from components.values import Played

RNG = np.random.default_rng(11)
FREE = RNG.normal(0.0006, 0.01, 2500)
TRADED = RNG.uniform(0, 1, 2500)
YEARS = 2500 / 252


def gate(scenario="double_costs", measure="mean", minimum=0.0, kept=None) -> SurvivesScenario:
    return SurvivesScenario(scenario=scenario, measure=measure, minimum=minimum, min_share_kept=kept, required=True)


def at(bps: float):
    """Net returns where trading a share of equity costs that many basis points."""
    return FREE - bps * 1e-4 * TRADED


def evidence_of(make_evidence, bps: float):
    metrics = {
        "backtest/cost_annual": bps * 1e-4 * TRADED.sum() / YEARS,
        "backtest/turnover_annual": TRADED.sum() / YEARS,
    }
    scenarios = {
        "double_costs": Played(returns_T=at(2 * bps), phrase="with every cost doubled", costs_times=2.0),
        "one_bar_later": Played(returns_T=0.5 * at(bps), phrase="with fills one bar later"),
    }
    return make_evidence(returns_T=at(bps), scenarios=scenarios, metrics=metrics)


def test_asks_for_its_scenario() -> None:
    assert gate().needs() == {"scenarios"}
    assert gate("one_bar_later").scenarios() == ("one_bar_later",)


@settings(deadline=None, max_examples=40)
@given(
    bps=st.floats(1.0, 60.0),
    minimum=st.floats(-0.1, 0.1),
    kept=st.one_of(st.none(), st.floats(0.0, 0.99)),
)
def test_the_costs_said_to_pass_are_the_largest_that_do(make_evidence, bps, minimum, kept) -> None:
    judge = gate(minimum=minimum, kept=kept).judge
    judgement = judge(evidence_of(make_evidence, bps))
    said = re.search(r"at most ([\d.,e+-]+) bps of what is traded would pass, not ([\d.]+)\.$", judgement.suffices)
    if said is None:
        assert judgement.status == "passed" or "even free trading would not suffice" in judgement.suffices
        return
    assert float(said[2]) == pytest.approx(bps, rel=0.01)
    allowed = float(said[1])
    assert judge(evidence_of(make_evidence, max(0.98 * allowed - 0.01, 1e-6))).status == "passed"
    assert judge(evidence_of(make_evidence, 1.02 * allowed + 0.01)).status == "failed"


def test_where_even_free_trading_loses_costs_are_not_blamed(make_evidence) -> None:
    judgement = gate(minimum=5.0).judge(evidence_of(make_evidence, 10.0))
    assert judgement.suffices == "The costs are not what fails: even free trading would not suffice."


def test_figures_are_said_for_both_measures(make_evidence) -> None:
    judgement = gate(measure="sharpe").judge(evidence_of(make_evidence, 2.0))
    assert judgement.status == "passed"
    assert re.fullmatch(
        r"The portfolio's Sharpe ratio is [\d.]+, and [\d.]+ with every cost doubled; at least 0 is asked for\.",
        judgement.says,
    )
    mean = gate(measure="mean").judge(evidence_of(make_evidence, 2.0))
    assert mean.value == pytest.approx(252 * at(4.0).mean())
    assert "mean net return is" in mean.says


def test_a_delay_that_halves_the_result_keeps_half(make_evidence) -> None:
    evidence = evidence_of(make_evidence, 2.0)
    assert gate("one_bar_later", kept=0.49).judge(evidence).status == "passed"
    late = gate("one_bar_later", kept=0.6).judge(evidence)
    assert late.status == "failed"
    assert re.fullmatch(r"In it [\d.]+ % a year more would suffice\.", late.suffices)
    hopeless = gate("one_bar_later", measure="sharpe", minimum=9.0).judge(evidence)
    assert re.fullmatch(
        r"The scenario is not what fails: a Sharpe ratio [\d.]+ higher would suffice\.", hopeless.suffices
    )


def test_without_a_scenario_costs_or_trades_nothing_is_shown(make_evidence) -> None:
    evidence = evidence_of(make_evidence, 0.0)
    assert gate().judge(evidence).says == "The backtest has no costs, so more of them show nothing."
    missing = gate().judge(replace(evidence, scenarios={}))
    assert (missing.status, missing.value) == ("failed", None)
    assert missing.says == "The scenario double_costs could not be played: the backtest does not offer it."
    idle = make_evidence(
        returns_T=np.zeros(9), scenarios={"one_bar_later": Played(returns_T=np.zeros(9), phrase="late")}
    )
    judgement = gate("one_bar_later").judge(idle)
    assert (judgement.status, judgement.says) == (
        "failed",
        "The portfolio never traded: there is nothing to compare.",
    )
