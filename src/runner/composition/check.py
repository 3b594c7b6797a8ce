"""What is wrong with a configuration, found from the constructors' signatures; nothing is built."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from typing import Any

from components.contracts import Component
from components.errors import Problem
from runner.composition.accept import accepts
from runner.composition.catalog import catalogue
from runner.composition.leaves import allowed_values
from runner.composition.schema import (
    allowed,
    alternatives,
    entries,
    fixed_length,
    flat,
    holds_components,
    is_component,
    is_mapping,
    is_section,
    kind_of,
    limited,
    literals,
    map_annotation,
    parameters,
    show,
    structure,
    unwrap,
)

MISSING = "???"
TARGET = "_target_"
NAME_MUST_BE_TEXT = "a name must be text"


def problems(config: Any, kind: type, *, path: str = "", known: Set[str] = frozenset()) -> list[Problem]:
    """Everything that is wrong with the section `config` of a component (or root) of this kind; known: entries of a
    root in which nothing is wrong."""
    if known:
        unknown = {name: value for name, value in config.items() if name not in known}
        return list(_section_problems(unknown, kind, path, known))
    return list(_value_problems(config, kind, path))


def nearest(name: str, names: Iterable[str]) -> str | None:
    """The name that was probably meant."""
    found = difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)
    return found[0] if found else None


def join(path: str, name: Any) -> str:
    return f"{path}.{name}" if path else str(name)


def _value_problems(value: Any, annotation: Any, path: str) -> Iterator[Problem]:
    if value is None and type(None) in alternatives(annotation):
        return
    if isinstance(value, str) and value == MISSING:
        yield _missing(path, annotation)
        return
    member = structure(value, annotation)
    if member is None:
        yield from _leaf_problems(value, annotation, path)
        return
    base, constraints = unwrap(member)
    if is_section(base):
        yield from _section_problems(value, base, path)
        return
    inner = _map_problems if is_mapping(base) else _list_problems
    found = list(inner(value, base, path))
    yield from found
    if constraints and not found and not holds_components(annotation):
        yield from _leaf_problems(value, annotation, path)


def _map_problems(value: Mapping[Any, Any], base: Any, path: str) -> Iterator[Problem]:
    for name, entry in value.items():
        if isinstance(name, str):
            yield from _value_problems(entry, map_annotation(base), join(path, name))
        else:
            yield Problem(
                join(path, name), NAME_MUST_BE_TEXT, f"write '{name}' in quotes", code="not_allowed", value=name
            )


def _list_problems(value: list[Any], base: Any, path: str) -> Iterator[Problem]:
    length = fixed_length(base)
    if length is not None and len(value) != length:
        message = f"{show(value)} is not allowed; must be a list of {length} entries"
        yield Problem(path, message, code="not_allowed", value=value, allowed=allowed_values(base))
        return
    for index, entry, annotation in entries(value, base):
        yield from _value_problems(entry, annotation, join(path, index))


def _section_problems(
    section: Mapping[Any, Any], kind: type, path: str, known: Set[str] = frozenset()
) -> Iterator[Problem]:
    """Problems of a section that configures an object: its class, then its keys against the signature."""
    cls = kind
    if is_component(kind):
        found = _target(section, kind, path)
        if isinstance(found, Problem):
            yield found
            return
        cls = found
    expected = parameters(cls)
    for key in section:
        if key not in expected and not (key == TARGET and is_component(kind)):
            yield unknown_key(path, key, expected, section[key])
    for name, parameter in expected.items():
        where = join(path, name)
        if name in section:
            yield from _value_problems(section[name], parameter.annotation, where)
        elif parameter.required and name not in known:
            yield _missing(where, parameter.annotation)


def _missing(path: str, annotation: Any) -> Problem:
    message = f"missing; must be {allowed(annotation)}"
    return Problem(path, message, code="missing", allowed=allowed_values(annotation))


def unknown_key(path: str, key: Any, expected: Iterable[str], value: Any) -> Problem:
    where, known = join(path, key), tuple(join(path, name) for name in expected)
    near = nearest(str(key), expected)
    hint = f"did you mean '{join(path, near)}'?" if near else f"allowed: {', '.join(expected) or 'none'}"
    fix = typed(join(path, near), value) if near else ()
    return Problem(where, "unknown key", hint, code="unknown_key", value=value, allowed=known, fix=fix)


def typed(path: str, value: Any) -> tuple[str, ...]:
    """The override that sets it, where that is short."""
    if isinstance(value, bool) or value is None:
        return (f"{path}={'null' if value is None else str(value).lower()}",)
    plain = isinstance(value, int | float) or (isinstance(value, str) and re.fullmatch(r"[\w./+-]+", value))
    return (f"{path}={value}",) if plain else ()


def _target(section: Mapping[Any, Any], kind: type, path: str) -> type[Component] | Problem:
    """The catalogued class that the section names, or what is wrong with the name; imports nothing else."""
    where = join(path, TARGET)
    known = catalogue()
    fitting = known.fitting(kind)
    target = section.get(TARGET, MISSING)
    if target == MISSING:
        message = f"missing; must be of kind {kind.__name__}: {', '.join(fitting) or 'none found'}"
        return Problem(where, message, code="missing", allowed=tuple(fitting))
    if isinstance(target, str) and (lacking := known.unfinished(target)):
        message = f"{target} is no component: it lacks {', '.join(lacking)} of its contract"
        return Problem(where, message, code="not_allowed", value=target, allowed=tuple(fitting))
    if not isinstance(target, str) or target not in known:
        near = nearest(str(target), fitting) or nearest(str(target), known.concrete)
        hint = f"did you mean '{near}'?" if near else f"known: {', '.join(fitting) or 'none'}"
        message, fix = f"{show(target)} is not a component; it was not imported", typed(where, near) if near else ()
        return Problem(where, message, hint, code="not_allowed", value=target, allowed=tuple(fitting), fix=fix)
    cls = known[target]
    if not issubclass(cls, kind):
        message = f"{target} is of kind {kind_of(cls).__name__}; must be of kind {kind.__name__}"
        return Problem(where, message, code="not_allowed", value=target, allowed=tuple(fitting))
    return cls


def _leaf_problems(value: Any, annotation: Any, path: str) -> Iterator[Problem]:
    if not holds_components(annotation) and accepts(annotation, value):
        return
    choices = [c for member in alternatives(annotation) for c in literals(member)]
    near = nearest(value, choices) if isinstance(value, str) else None
    hint = f"did you mean {show(near)}?" if near else ""
    message = f"{show(value)} is not allowed; must be {allowed(annotation, value)}"
    fix = typed(path, near) if near else _nearest_number(path, value, annotation)
    yield Problem(path, message, hint, code="not_allowed", value=value, allowed=allowed_values(annotation), fix=fix)


def _nearest_number(path: str, value: Any, annotation: Any) -> tuple[str, ...]:
    """The end of the range that a number lies beyond, where that end belongs to it; of 0 and 1 the truth value."""
    limits = {name: limit for member in alternatives(annotation) for name, limit in _limits(member)}
    if value in (0, 1) and not isinstance(value, bool) and bool in map(_base, alternatives(annotation)):
        return typed(path, bool(value))
    if not isinstance(value, int | float) or isinstance(value, bool):
        return ()
    if "ge" in limits and value < limits["ge"]:
        return typed(path, limits["ge"])
    return typed(path, limits["le"]) if "le" in limits and value > limits["le"] else ()


def _base(annotation: Any) -> Any:
    return unwrap(annotation)[0]


def _limits(annotation: Any) -> Iterator[tuple[str, Any]]:
    yield from map(limited, flat(unwrap(annotation)[1]))
