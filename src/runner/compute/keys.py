"""What is in the key of a stage: the code of its function (all that it reaches, see `runner.storage.code`), its
settings (components with the code of their classes, plain values), how its result is written down, and the keys of
its inputs.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass
from types import FunctionType
from typing import Any

from components.contracts import Component
from components.errors import ContractError
from runner.specification.described import described, mattering
from runner.storage.remembered_code import code_digest

FORMAT = 1
"""Raise it when the meaning of a key changes: old entries are not found."""

_PLAIN = frozenset({type(None), bool, int, float, str})

Read = tuple[Any, frozenset[type]]
"""A setting as plain values, and the classes of all components in it that matter."""


@dataclass(kw_only=True, eq=False)
class Settings:
    """Reads settings. A component that one of the last two trials read is not read again: it never changes, and held
    here it is known by its identity."""

    _now: dict[int, tuple[Component, Read]] = field(default_factory=dict[int, tuple[Component, Read]])
    _before: dict[int, tuple[Component, Read]] = field(default_factory=dict[int, tuple[Component, Read]])

    def next_trial(self) -> None:
        """Forgets what the last trial had no use for."""
        self._before, self._now = self._now, {}

    def read(self, value: Any) -> Read:
        """What `plain` and `classes_in` say of it."""
        if type(value) in _PLAIN:
            return value, frozenset()
        if isinstance(value, Component):
            held = self._now.get(id(value)) or self._before.get(id(value))
            held = held or (value, (plain(value), frozenset(classes_in(value))))
            self._now[id(value)] = held
            return held[1]
        if is_dataclass(value) and not isinstance(value, type):
            said, classes = self.read({name: getattr(value, name) for name in mattering(value)})
            return said, classes | {type(value)}
        if isinstance(value, Mapping):
            inside = {str(name): self.read(item) for name, item in value.items()}
            return {name: said for name, (said, _) in inside.items()}, _classes(inside.values())
        if isinstance(value, list | tuple):
            items = [self.read(item) for item in value]
            return [said for said, _ in items], _classes(items)
        return plain(value), frozenset()


def _classes(read: Iterable[Read]) -> frozenset[type]:
    return frozenset[type]().union(*(classes for _, classes in read))


def made_of(
    fn: Callable[..., Any], inputs: Mapping[str, Any], settings: Mapping[str, Any], form: Any, reader: Settings
) -> tuple[dict[str, Any], Mapping[str, type | FunctionType]]:
    """What the key of a stage is the hash of, as plain values, and what code its digests stand for.

    Arguments as those of `Cache.stage`; reader: of settings. Raises ContractError for what is no function of a module.
    """
    if not isinstance(fn, FunctionType) or fn.__qualname__ != fn.__name__ or not fn.__name__.isidentifier():
        raise ContractError(f"{fn!r} cannot be a stage: only a function of a module has code that can be named")
    said, classes = reader.read(settings)
    subjects = {fn, *([type(form)] if form is not None else ()), *classes}
    digests = {f"{each.__module__}.{each.__qualname__}": (code_digest(each), each) for each in subjects}
    origin = {
        "format": FORMAT,
        "stage": f"{fn.__module__}.{fn.__name__}",
        "code": {name: digest for name, (digest, _) in sorted(digests.items())},
        "settings": said,
        "inputs": {name: keys_of(value) for name, value in inputs.items()},
    }
    return origin, dict(digests.values())


def plain(value: Any) -> Any:
    """A setting as plain values: a component as its class and the parameters that matter."""
    return described(value, without_inert=True)


def classes_in(value: Any) -> set[type]:
    """The classes of all components in a setting that matter, however deep."""
    if is_dataclass(value) and not isinstance(value, type):
        return classes_in([getattr(value, name) for name in mattering(value)]) | {type(value)}
    if isinstance(value, Mapping):
        return set().union(*(classes_in(item) for item in value.values()))
    if isinstance(value, list | tuple):
        return set().union(*(classes_in(item) for item in value))
    return set()


def keys_of(value: Any) -> Any:
    """The key of a keyed value, and of all in lists and maps of them."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {name: keys_of(item) for name, item in value.items()}
    if isinstance(value, Sequence):
        return [keys_of(item) for item in value]
    return value.key
