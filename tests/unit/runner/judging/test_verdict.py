"""The verdict and its words."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from components.contracts import Gate, Kind, Result
from components.gates.bundle_parity import BundleParity
from components.gates.gate_set import GateSet
from components.values import Evidence, Judgement, Need, Scored, SourceFacts
from runner.judging.sentences import in_words
from runner.judging.shipped import Compared
from runner.judging.standing import Provable, Rival, Standing
from runner.judging.verdict import GateOutcome, Verdict, judge


@dataclass(frozen=True, kw_only=True)
class Fixed(Gate):
    """Returns what it was given, or raises; later: waits for the vault."""

    status: Any
    required: bool
    value: float | None = 1.0
    of: Result = "forecast"
    skill: bool = True
    only: tuple[Kind, ...] = ("level", "return", "direction")
    later: bool = False

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ()

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return self.only

    def judges(self, kind: Kind) -> Result:
        return self.of

    def shows_skill(self, kind: Kind) -> bool:
        return self.skill

    def needs(self) -> frozenset[Need]:
        return frozenset({"vault"}) if self.later else frozenset()

    def judge(self, evidence: Evidence) -> Judgement:
        if self.status == "raise":
            raise ZeroDivisionError("float division by zero")
        if self.status == "nothing":
            return None  # type: ignore[return-value]
        return Judgement(
            status=self.status,
            value=self.value,
            threshold=0.5,
            says=f"It {self.status}.",
            statistic="p-value",
            relation="<=",
        )


RNG = np.random.default_rng(0)
T = 60
SCORED = Scored(
    span="test",
    timestamps_M=np.datetime64("2020-01-01", "us") + np.arange(T) * np.timedelta64(1, "D"),
    symbols_M=np.zeros(T, dtype=np.int32),
    fold_M=np.ones(T, dtype=np.int64),
    forecast_M=RNG.normal(size=T),
    target_M=RNG.normal(size=T),
    train_mean_M=np.zeros(T),
)
EVIDENCE = Evidence(
    metrics={},
    valid=SCORED,
    test=SCORED,
    horizon_bars=1,
    kind="level",
    returns_T=RNG.normal(0.001, 0.01, T),
    benchmark_T=np.full(T, -0.0001) + RNG.normal(0, 1e-3, T),
    bars_per_year=252.0,
)
FREE = SourceFacts(identity="x", description="x", survivorship="free", adjustment="split")
HALLMARK = "Hallmarked is only what passes gates=strict on a vault that nobody has seen."


def verdict(**gates: Fixed):
    return judge(EVIDENCE, gates=GateSet(enforce=False, checks=gates))


def required(status: str, value: float | None = 1.0, **more: Any) -> Fixed:
    return Fixed(status=status, required=True, value=value, **more)


def advisory(status: str) -> Fixed:
    return Fixed(status=status, required=False)


def said(found: Verdict, **more: Any):
    return in_words(found, facts=FREE, trial=1, family_trials=1, **more)


def test_all_required_gates_must_pass() -> None:
    assert verdict(a=required("passed"), b=required("passed")).passed
    assert not verdict(a=required("passed"), b=required("failed")).passed


def test_advisory_gates_and_those_of_another_kind_block_nothing() -> None:
    assert verdict(a=required("passed"), b=advisory("failed"), c=required("passed", only=("return",))).passed


@pytest.mark.parametrize("status", ["not_applicable", "deferred"])
def test_a_gate_for_this_kind_that_says_it_does_not_apply_has_failed(status: str) -> None:
    found = verdict(a=required("passed"), b=required(status))
    assert [gate.status for gate in found.gates] == ["passed", "failed"]
    assert not found.passed


@pytest.mark.parametrize(
    "gates",
    [
        {},
        {"a": advisory("passed")},
        {"a": required("passed", skill=False)},
        {"a": required("passed", only=("return",))},
    ],
)
def test_a_set_without_a_required_gate_of_skill_promotes_nothing(gates) -> None:
    found = verdict(**gates)
    assert (found.passed, found.level, found.judges_skill) == (False, "rejected", False)
    assert said(found).decision == (
        "No required gate judges skill, so nothing speaks for this model; combine the set with one that does, as in "
        "gates=[returns,deployment]."
    )


def test_the_two_results_are_apart() -> None:
    good, bad = required("passed"), required("failed")
    of_portfolio = {"of": "portfolio"}
    both = verdict(f=good, p=required("passed", **of_portfolio))
    assert (both.forecast, both.portfolio, both.passed, both.hands_out_weights) == ("passed", "passed", True, True)
    forecast = verdict(f=good, p=required("failed", **of_portfolio))
    assert (forecast.forecast, forecast.portfolio) == ("passed", "failed")
    assert (forecast.passed, forecast.hands_out_weights) == (True, False)
    assert said(forecast).decision == ("The forecast passed, the portfolio did not: 1 of 2 required gates failed: p.")
    assert said(forecast).portfolio.startswith("failed (p): Sharpe ratio ")
    neither = verdict(f=bad, p=required("passed", **of_portfolio))
    assert (neither.forecast, neither.passed) == ("failed", False)


def test_where_only_the_portfolio_can_show_skill_it_has_to() -> None:
    plain = required("passed", skill=False)
    assert verdict(f=plain, p=required("passed", of="portfolio")).passed
    assert not verdict(f=plain, p=required("failed", of="portfolio")).passed


def test_a_failed_gate_of_the_run_rejects_both() -> None:
    found = verdict(f=required("passed"), p=required("passed", of="portfolio"), r=required("failed", of="run"))
    assert (found.forecast, found.portfolio, found.passed) == ("passed", "passed", False)


def test_a_portfolio_that_nothing_judges_fails_where_holding_earned_more() -> None:
    gates = GateSet(enforce=False, checks={"f": required("passed")})
    assert judge(EVIDENCE, gates=gates).portfolio == "not judged"
    behind = judge(replace(EVIDENCE, benchmark_T=EVIDENCE.returns_T + 0.001), gates=gates)
    assert (behind.portfolio, behind.passed, behind.hands_out_weights) == ("failed", True, False)
    assert said(behind).portfolio.startswith("failed (no better than holding): Sharpe ratio ")
    none = judge(replace(EVIDENCE, has_portfolio=False, returns_T=np.zeros(T)), gates=gates)
    assert (none.portfolio, none.passed, none.hands_out_weights) == ("none", True, False)
    assert said(none).portfolio == "no portfolio"


def test_only_strict_on_an_unseen_vault_is_hallmarked() -> None:
    gates = (
        GateOutcome(name="a", status="passed", required=True, value=None, threshold=None, says="A.", skill=True),
        GateOutcome(name="v", status="passed", required=True, value=None, threshold=None, says="V.", on_vault=True),
    )
    strict = Compared(strict=True)
    assert Verdict(gates=gates, compared=strict).level == "hallmarked"
    assert Verdict(gates=gates).level == "candidate"
    assert Verdict(gates=(gates[0], replace(gates[1], status="deferred")), compared=strict).level == "candidate"
    assert Verdict(gates=(gates[0], replace(gates[1], required=False)), compared=strict).level == "candidate"
    assert Verdict(gates=(gates[0], replace(gates[1], status="failed")), compared=strict).level == "rejected"
    assert Verdict(gates=gates[:1], compared=strict).level == "candidate"


def test_no_better_than_the_best_baseline_is_said() -> None:
    one = GateOutcome(name="a", status="passed", required=True, value=None, threshold=None, says="A.", skill=True)
    for gain, p, ends in ((-0.015, 0.6, "no better than it"), (0.01, 0.2, "not shown to be better than it")):
        found = Verdict(gates=(one,), standing=Standing(rival=Rival(name="har", gain=gain, p=p)))
        assert found.no_better_than == "har"
        assert said(found).decision == f"No better than har. The only required gate passed. {HALLMARK}"
        assert said(found).baseline.startswith(f"har: {ends}, the model's losses are ")
    beaten = Verdict(gates=(one,), standing=Standing(rival=Rival(name="har", gain=0.1, p=0.0001)))
    assert beaten.no_better_than is None
    assert said(beaten).baseline == "har: beaten, the model's losses are 10.0 % smaller (p < 0.001)"


def test_a_constant_is_beaten_by_what_shows_skill_otherwise() -> None:
    """As a ranking does, whose squared errors need not be smaller."""
    one = GateOutcome(name="a", status="passed", required=True, value=None, threshold=None, says="A.", skill=True)
    flat = Standing(rival=Rival(name="train_mean", gain=-0.01, p=0.7, constant=True))
    found = Verdict(gates=(one,), standing=flat)
    assert (found.no_better_than, found.offers) == (None, None)
    assert said(found).baseline == (
        "train_mean, a constant: beaten by a gate of skill, though the model's losses are 1.0 % larger (p = 0.700)"
    )
    assert Verdict(gates=(replace(one, status="failed"),), standing=flat).no_better_than == "train_mean"


def test_what_is_smaller_than_could_be_shown_is_undecided() -> None:
    failed = GateOutcome(name="a", status="failed", required=True, value=None, threshold=None, says="A.", skill=True)
    small = Provable(statistic="sharpe", half=0.9, ninety=1.3, measured=0.4, later=((10, 1.2), (1000, 1.6)))
    found = Verdict(gates=(failed,), standing=Standing(provable=small))
    assert said(found).provable == (
        "a Sharpe ratio of 0.90 a year with probability one half, of 1.30 with 90 % (with one half 1.20 after 10, "
        "1.60 after 1,000 more tries); what this run claims is less, so it is undecided, not refuted"
    )
    for measured in (-0.2, 1.0):
        refuted = Verdict(gates=(failed,), standing=Standing(provable=replace(small, measured=measured)))
        assert "undecided" not in said(refuted).provable


def test_what_was_loosened_and_what_was_not_asked_is_said() -> None:
    found = replace(
        verdict(a=required("passed")),
        compared=Compared(loosened=("b of returns is left out",)),
        left_out={"c": "no portfolio", "d": "no portfolio", "e": "no vault"},
    )
    assert said(found).loosened == (
        "The gates are not as shipped: b of returns is left out.",
        "Not asked: c, d (no portfolio); e (no vault).",
    )


def test_json_is_strict_and_read_back() -> None:
    found = verdict(a=required("passed", math.nan), b=advisory("failed"), c=required("passed", math.inf))
    written = json.loads(json.dumps(found.to_json(), allow_nan=False))
    assert {name: written[name] for name in ("level", "passed", "forecast", "portfolio", "weights")} == {
        "level": "candidate",
        "passed": True,
        "forecast": "passed",
        "portfolio": "not judged",
        "weights": True,
    }
    assert written["gates"][1] == {
        "name": "b",
        "status": "failed",
        "required": False,
        "value": 1.0,
        "threshold": 0.5,
        "says": "It failed.",
        "suffices": "",
        "broken": False,
        "of": "forecast",
        "skill": True,
        "on_vault": False,
        "statistic": "p-value",
        "relation": "<=",
        "figures": [],
    }
    assert [gate["value"] for gate in written["gates"]] == [None, 1.0, None]
    assert Verdict.from_json(written) == found


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
    outcome = GateOutcome(
        name="odd", status="failed", required=weight, value=None, threshold=None, says=says, broken=True, skill=True
    )
    assert found.gates[1] == outcome
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
    assert said(found).failed == (f"parity: {says}",)


def test_a_rejection_names_the_failed_gates_and_repeats_what_they_say() -> None:
    found = verdict(a=required("failed"), b=required("passed"), c=advisory("failed"), d=required("failed"))
    words = in_words(found, facts=FREE, trial=3, family_trials=7)
    assert (words.level, words.decision) == ("rejected", "2 of 3 required gates failed: a, d.")
    assert words.forecast == "failed (a, d)"
    assert words.failed == ("a: It failed.", "d: It failed.")
    assert words.advisory == ("c (advisory): It failed.",)
    assert words.tries == (
        "It is trial 3 of 7 on this data. The best of so many worthless trials reaches a t statistic of about 1.4 "
        "by luck alone."
    )
    assert words.data == (
        "Prices are adjusted for splits, not for dividends: holding earned more than the returns show.",
    )


def test_a_candidate_says_what_it_is_not() -> None:
    one = said(verdict(a=required("passed")))
    assert (one.level, one.decision) == ("candidate", f"The only required gate passed. {HALLMARK}")
    assert one.tries == "It is the first trial recorded here on this data: nothing was selected yet."
    two = said(verdict(a=required("passed"), b=required("passed"), c=required("passed", only=("return",))))
    assert two.decision == f"All 2 required gates passed. {HALLMARK}"


def test_what_the_record_could_show_stands_in_the_verdict_and_comes_back() -> None:
    smallest = [{"more": 0, "even": 0.9, "likely": 1.3}, {"more": 10, "even": 1.1, "likely": 1.5}]
    reach = {"what": "Sharpe ratio a year", "undecided": True, "smallest": smallest}
    plain = verdict(a=required("passed"), b=required("failed"))
    found = replace(plain, gates=(plain.gates[0], replace(plain.gates[1], provable=reach)))
    content = json.loads(json.dumps(found.to_json()))
    assert content["provable"] == reach
    assert [gate.get("provable") for gate in content["gates"]] == [None, reach]
    assert Verdict.from_json(content) == found
    assert in_words(found, facts=FREE, trial=1, family_trials=1).provable == (
        "a Sharpe ratio a year of 0.90 with probability one half, of 1.30 with 90 % (with one half 1.10 after 10 more "
        "tries); what this run claims is less, so it is undecided, not refuted"
    )


def test_correlated_tries_and_a_broken_record_are_said() -> None:
    words = in_words(
        verdict(a=required("passed")),
        facts=FREE,
        trial=3,
        family_trials=7,
        independent=2.25,
        series="losses",
        record_problems=("forked: event 5 is not the one that a run noted",),
    )
    assert words.record == (
        "The count of tries cannot be trusted: forked: event 5 is not the one that a run noted "
        "(python -m runner ledger).",
    )
    assert words.tries == (
        "It is trial 3 of 7 on this data, worth 2.2 independent ones by their losses. The best of so "
        "many worthless trials reaches a t statistic of about 0.6 by luck alone."
    )


def test_a_run_that_is_no_trial_says_so() -> None:
    words = in_words(verdict(a=required("passed")), facts=FREE, trial=None, family_trials=4)
    assert words.tries == "This run is no trial: it is not counted and cannot be promoted."


@pytest.mark.parametrize(
    ("survivorship", "begins"),
    [
        ("biased", "The universe was picked with hindsight (survivorship bias)"),
        ("unknown", "Whether the data still hold what failed or was delisted is not known"),
    ],
)
def test_survivorship_is_warned_of(survivorship, begins: str) -> None:
    facts = SourceFacts(identity="x", description="x", survivorship=survivorship, adjustment="raw")
    first, second = in_words(verdict(a=required("passed")), facts=facts, trial=1, family_trials=1).data
    assert first.startswith(begins)
    assert second == "Prices are raw: a split or a dividend looks like a move of the market."


def test_what_would_suffice_is_said_apart_required_gates_first() -> None:
    one, two = (
        GateOutcome(name=n, status="failed", required=r, value=0.1, threshold=0.5, says="Bad. More.", suffices="More.")
        for n, r in (("soft", False), ("hard", True))
    )
    words = said(Verdict(gates=(one, two)))
    assert words.failed == ("hard: Bad.",)
    assert words.advisory == ("soft (advisory): Bad.",)
    assert words.suffices == ("hard: More.", "soft (advisory): More.")


@pytest.mark.parametrize(
    ("later", "ends"), [(1, " One more is judged at promotion."), (2, " 2 more are judged at promotion.")]
)
def test_a_pass_says_how_many_gates_wait_for_promotion(later: int, ends: str) -> None:
    waiting = {f"later_{i}": required("passed", later=True) for i in range(later)}
    words = said(verdict(a=required("passed"), **waiting))
    assert words.decision == f"The only required gate passed.{ends} {HALLMARK}"
