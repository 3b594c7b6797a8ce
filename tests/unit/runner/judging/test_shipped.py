"""What a set of gates asks for less than the shipped ones is named; what it asks for more is not."""

from dataclasses import replace

import pytest

from components.contracts import Gates
from components.gates.combined import CombinedGates
from components.gates.gate_set import GateSet
from runner.judging.shipped import compared, shipped


def changed(name: str, *, without: tuple[str, ...] = (), **gates: dict) -> Gates:
    """The shipped set with other parameters of some gates, and without some."""
    checks = {
        each: replace(gate, **gates.get(each, {}))  # type: ignore[type-var]
        for each, gate in shipped()[name].checks.items()
        if each not in without
    }
    return GateSet(enforce=False, checks=checks)


def loosened(gates: Gates, kind: str = "level", *, has_portfolio: bool = True) -> tuple[str, ...]:
    return compared(gates, kind, has_portfolio=has_portfolio).loosened


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_shipped_set_is_as_shipped_and_only_strict_is_strict(name: str) -> None:
    found = compared(shipped()[name], "return", has_portfolio=True)
    assert (found.loosened, found.strict) == ((), name == "strict")


def test_what_is_looser_is_named() -> None:
    found = changed(
        "regression",
        without=("stable_folds", "beats_har"),
        beats_last_value={"level": 0.2},
        explains_variance={"minimum": -1.0},
        no_collapse={"max_constant_share": None},
        no_leaks={"required": False},
    )
    assert loosened(found) == (
        "explains_variance: minimum is -1.0, and 0.0 in regression",
        "beats_last_value: level is 0.2, and 0.05 in regression",
        "beats_har (advisory) of regression is left out",
        "no_collapse: max_constant_share is null, and 0.5 in regression",
        "stable_folds of regression is left out",
        "no_leaks: required is false, and true in regression",
    )


def test_what_is_stricter_is_not() -> None:
    found = changed(
        "regression",
        beats_last_value={"level": 0.01},
        explains_variance={"minimum": 0.1},
        exposure_skill={"required": True},
        no_collapse={"max_class_share": 0.9},
    )
    assert loosened(found) == ()


def test_what_cannot_be_ranked_is_named() -> None:
    assert loosened(changed("regression", beats_last_value={"baseline": "har"})) == (
        "beats_last_value: baseline is 'har', and 'last_value' in regression",
    )


def test_an_empty_set_stands_beside_the_one_for_its_kind() -> None:
    said = loosened(GateSet(enforce=False, checks={}), "direction")
    assert "direction_skill of classification is left out" in said


def test_strict_may_be_one_of_several_sets_and_has_to_be_whole() -> None:
    sets = {"strict": shipped()["strict"], "deployment": shipped()["deployment"]}
    both = CombinedGates(enforce=False, sets=sets)
    assert compared(both, "return", has_portfolio=True).strict
    weak = CombinedGates(enforce=False, sets={**sets, "strict": changed("strict", whole_record={"required": False})})
    found = compared(weak, "return", has_portfolio=True)
    assert (found.strict, found.loosened) == (False, ("whole_record: required is false, and true in strict",))


def test_without_a_portfolio_its_gates_are_not_asked_for() -> None:
    checks = shipped()["strict"].checks
    of_portfolio = tuple(name for name, gate in checks.items() if gate.judges("level") == "portfolio")
    assert "survives_double_costs" in of_portfolio
    forecast_alone = changed("strict", without=of_portfolio)
    assert compared(forecast_alone, "level", has_portfolio=False).strict
    assert not compared(forecast_alone, "level", has_portfolio=True).strict
