"""The verdict and its words."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from components.contracts import Gate
from components.gates.bundle_parity import BundleParity
from components.gates.gate_set import GateSet
from components.values import Evidence, Judgement, Scored, SourceFacts
from runner.judging.verdict import GateOutcome, Verdict, in_words, judge, of_outcomes


@dataclass(frozen=True, kw_only=True)
class Fixed(Gate):
    """Returns what it was given, or raises."""

    status: Any
    required: bool
    value: float | None = 1.0

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ()

    def judge(self, evidence: Evidence) -> Judgement:
        if self.status == "raise":
            raise ZeroDivisionError("float division by zero")
        if self.status == "nothing":
            return None  # type: ignore[return-value]
        return Judgement(status=self.status, value=self.value, threshold=0.5, says=f"It {self.status}.")


NOTHING = Scored(
    span="test",
    timestamps_M=np.array([], dtype="datetime64[us]"),
    symbols_M=np.array([], dtype=np.int32),
    fold_M=np.array([], dtype=np.int64),
    forecast_M=np.array([]),
    target_M=np.array([]),
    train_mean_M=np.array([]),
)
EVIDENCE = Evidence(
    metrics={},
    valid=NOTHING,
    test=NOTHING,
    horizon_bars=1,
    kind="level",
    returns_T=np.array([]),
    benchmark_T=np.array([]),
    bars_per_year=252.0,
)
FREE = SourceFacts(identity="x", description="x", survivorship="free", adjustment="split")


def verdict(**gates: Fixed):
    return judge(EVIDENCE, gates=GateSet(enforce=False, checks=gates))


def required(status: str, value: float | None = 1.0) -> Fixed:
    return Fixed(status=status, required=True, value=value)


def advisory(status: str) -> Fixed:
    return Fixed(status=status, required=False)


def test_all_required_gates_must_pass() -> None:
    assert verdict(a=required("passed"), b=required("passed")).passed
    assert not verdict(a=required("passed"), b=required("failed")).passed


def test_advisory_and_inapplicable_gates_block_nothing() -> None:
    assert verdict(a=required("passed"), b=advisory("failed"), c=required("not_applicable")).passed


@pytest.mark.parametrize("gates", [{}, {"a": advisory("passed")}, {"a": required("not_applicable")}])
def test_a_model_for_which_nothing_speaks_does_not_pass(gates) -> None:
    found = verdict(**gates)
    assert not found.passed
    assert in_words(found, facts=FREE, trial=1, family_trials=1).lines[0] == (
        "Rejected: no required gate could be applied, so nothing speaks for this model."
    )


def test_json_has_exactly_the_agreed_keys_and_strict_numbers() -> None:
    found = verdict(a=required("passed", math.nan), b=advisory("failed"), c=required("passed", math.inf))
    assert json.loads(json.dumps(found.to_json(), allow_nan=False)) == {
        "passed": True,
        "provable": None,
        "gates": [
            {
                "name": "a",
                "status": "passed",
                "required": True,
                "value": None,
                "threshold": 0.5,
                "says": "It passed.",
                "suffices": "",
                "broken": False,
            },
            {
                "name": "b",
                "status": "failed",
                "required": False,
                "value": 1.0,
                "threshold": 0.5,
                "says": "It failed.",
                "suffices": "",
                "broken": False,
            },
            {
                "name": "c",
                "status": "passed",
                "required": True,
                "value": None,
                "threshold": 0.5,
                "says": "It passed.",
                "suffices": "",
                "broken": False,
            },
        ],
    }


@pytest.mark.parametrize(
    ("status", "says"),
    [
        ("raise", "Fixed.judge raised ZeroDivisionError: float division by zero."),
        ("nothing", "Fixed.judge returned NoneType, not a Judgement."),
    ],
)
@pytest.mark.parametrize("weight", [True, False])
def test_a_gate_that_breaks_has_failed_and_says_why(status: str, says: str, weight: bool) -> None:
    found = verdict(a=required("passed"), odd=Fixed(status=status, required=weight))
    assert found.gates[1] == GateOutcome(
        name="odd", status="failed", required=weight, value=None, threshold=None, says=says, broken=True
    )
    assert found.broken == (f"gate odd: {says}",)
    assert found.passed == (not weight)
    assert Verdict.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_gate_whose_evidence_broke_has_failed_and_others_are_judged() -> None:
    evidence = replace(EVIDENCE, broken={"bundle": "TypeError: no matching definition"})
    gates = {"parity": BundleParity(required=True), "other": required("passed")}
    found = judge(evidence, gates=GateSet(enforce=False, checks=gates))
    says = "What it looks at could not be computed: bundle (TypeError: no matching definition)."
    assert [(gate.status, gate.broken) for gate in found.gates] == [("failed", True), ("passed", False)]
    assert found.gates[0].says == says
    assert not found.passed
    assert in_words(found, facts=FREE, trial=1, family_trials=1).failed == (f"parity: {says}",)


def test_a_rejection_names_the_failed_gates_and_repeats_what_they_say() -> None:
    found = verdict(a=required("failed"), b=required("passed"), c=advisory("failed"), d=required("failed"))
    assert in_words(found, facts=FREE, trial=3, family_trials=7).lines == (
        "Rejected: 2 of 3 required gates failed: a, d.",
        "a: It failed.",
        "d: It failed.",
        "c (advisory): It failed.",
        "It is trial 3 of 7 on this data. The best of so many worthless trials reaches a t statistic of about 1.4 "
        "by luck alone.",
        "Prices are adjusted for splits, not for dividends: holding earned more than the returns show.",
    )


def test_a_pass_is_said_first() -> None:
    one = verdict(a=required("passed"))
    assert in_words(one, facts=FREE, trial=1, family_trials=1).lines[:2] == (
        "Passed: the only required gate that could be applied passed.",
        "It is the first trial recorded here on this data: nothing was selected yet.",
    )
    two = verdict(a=required("passed"), b=required("passed"), c=required("not_applicable"))
    assert in_words(two, facts=FREE, trial=1, family_trials=1).lines[0] == (
        "Passed: all 2 required gates that could be applied passed."
    )


def test_what_the_record_could_show_stands_in_the_verdict_and_comes_back() -> None:
    reach = {"what": "Sharpe ratio a year", "undecided": True, "smallest": [{"more": 0, "even": 0.9, "likely": 1.3}]}
    found = of_outcomes(
        (
            GateOutcome(name="a", status="passed", required=True, value=None, threshold=None, says=""),
            GateOutcome(name="b", status="failed", required=True, value=1, threshold=0, says="", provable=reach),
        )
    )
    content = json.loads(json.dumps(found.to_json()))
    assert content["provable"] == reach
    assert [gate.get("provable") for gate in content["gates"]] == [None, reach]
    assert Verdict.from_json(content) == found


def test_correlated_tries_and_a_broken_record_are_said() -> None:
    said = in_words(
        verdict(a=required("passed")),
        facts=FREE,
        trial=3,
        family_trials=7,
        independent=2.25,
        series="losses",
        record_problems=("forked: event 5 is not the one that a run noted",),
    ).lines
    assert said[1:3] == (
        "The count of tries cannot be trusted: forked: event 5 is not the one that a run noted "
        "(python -m runner ledger).",
        "It is trial 3 of 7 on this data, worth 2.2 independent ones by their losses. The best of so "
        "many worthless trials reaches a t statistic of about 0.6 by luck alone.",
    )


def test_a_run_that_is_no_trial_says_so() -> None:
    said = in_words(verdict(a=required("passed")), facts=FREE, trial=None, family_trials=4).lines
    assert said[1] == "This run is no trial: it is not counted and cannot be promoted."


@pytest.mark.parametrize(
    ("survivorship", "begins"),
    [
        ("biased", "The universe was picked with hindsight (survivorship bias)"),
        ("unknown", "Whether the data still hold what failed or was delisted is not known"),
    ],
)
def test_survivorship_is_warned_of(survivorship, begins: str) -> None:
    facts = SourceFacts(identity="x", description="x", survivorship=survivorship, adjustment="raw")
    said = in_words(verdict(a=required("passed")), facts=facts, trial=1, family_trials=1).lines
    assert said[2].startswith(begins)
    assert said[3] == "Prices are raw: a split or a dividend looks like a move of the market."


def test_what_would_suffice_is_said_apart_required_gates_first() -> None:
    one, two = (
        GateOutcome(name=n, status="failed", required=r, value=0.1, threshold=0.5, says="Bad. More.", suffices="More.")
        for n, r in (("soft", False), ("hard", True))
    )
    said = in_words(of_outcomes((one, two)), facts=FREE, trial=1, family_trials=1)
    assert said.failed == ("hard: Bad.",)
    assert said.advisory == ("soft (advisory): Bad.",)
    assert said.suffices == ("hard: More.", "soft (advisory): More.")


@pytest.mark.parametrize(
    ("later", "ends"), [(1, " One more is judged at promotion."), (2, " 2 more are judged at promotion.")]
)
def test_a_pass_says_how_many_gates_wait_for_promotion(later: int, ends: str) -> None:
    waiting = {f"later_{i}": required("deferred") for i in range(later)}
    said = in_words(verdict(a=required("passed"), **waiting), facts=FREE, trial=1, family_trials=1)
    assert said.decision == f"Passed: the only required gate that could be applied passed.{ends}"
