"""The gate on one figure."""

import math
import re

import numpy as np
import pytest

from components.gates.metric import MetricGate
from components.statistics.performance import max_drawdown


def gate(minimum: float | None, maximum: float | None = None, metric: str = "test/r2") -> MetricGate:
    return MetricGate(metric=metric, minimum=minimum, maximum=maximum, required=True)


def test_a_value_within_the_bounds_passes(make_evidence) -> None:
    evidence = make_evidence(metrics={"test/r2": 0.0312})
    judgement = gate(0.0).judge(evidence)
    assert (judgement.status, judgement.value, judgement.threshold) == ("passed", 0.0312, 0.0)
    assert judgement.says == (
        "R² (share of the outcomes' variance explained) on the test spans is 0.0312; at least 0 is asked for."
    )
    assert gate(0.0312, 0.0312).judge(evidence).status == "passed"


def test_a_value_below_the_minimum_fails_and_says_by_how_much(make_evidence) -> None:
    judgement = gate(0.05).judge(make_evidence(metrics={"test/r2": 0.02}))
    assert (judgement.status, judgement.threshold) == ("failed", 0.05)
    assert judgement.says.endswith(
        "on the test spans is 0.02, 0.03 below the minimum of 0.05. At least 0.05 would suffice."
    )


def test_a_value_above_the_maximum_fails(make_evidence) -> None:
    evidence = make_evidence(metrics={"backtest/volatility": 0.4})
    judgement = gate(0.01, 0.25, "backtest/volatility").judge(evidence)
    assert (judgement.status, judgement.threshold) == ("failed", 0.25)
    assert judgement.says == (
        "Volatility per year of the portfolio is 0.4, 0.15 above the maximum of 0.25. "
        "Positions scaled to about 62.5 % would suffice."
    )


def test_a_missing_metric_fails_and_names_the_nearest(make_evidence) -> None:
    judgement = gate(0.0, metric="test/r2_trainmean").judge(make_evidence(metrics={"test/r2_train_mean": 1.0}))
    assert (judgement.status, judgement.value) == ("failed", None)
    assert judgement.says == ("This run has no metric test/r2_trainmean; the nearest metric is test/r2_train_mean.")


def test_a_metric_that_is_nan_fails(make_evidence) -> None:
    judgement = gate(None, 1.0).judge(make_evidence(metrics={"test/r2": math.nan}))
    assert (judgement.status, judgement.value, judgement.threshold) == ("failed", None, 1.0)
    assert judgement.says.endswith("could not be computed in this run.")


def test_a_gate_without_bounds_fails(make_evidence) -> None:
    judgement = gate(None).judge(make_evidence(metrics={"test/r2": 1.0}))
    assert judgement.status == "failed"
    assert judgement.says == "The gate on test/r2 has neither a minimum nor a maximum."


@pytest.mark.parametrize(
    ("minimum", "maximum", "says"),
    [
        (None, 1.0, "at most 1 is asked for."),
        (-1.0, 1.0, "between -1 and 1 is asked for."),
    ],
)
def test_what_is_asked_for_is_said(make_evidence, minimum, maximum, says: str) -> None:
    judgement = gate(minimum, maximum).judge(make_evidence(metrics={"test/r2": 0.5}))
    assert judgement.says.endswith(says)


@pytest.mark.parametrize(
    ("minimum", "maximum", "flaws"),
    [
        (0.0, None, ()),
        (0.0, 0.0, ()),
        (None, None, ("has neither a minimum nor a maximum",)),
        (0.5, 0.25, ("its minimum of 0.5 is above its maximum of 0.25",)),
    ],
)
def test_bounds_that_nothing_can_meet_are_told_before_a_run(minimum, maximum, flaws) -> None:
    assert gate(minimum, maximum).flaws() == flaws


def test_the_size_of_positions_that_would_suffice_does(make_evidence) -> None:
    returns = np.random.default_rng(9).normal(0.0003, 0.012, 2000)
    found = max_drawdown(returns)
    judgement = gate(-0.2, metric="backtest/max_drawdown").judge(
        make_evidence(metrics={"backtest/max_drawdown": found})
    )
    assert judgement.status == "failed"
    share = float(re.search(r"Positions scaled to about ([\d.]+) % would suffice", judgement.suffices)[1]) / 100
    assert max_drawdown(share * returns) == pytest.approx(-0.2, abs=0.01)
