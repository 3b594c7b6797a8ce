"""The share of outcomes inside their intervals."""

from dataclasses import replace

import numpy as np
import pytest

from components.gates.interval_coverage import IntervalCoverage

GATE = IntervalCoverage(tolerance=0.03, span="test", required=True)
Y = np.random.default_rng(5).normal(size=4000)
NINETY = 1.6448536269514722


def intervals(make_scored, make_evidence, half: float, coverage: float = 0.9):
    scored = make_scored(Y, np.zeros(4000))
    return make_evidence(test=replace(scored, lower_M=-half + 0 * Y, upper_M=half + 0 * Y, coverage=coverage))


def test_honest_intervals_pass(make_scored, make_evidence) -> None:
    judgement = GATE.judge(intervals(make_scored, make_evidence, NINETY))
    assert judgement.status == "passed"
    assert judgement.value == pytest.approx(np.mean(np.abs(Y) <= NINETY))
    assert "of the outcomes on the test spans lie in their intervals, which promise 90 %" in judgement.says


@pytest.mark.parametrize(("half", "threshold"), [(1.0, 0.87), (3.0, 0.93)])
def test_too_narrow_and_too_wide_fail_and_the_factor_said_does_suffice(
    make_scored, make_evidence, half, threshold
) -> None:
    judgement = GATE.judge(intervals(make_scored, make_evidence, half))
    assert (judgement.status, judgement.threshold) == ("failed", pytest.approx(threshold))
    factor = float(judgement.suffices.split()[1])
    assert judgement.suffices == f"Intervals {factor:g} times as wide would have held the promised share."
    assert GATE.judge(intervals(make_scored, make_evidence, half * factor)).status == "passed"


def test_rows_without_an_interval_do_not_count(make_scored, make_evidence) -> None:
    evidence = intervals(make_scored, make_evidence, NINETY)
    holes = replace(evidence.test, upper_M=np.where(np.arange(4000) < 100, np.nan, NINETY))
    judgement = GATE.judge(replace(evidence, test=holes))
    assert judgement.value == pytest.approx(np.mean(np.abs(Y[100:]) <= NINETY))


def test_forecasts_without_intervals(make_scored, make_evidence) -> None:
    judgement = GATE.judge(make_evidence(test=make_scored(Y, Y)))
    assert (judgement.status, judgement.says) == ("failed", "The forecasts have no intervals.")
    evidence = intervals(make_scored, make_evidence, np.nan)
    assert GATE.judge(evidence).says == "No forecast on the test spans has an interval and an outcome."


def test_intervals_without_width(make_scored, make_evidence) -> None:
    judgement = GATE.judge(intervals(make_scored, make_evidence, 0.0))
    assert judgement.suffices == "The intervals have no width; wider ones would suffice."
