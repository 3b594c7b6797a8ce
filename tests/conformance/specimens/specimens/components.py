"""Broken as specifications; what they compute is sound."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from components.contracts import Portfolio
from components.values import Float, View


class _Nothing(Portfolio):
    forecast_kind = ("level", "return", "direction")

    def weights(self, view: View) -> Float:
        return np.zeros_like(view.forecast_DS)


@dataclass(frozen=True, kw_only=True)
class Meddling(_Nothing):
    """Holds nothing; register: a count, whose name every class has as a method."""

    register: Annotated[int, Ge(1)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"register": 1}, {"register": 2})


@dataclass(frozen=True, kw_only=True)
class Shapeless(_Nothing):
    """Holds nothing; size: anything."""

    size: Any

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"size": 1}, {"size": "large"})


@dataclass(frozen=True, kw_only=True)
class Silent(_Nothing):
    """Holds nothing, and does not tell its parameter."""

    threshold: float

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"threshold": 1.0}, {"threshold": 2.0})


@dataclass(frozen=True, kw_only=True)
class Busy(_Nothing):
    """Holds nothing; size: looked at when it is built."""

    size: int

    def __post_init__(self) -> None:
        if self.size < 0:
            raise ValueError("size must not be negative")

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"size": 1}, {"size": 2})


@dataclass(frozen=True, kw_only=True)
class Single(_Nothing):
    """Holds nothing; size: of which only one example is given."""

    size: int

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"size": 1},)


@dataclass(kw_only=True)
class Soft(_Nothing):
    """Holds nothing; size: can be changed after it was built."""

    size: int

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"size": 1}, {"size": 2})


@dataclass(frozen=True, kw_only=True)
class Flawed(_Nothing):
    """Holds nothing; size: of which an example is too small by its own account."""

    size: int

    def flaws(self) -> tuple[str, ...]:
        return () if self.size > 1 else ("size 1 can never work",)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"size": 1}, {"size": 2})
