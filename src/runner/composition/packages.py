"""Whether the packages that an experiment's components need beside the core are there."""

import dataclasses
from collections.abc import Iterator, Mapping, Set
from typing import Any

from components.contracts import Component
from components.errors import Problem
from components.optional import installation, missing
from runner.composition.check import join


def absent_packages(root: Any, *, known: Set[str] = frozenset()) -> list[Problem]:
    """One problem for each component, however deeply nested, whose packages are not installed; known: entries of the
    root whose packages are."""
    return [
        Problem(path, f"needs {' and '.join(absent)}, not installed", installation(absent))
        for name, entry in _entries(root)
        if name not in known
        for path, component in _components(entry, name)
        if (absent := missing(component.packages()))
    ]


def _components(value: Any, path: str) -> Iterator[tuple[str, Component]]:
    if isinstance(value, str | int | float | None):
        return  # most are, and asking whether something is a Component takes long
    if isinstance(value, Component):
        yield path, value
    for name, entry in _entries(value):
        yield from _components(entry, join(path, name))


def _entries(value: Any) -> Iterator[tuple[Any, Any]]:
    if dataclasses.is_dataclass(value):
        yield from ((field.name, getattr(value, field.name)) for field in dataclasses.fields(value))
    elif isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, tuple):
        yield from enumerate(value)
