"""Gates that look into the vault wait until it is opened."""

from dataclasses import replace

import numpy as np
import pytest

from components.contracts import Gate
from components.errors import ContractError
from components.gates.beats_baseline import BeatsBaseline
from components.gates.direction_skill import DirectionSkill
from components.gates.fold_stability import FoldStability
from components.gates.gate_set import GateSet
from components.gates.information_coefficient import InformationCoefficient
from components.gates.interval_coverage import IntervalCoverage
from components.gates.metric import MetricGate
from components.gates.no_collapse import NoCollapse
from components.gates.positive_share import PositiveShare
from components.values import Vault
from runner.judging.verdict import judge

RNG = np.random.default_rng(8)
Y = RNG.normal(size=600)
SPANNED = (BeatsBaseline, DirectionSkill, InformationCoefficient, IntervalCoverage, NoCollapse, PositiveShare)


def on(gate: type[Gate], span: str) -> Gate:
    return gate(**{**gate.examples()[0], "span": span})


@pytest.mark.parametrize("gate", SPANNED)
def test_a_gate_on_the_vault_says_that_it_needs_it(gate: type[Gate]) -> None:
    assert on(gate, "vault").needs() == {"vault"}
    assert on(gate, "test").needs() == on(gate, "valid").needs() == frozenset()


@pytest.mark.parametrize("gate", SPANNED)
def test_it_judges_the_vault_as_it_judges_a_test_span(make_scored, make_evidence, gate: type[Gate]) -> None:
    scored = make_scored(Y, 0.5 * Y + RNG.normal(size=600), symbols=4, last_value=np.roll(Y, 4))
    scored = replace(scored, lower_M=Y - 1, upper_M=Y + RNG.normal(size=600), coverage=0.8)
    empty = np.empty(0)
    opened = make_evidence(kind="return", vault=Vault(scored=scored, returns_T=empty, benchmark_T=empty, reused=False))
    in_vault = on(gate, "vault").judge(opened)
    in_test = on(gate, "test").judge(make_evidence(kind="return", test=scored))
    assert in_vault.value is not None
    assert (in_vault.status, in_vault.value) == (in_test.status, in_test.value)
    assert in_vault.says == in_test.says.replace("on the test spans", "in the vault")


@pytest.mark.parametrize(
    ("metric", "needs"),
    [
        ("vault/r2", {"vault"}),
        ("vault_backtest/sharpe", {"vault"}),
        ("double_costs/sharpe", {"scenarios"}),
        ("one_bar_later/cagr", {"scenarios"}),
        ("test/r2", set()),
        ("backtest/sharpe", set()),
    ],
)
def test_a_figure_needs_what_it_comes_from(metric: str, needs: set[str]) -> None:
    assert MetricGate(metric=metric, minimum=0.0, maximum=None, required=True).needs() == needs


def test_a_closed_vault_defers_the_gate_and_rejects_nothing(make_scored, make_evidence) -> None:
    gates = GateSet(
        enforce=False,
        checks={
            "now": BeatsBaseline(**{**BeatsBaseline.examples()[0], "baseline": "train_mean"}),
            "later": on(DirectionSkill, "vault"),
        },
    )
    test = make_scored(Y, 0.5 * Y, train_mean=np.zeros(len(Y)))
    verdict = judge(make_evidence(kind="return", test=test), gates=gates)
    assert verdict.passed
    assert [gate.status for gate in verdict.gates] == ["passed", "deferred"]
    with pytest.raises(ContractError, match="the vault is closed"):
        on(DirectionSkill, "vault").judge(make_evidence(kind="return"))


def test_stability_between_folds_is_not_asked_of_the_vault_which_has_one() -> None:
    assert "vault" not in str(FoldStability.__annotations__["span"])


def test_a_vault_that_was_seen_before_only_advises_and_the_words_still_end_with_what_would_suffice(
    make_scored, make_evidence
) -> None:
    empty = np.empty(0)
    seen = Vault(scored=make_scored(Y, -Y), returns_T=empty, benchmark_T=empty, reused=True)
    gates = GateSet(enforce=False, checks={"skill": on(DirectionSkill, "vault")})
    (outcome,) = judge(make_evidence(kind="return", vault=seen), gates=gates).gates
    assert (outcome.status, outcome.required) == ("failed", False)
    assert outcome.finding.endswith("The vault's bars had been seen before, so this is only advice.")
    assert outcome.says == f"{outcome.finding} {outcome.suffices}"
    assert "of the directions right would suffice" in outcome.suffices
