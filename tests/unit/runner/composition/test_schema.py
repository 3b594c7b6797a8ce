"""Signatures in words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from components.contracts import Component, Model
from components.errors import ContractError
from components.ranges import Ge, Gt, Interval, Le, Lt, MaxLen, MinLen, MultipleOf
from runner.composition.schema import allowed, holds_components, parameters, show


@pytest.mark.parametrize(
    ("annotation", "value", "words"),
    [
        (int, "x", "an integer"),
        (float, "x", "a number"),
        (bool, 1, "true or false"),
        (str, 1, "text"),
        (Annotated[float, Gt(0)], -0.1, "> 0"),
        (Annotated[float, Gt(0)], "x", "a number > 0"),
        (Annotated[float, Gt(0), Lt(1)], 1, "> 0 and < 1"),
        (Annotated[int, Interval(ge=1, le=9)], 10, ">= 1 and <= 9"),
        (Annotated[int, Ge(1)], 2.5, "an integer >= 1"),
        (Annotated[int, Ge(1)], True, "an integer >= 1"),
        (Annotated[float, Gt(0)] | None, -1, "> 0 or null"),
        (Annotated[float | None, Le(3)], 4.0, "<= 3 or null"),
        (Annotated[int, MultipleOf(5)], 3, "a multiple of 5"),
        (Literal["a", "b", "c"], "x", "'a', 'b' or 'c'"),
        (Annotated[tuple[int, ...], MinLen(1)], [], "a list with at least 1 entry"),
        (Annotated[tuple[int, ...], MaxLen(2)], "x", "a list with at most 2 entries"),
        (Mapping[str, int], 3, "a map of names to values"),
        (Model, 3, "a section with _target_ of kind Model"),
    ],
)
def test_what_is_allowed_in_words(annotation: Any, value: Any, words: str) -> None:
    assert allowed(annotation, value) == words


def test_values_are_shown_as_in_yaml_and_shortened() -> None:
    assert [show(v) for v in (None, True, "a", 0.1, [1])] == ["null", "true", "'a'", "0.1", "[1]"]
    assert len(show("x" * 1000)) == 60


def test_components_are_found_inside_maps_and_unions() -> None:
    assert holds_components(Mapping[str, Model])
    assert holds_components(tuple[Model, ...] | None)
    assert not holds_components(Mapping[str, tuple[int, ...]])


@dataclass(frozen=True, kw_only=True)
class Modest(Component):
    given: int
    optional: float = 2.0

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"given": 1}, {"given": 2})


class Plain(Component):
    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ()


def test_parameters_are_the_fields_in_order() -> None:
    found = parameters(Modest)
    assert list(found) == ["given", "optional"]
    assert (found["given"].required, found["optional"].required) == (True, False)
    assert found["optional"].default == 2.0


def test_a_component_that_is_no_dataclass_breaks_its_contract() -> None:
    with pytest.raises(ContractError, match=r"Plain: must be a @dataclass\(frozen=True, kw_only=True\)$"):
        parameters(Plain)
