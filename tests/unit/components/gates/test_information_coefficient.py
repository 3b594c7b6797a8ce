"""The gate on the order of symbols."""

import re

import numpy as np

from components.gates.information_coefficient import InformationCoefficient

RNG = np.random.default_rng(4)
SIGNAL = RNG.normal(size=(400, 10))
Y = 0.2 * SIGNAL + RNG.normal(size=(400, 10))


def gate(minimum: float = 0.01, kind: str = "rank") -> InformationCoefficient:
    return InformationCoefficient(kind=kind, minimum=minimum, level=0.05, span="test", required=True)


def test_real_order_passes(make_scored, make_evidence) -> None:
    judgement = gate().judge(make_evidence(test=make_scored(Y.ravel(), SIGNAL.ravel(), symbols=10)))
    assert (judgement.status, judgement.threshold, judgement.relation) == ("passed", 0.05, "<=")
    assert judgement.statistic == "p-value"
    assert judgement.value < 0.001
    assert re.fullmatch(
        r"The mean rank information coefficient on the test spans is 0\.\d+ over 400 dates \(t = [\d.]+, "
        r"p < 0\.001\): more than luck explains\.",
        judgement.says,
    )


def test_order_that_is_too_small_to_pay_fails(make_scored, make_evidence) -> None:
    scored = make_scored(Y.ravel(), SIGNAL.ravel(), symbols=10)
    judgement = gate(minimum=0.5, kind="pearson").judge(make_evidence(test=scored))
    assert judgement.status == "failed"
    assert judgement.says.endswith(
        "more than luck explains. It is below the minimum of 0.5. A mean of 0.5 would suffice."
    )
    assert judgement.suffices == "A mean of 0.5 would suffice."


def test_noise_fails_and_says_what_would_suffice(make_scored, make_evidence) -> None:
    noise = RNG.normal(size=4000)
    judgement = gate().judge(make_evidence(test=make_scored(Y.ravel(), noise, symbols=10)))
    assert judgement.status == "failed"
    assert re.search(r"On these dates a mean of 0\.\d+ would suffice\.", judgement.says)


def test_a_market_wide_shift_is_not_order(make_scored, make_evidence) -> None:
    # Forecast and outcome move together from date to date, but the symbols of a date are noise.
    market = RNG.normal(size=(400, 1)) * 5
    scored = make_scored((Y + market).ravel(), (RNG.normal(size=(400, 10)) + market).ravel(), symbols=10)
    assert gate().judge(make_evidence(test=scored)).status == "failed"


def test_two_symbols_are_no_cross_section(make_scored, make_evidence) -> None:
    scored = make_scored(Y[:, :2].ravel(), SIGNAL[:, :2].ravel(), symbols=2)
    judgement = gate().judge(make_evidence(test=scored))
    assert judgement.status == "failed"
    assert judgement.says == "No date has the 3 symbols that a cross-section needs."
    assert gate().judge(make_evidence()).status == "failed"


def test_forecasts_without_order_fail(make_scored, make_evidence) -> None:
    judgement = gate().judge(make_evidence(test=make_scored(Y.ravel(), np.ones(4000), symbols=10)))
    assert (judgement.status, judgement.value) == ("failed", None)
    assert judgement.says == (
        "The rank information coefficient could not be computed: on no date do forecasts and outcomes both vary."
    )
