"""The gate against the same average exposure held constant."""

import numpy as np
import pytest

from components.gates.exposure_skill import ExposureSkill

RNG = np.random.default_rng(3)
MARKET = RNG.normal(0.0003, 0.01, 2000)


def gate(measure: str = "sharpe") -> ExposureSkill:
    return ExposureSkill(measure=measure, level=0.05, required=False)


@pytest.mark.parametrize("measure", ["sharpe", "mean"])
def test_timing_that_pays_passes(make_evidence, measure: str) -> None:
    timed = MARKET + np.abs(MARKET) * 0.3
    judgement = gate(measure).judge(make_evidence(returns_T=timed, benchmark_T=MARKET))
    assert judgement.status == "passed"
    assert judgement.says.endswith("more than luck explains.")


def test_the_figures_are_said(make_evidence) -> None:
    own = MARKET + RNG.normal(0, 0.01, 2000)
    judgement = gate().judge(make_evidence(returns_T=own, benchmark_T=MARKET))
    ratios = [r.mean() / r.std(ddof=1) * np.sqrt(252) for r in (own, MARKET)]
    assert judgement.status == "failed"
    assert judgement.says.startswith(f"The portfolio's Sharpe ratio is {ratios[0]:.3f}")
    assert "for the market held at the same average exposure" in judgement.says
    assert "On these dates a Sharpe ratio " in judgement.says
    by_mean = gate("mean").judge(make_evidence(returns_T=own, benchmark_T=MARKET))
    assert by_mean.says.startswith(f"The portfolio earns {own.mean() * 25200:.1f} % a year, against ")
    assert " a year more than the benchmark would suffice." in by_mean.says


def test_holding_the_benchmark_is_no_skill(make_evidence) -> None:
    judgement = gate().judge(make_evidence(returns_T=MARKET, benchmark_T=MARKET))
    assert (judgement.status, judgement.value) == ("failed", None)


def test_missing_bars_are_left_out(make_evidence) -> None:
    own, held = MARKET + 0.001 * np.sin(np.arange(2000)), MARKET
    holes = make_evidence(returns_T=np.append(np.nan, own), benchmark_T=np.append(0.5, held))
    assert gate().judge(holes) == gate().judge(make_evidence(returns_T=own, benchmark_T=held))


def test_without_benchmark_or_trades_it_fails(make_evidence) -> None:
    flat = np.zeros(100)
    unbenchmarked = gate().judge(make_evidence(returns_T=MARKET[:100], benchmark_T=flat))
    assert unbenchmarked.status == "failed"
    assert unbenchmarked.says == "The portfolio has no benchmark: its average exposure is zero."
    idle = gate().judge(make_evidence(returns_T=flat, benchmark_T=MARKET[:100]))
    assert idle.status == "failed"
    assert idle.says == "The portfolio never traded: there is no timing to judge."
    assert gate().judge(make_evidence()).status == "failed"
