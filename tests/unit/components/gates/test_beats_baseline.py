"""The gate against a naive baseline."""

import math
import re

import numpy as np
import pytest

from components.gates.beats_baseline import BeatsBaseline
from components.statistics.comparison import predictive_accuracy

RNG = np.random.default_rng(0)
SIGNAL = RNG.normal(size=1500)
Y = SIGNAL + RNG.normal(size=1500)
NOISE = RNG.normal(size=1500)


def gate(loss: str = "squared", level: float = 0.05) -> BeatsBaseline:
    return BeatsBaseline(baseline="naive", loss=loss, level=level, span="test", required=True)


def test_a_clearly_better_forecast_passes(make_scored, make_evidence) -> None:
    scored = make_scored(Y, SIGNAL, naive=np.zeros(1500))
    judgement = gate().judge(make_evidence(test=scored))
    smaller = 1 - np.mean((Y - SIGNAL) ** 2) / np.mean(Y**2)
    assert judgement.status == "passed"
    assert judgement.threshold == 0.05
    assert re.fullmatch(
        rf"Squared forecast errors on the test spans are {smaller * 100:.1f} % smaller than those of naive "
        r"\(t = \d+\.\d, p < 0\.001\): more than luck explains\.",
        judgement.says,
    )


def test_value_is_the_p_value_of_the_robust_test(make_scored, make_evidence) -> None:
    scored = make_scored(Y, NOISE, naive=np.zeros(1500))
    judgement = gate().judge(make_evidence(test=scored, horizon_bars=5))
    test = predictive_accuracy((Y - NOISE) ** 2, Y**2, scored.timestamps_M, horizon_bars=5)
    assert judgement.value == pytest.approx(test.p_greater)


def test_a_worse_forecast_fails_and_more_history_would_not_help(make_scored, make_evidence) -> None:
    scored = make_scored(Y, NOISE, naive=np.zeros(1500))
    judgement = gate().judge(make_evidence(test=scored))
    assert judgement.status == "failed"
    assert re.fullmatch(
        r"Squared forecast errors on the test spans are [\d.]+ % larger than those of naive \(t = -[\d.]+, "
        r"p = [\d.]+\): no improvement at all\. On these dates squared forecast errors smaller by "
        r"[\d.]+ % on average would suffice\. More history of this kind would not help\.",
        judgement.says,
    )


def test_what_is_said_to_suffice_does_suffice(make_scored, make_evidence) -> None:
    weak = 0.05 * SIGNAL + 0.3 * NOISE
    judgement = gate().judge(make_evidence(test=make_scored(Y, weak, naive=np.zeros(1500))))
    assert judgement.status == "failed"
    years = float(re.search(r"about ([\d.]+) years? more of history would suffice", judgement.says)[1])
    times = math.ceil(years / (1500 / 365.25)) + 1
    longer = make_scored(np.tile(Y, times), np.tile(weak, times), naive=np.zeros(1500 * times))
    assert gate().judge(make_evidence(test=longer)).status == "passed"


def test_a_copy_of_the_baseline_cannot_be_tested_and_fails(make_scored, make_evidence) -> None:
    judgement = gate().judge(make_evidence(test=make_scored(Y, NOISE, naive=NOISE)))
    assert (judgement.status, judgement.value) == ("failed", None)
    assert judgement.says == (
        "Squared forecast errors on the test spans are 0 % smaller than those of naive, but whether that is "
        "luck cannot be tested: it takes 8 dates or more on which the difference varies, and there are 1500 "
        "dates."
    )


def test_an_absent_baseline_fails(make_scored, make_evidence) -> None:
    judgement = gate().judge(make_evidence(test=make_scored(Y, NOISE)))
    assert judgement.status == "failed"
    assert judgement.says == "The baseline naive is not part of this experiment."
    assert gate().baselines() == ("naive",)


def test_the_log_loss_is_for_directions(make_scored, make_evidence) -> None:
    scored = make_scored(Y, NOISE, naive=NOISE)
    judgement = gate("logistic").judge(make_evidence(test=scored, kind="return"))
    assert judgement.status == "not_applicable"
    assert judgement.says == "The log loss needs a direction target; this one is a return."


def test_good_probabilities_beat_the_base_rate(make_scored, make_evidence) -> None:
    label = (Y > 0).astype(float)
    probability = 1 / (1 + np.exp(-1.5 * SIGNAL))
    scored = make_scored(label, probability, naive=np.full(1500, label.mean()))
    judgement = gate("logistic").judge(make_evidence(test=scored, kind="direction"))
    assert judgement.status == "passed"
    assert judgement.says.startswith("Log losses on the test spans are ")


def test_absolute_errors_and_missing_rows(make_scored, make_evidence) -> None:
    forecast = np.where(np.arange(1500) % 7 == 0, np.nan, SIGNAL)
    scored = make_scored(Y, forecast, naive=np.zeros(1500))
    known = np.isfinite(forecast)
    smaller = 1 - np.abs(Y - SIGNAL)[known].mean() / np.abs(Y)[known].mean()
    judgement = gate("absolute").judge(make_evidence(test=scored))
    assert judgement.says.startswith(f"Absolute forecast errors on the test spans are {smaller * 100:.1f} % ")


def test_no_scored_rows_fail(make_scored, make_evidence) -> None:
    judgement = gate().judge(make_evidence(test=make_scored([], [], naive=[])))
    assert (judgement.status, judgement.value) == ("failed", None)
    assert judgement.says == "No date has a forecast, a baseline and an outcome."


def test_a_perfect_baseline_is_not_beaten(make_scored, make_evidence) -> None:
    judgement = gate().judge(make_evidence(test=make_scored(Y, NOISE, naive=Y)))
    assert (judgement.status, judgement.value) == ("failed", None)
    assert judgement.says == "naive makes no error: it cannot be beaten."
