"""What a parameter's annotation may say beside its type: `Annotated[int, Ge(1)]`.

They are values that the check reads (runner/composition/accept.py) and nothing else, so that a component costs a
bundle no import. The classes of the package `annotated_types` say the same and are read alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Gt:
    """Greater than `gt`."""

    gt: float


@dataclass(frozen=True)
class Ge:
    """At least `ge`."""

    ge: float


@dataclass(frozen=True)
class Lt:
    """Less than `lt`."""

    lt: float


@dataclass(frozen=True)
class Le:
    """At most `le`."""

    le: float


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Several bounds at once; it stands for the bounds that it iterates over."""

    gt: float | None = None
    ge: float | None = None
    lt: float | None = None
    le: float | None = None

    def __iter__(self) -> Iterator[Gt | Ge | Lt | Le]:
        if self.gt is not None:
            yield Gt(self.gt)
        if self.ge is not None:
            yield Ge(self.ge)
        if self.lt is not None:
            yield Lt(self.lt)
        if self.le is not None:
            yield Le(self.le)


@dataclass(frozen=True)
class MinLen:
    """At least `min_length` entries."""

    min_length: int


@dataclass(frozen=True)
class MaxLen:
    """At most `max_length` entries."""

    max_length: int


@dataclass(frozen=True)
class MultipleOf:
    """A multiple of `multiple_of`."""

    multiple_of: float
