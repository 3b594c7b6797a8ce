"""The tree of an expression: immutable, comparable and hashable by value."""

from dataclasses import dataclass, field

from components.errors import ConfigError, Problem
from components.expressions.calendar import CALENDAR


class ExpressionError(ConfigError):
    """One thing that is wrong with one expression: where it stands, what is wrong, what to do."""

    def __init__(self, where: str, message: str, hint: str = "") -> None:
        super().__init__(Problem(where, message, hint))


@dataclass(frozen=True, slots=True)
class Number:
    """A finite constant."""

    value: float


@dataclass(frozen=True, slots=True)
class Field:
    """A column of the panel, or a calendar field."""

    name: str


@dataclass(frozen=True, slots=True)
class Call:
    """An operator applied to its arguments: series first, constants after them."""

    operator: str
    args: tuple["Node", ...]
    # Trees are keys of dictionaries all the time, and share parts: each part is hashed once.
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.operator, self.args)))

    def __hash__(self) -> int:
        return self._hash


Node = Number | Field | Call


def fields_of(node: Node) -> frozenset[str]:
    """Names of the panel's fields that an expression reads."""
    if isinstance(node, Field):
        return frozenset({node.name} - CALENDAR.keys())
    if isinstance(node, Call):
        return frozenset().union(*(fields_of(arg) for arg in node.args))
    return frozenset()
