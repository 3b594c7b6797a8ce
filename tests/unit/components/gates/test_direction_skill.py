"""The gate against always saying the same."""

import re

import numpy as np

from components.gates.direction_skill import DirectionSkill

RNG = np.random.default_rng(2)
SIGNAL = RNG.normal(size=1200)
UP = (SIGNAL + RNG.normal(size=1200) > -0.1).astype(float)
GATE = DirectionSkill(level=0.05, span="test", required=True)


def test_real_skill_passes(make_scored, make_evidence) -> None:
    probability = 1 / (1 + np.exp(-SIGNAL))
    judgement = GATE.judge(make_evidence(test=make_scored(UP, probability), kind="direction"))
    right = np.mean((probability > 0.5) == (UP > 0.5))
    assert judgement.status == "passed"
    assert re.fullmatch(
        rf"{right * 100:.1f} % of the directions on the test spans are forecast right, against "
        rf'{UP.mean() * 100:.1f} % for always saying "up" \(t = [\d.]+, p < 0\.001\): '
        r"more than luck explains\.",
        judgement.says,
    )


def test_returns_are_judged_by_their_sign(make_scored, make_evidence) -> None:
    scored = make_scored(2 * UP - 1, SIGNAL)
    from_returns = GATE.judge(make_evidence(test=scored, kind="return"))
    from_labels = GATE.judge(make_evidence(test=make_scored(UP, SIGNAL + 0.5), kind="direction"))
    assert from_returns == from_labels


def test_a_market_that_falls_is_compared_with_always_down(make_scored, make_evidence) -> None:
    judgement = GATE.judge(make_evidence(test=make_scored(-Y_FALLING, RNG.normal(size=300)), kind="return"))
    assert judgement.status == "failed"
    assert 'for always saying "down"' in judgement.says
    assert "no improvement at all" in judgement.says


Y_FALLING = np.where(np.arange(300) % 4 == 0, -0.01, 0.01)


def test_always_up_is_not_skill(make_scored, make_evidence) -> None:
    judgement = GATE.judge(make_evidence(test=make_scored(UP, np.full(1200, 0.6)), kind="direction"))
    assert (judgement.status, judgement.value) == ("failed", None)
    assert "but whether that is luck cannot be tested" in judgement.says


def test_days_without_a_move_do_not_count(make_scored, make_evidence) -> None:
    moves = np.where(np.arange(1200) % 5 == 0, 0.0, 2 * UP - 1)
    judgement = GATE.judge(make_evidence(test=make_scored(moves, SIGNAL), kind="return"))
    right = np.mean(np.sign(moves[moves != 0]) == np.sign(SIGNAL[moves != 0]))
    assert judgement.says.startswith(f"{right * 100:.1f} % of the directions")


def test_levels_have_no_direction(make_scored, make_evidence) -> None:
    judgement = GATE.judge(make_evidence(test=make_scored(UP, SIGNAL), kind="level"))
    assert judgement.status == "not_applicable"
    assert judgement.says == "A level has no direction: this gate is for direction and return targets."


def test_nothing_to_score_fails(make_scored, make_evidence) -> None:
    judgement = GATE.judge(make_evidence(test=make_scored([0.0, np.nan], [1.0, 1.0]), kind="return"))
    assert (judgement.status, judgement.value) == ("failed", None)
    assert judgement.says == "There is no direction to score on the test spans."
