"""The share of "up" calls against the share of rises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.gates.positive_share import PositiveShare

GATE = PositiveShare(band=0.05, span="test", required=True)


def evidence_of(make_scored, make_evidence, *, up: int, rises: int, n: int = 1000):
    """n dates of which `up` are called up and `rises` rose."""
    label = (np.arange(n) < rises) * 1.0
    probability = np.where(np.arange(n) < up, 0.6, 0.4) + np.linspace(0, 1e-3, n)
    return make_evidence(test=make_scored(label, probability), kind="direction")


@pytest.mark.parametrize(("up", "status"), [(450, "passed"), (550, "passed"), (440, "failed"), (560, "failed")])
def test_asks_for_45_to_55_percent_where_the_base_rate_is_one_half(make_scored, make_evidence, up, status) -> None:
    judgement = GATE.judge(evidence_of(make_scored, make_evidence, up=up, rises=500))
    assert (judgement.status, judgement.value) == (status, pytest.approx(up / 1000))
    assert judgement.threshold == pytest.approx(0.45 if up < 500 else 0.55)


@settings(deadline=None, max_examples=30)
@given(up=st.integers(0, 400), rises=st.integers(0, 400))
def test_agrees_with_counting(make_scored, make_evidence, up, rises) -> None:
    judgement = GATE.judge(evidence_of(make_scored, make_evidence, up=up, rises=rises, n=400))
    assert (judgement.status == "passed") == (abs(up - rises) <= 0.05 * 400 + 1e-9)


def test_a_one_sided_model_fails_and_hears_which_line_would_suffice(make_scored, make_evidence) -> None:
    rng = np.random.default_rng(3)
    label = (rng.random(2000) < 0.5) * 1.0
    probability = 0.55 + 0.05 * rng.normal(size=2000)
    judgement = GATE.judge(make_evidence(test=make_scored(label, probability), kind="direction"))
    assert judgement.status == "failed"
    line = float(judgement.suffices.split()[3])
    assert judgement.suffices == f'Saying "up" above {line:g} instead of 0.5 would give the share of the outcomes.'
    assert np.mean(probability > line) == pytest.approx(label.mean(), abs=0.02)
    assert judgement.says.endswith(f"is asked for. {judgement.suffices}")


def test_outcomes_of_exactly_zero_have_no_direction(make_scored, make_evidence) -> None:
    returns, forecast = np.array([0.0, 0.0, 0.1, -0.1]), np.array([1.0, 1.0, 1.0, -1.0])
    judgement = GATE.judge(make_evidence(test=make_scored(returns, forecast, folds=1), kind="return"))
    assert (judgement.status, judgement.value) == ("passed", 0.5)


def test_levels_and_empty_spans(make_scored, make_evidence) -> None:
    level = GATE.judge(make_evidence(kind="level"))
    assert (level.status, level.says) == (
        "not_applicable",
        "A level has no direction: this gate is for direction and return targets.",
    )
    nothing = GATE.judge(make_evidence(kind="direction"))
    assert (nothing.status, nothing.says) == ("failed", "There is no direction to count on the test spans.")
