"""What fits an annotation, against pydantic's strict mode as a second opinion."""

import functools
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Gt, Interval, Le, Lt, MaxLen, MinLen, MultipleOf, Predicate
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ConfigDict, TypeAdapter, ValidationError

from components.errors import ContractError
from runner.composition.accept import accepts

ANNOTATIONS: tuple[Any, ...] = (
    bool,
    int,
    float,
    str,
    Any,
    Literal["a", "b"],
    float | None,
    int | str,
    bool | float,
    Annotated[float, Gt(0), Lt(1)],
    Annotated[int, Ge(1), Le(3)],
    Annotated[float, Interval(ge=0, lt=2)],
    Annotated[float, Gt(0)] | None,
    Annotated[int, MultipleOf(3)],
    Annotated[str, MinLen(1), MaxLen(2)],
    tuple[int, ...],
    tuple[float, float],
    tuple[Annotated[float, Gt(0)], ...],
    Annotated[tuple[str, ...], MinLen(1)],
    tuple[tuple[int, str], ...],
    Mapping[str, float],
    Mapping[str, tuple[Annotated[int, Ge(1)], ...]],
    Annotated[Mapping[str, Any], MinLen(1)],
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-4, 4)
    | st.floats()
    | st.sampled_from([0.0, 0.5, 1.0, 2.0])
    | st.sampled_from(["", "a", "b", "abc", "1"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
    max_leaves=4,
)


@functools.cache
def adapter(annotation: Any) -> "TypeAdapter[Any]":
    return TypeAdapter(annotation, config=ConfigDict(strict=True, allow_inf_nan=False))


def tuples(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: tuples(entry) for name, entry in value.items()}
    return tuple(tuples(entry) for entry in value) if isinstance(value, list) else value


def second_opinion(annotation: Any, value: Any) -> bool:
    try:
        adapter(annotation).validate_python(tuples(value))
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("annotation", ANNOTATIONS, ids=str)
@settings(deadline=None)
@given(value=VALUES)
def test_it_agrees_with_pydantic(annotation: Any, value: Any) -> None:
    assert accepts(annotation, value) == second_opinion(annotation, value)


def test_true_is_not_one() -> None:
    assert accepts(Literal[1, 2], 1)
    assert not accepts(Literal[1, 2], True)


def test_what_no_float_can_hold_fits_nowhere() -> None:
    assert not accepts(float, 10**400)


def test_a_constraint_that_it_does_not_know_is_the_components_mistake() -> None:
    with pytest.raises(ContractError, match="a constraint that cannot be checked; use a range, length or multiple"):
        accepts(Annotated[int, Predicate(bool)], 1)
