"""The gate on the certainty of a Sharpe ratio."""

import re

import numpy as np
import pytest

from components.gates.probabilistic_sharpe import ProbabilisticSharpe
from components.statistics.sharpe import probabilistic_sharpe, sharpe_sample

RNG = np.random.default_rng(5)
NOISE = RNG.normal(0, 0.01, 1260)
NOISE -= NOISE.mean()


def gate(hurdle: float = 0.0) -> ProbabilisticSharpe:
    return ProbabilisticSharpe(hurdle=hurdle, probability=0.95, required=True)


def test_a_long_good_record_passes(make_evidence) -> None:
    returns = NOISE + 0.001
    judgement = gate().judge(make_evidence(returns_T=returns))
    assert judgement.status == "passed"
    assert judgement.value == pytest.approx(probabilistic_sharpe(sharpe_sample(returns)))
    assert re.fullmatch(
        r"The portfolio's Sharpe ratio is 1\.\d+ a year over 5 years: [\d.]+ % sure to exceed 0\.",
        judgement.says,
    )


def test_a_short_record_fails_and_the_length_that_suffices_is_true(make_evidence) -> None:
    returns = NOISE + 0.0002
    judgement = gate().judge(make_evidence(returns_T=returns))
    assert judgement.status == "failed"
    years = float(re.search(r"A record of ([\d.]+) years with the same ratio would suffice", judgement.says)[1])
    longer = np.tile(returns, int(np.ceil(years / 5)))
    assert gate().judge(make_evidence(returns_T=longer)).status == "passed"


def test_a_loss_cannot_be_mended_by_waiting(make_evidence) -> None:
    judgement = gate().judge(make_evidence(returns_T=NOISE - 0.0005))
    assert judgement.status == "failed"
    assert judgement.says.endswith("No longer record would suffice: the ratio itself must rise.")


def test_a_higher_hurdle_is_harder(make_evidence) -> None:
    evidence = make_evidence(returns_T=NOISE + 0.001)
    assert gate(1.0).judge(evidence).value < gate(0.5).judge(evidence).value


def test_a_portfolio_that_never_traded_fails(make_evidence) -> None:
    judgement = gate().judge(make_evidence(returns_T=np.array([np.nan, 0.0, 0.0])))
    assert judgement.status == "failed"
    assert judgement.says == "The portfolio never traded: there are no returns to judge."
    assert gate().judge(make_evidence()).status == "failed"


def test_two_returns_are_too_few(make_evidence) -> None:
    judgement = gate().judge(make_evidence(returns_T=np.array([0.01, 0.02])))
    assert (judgement.status, judgement.value) == ("failed", None)
    assert judgement.says == "The Sharpe ratio of 2 returns could not be judged."
