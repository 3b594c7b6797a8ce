"""What a test is, and what it returns."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from components.leaks.examined import Signal

Scope = Literal["column", "symbol", "table"]


@dataclass(frozen=True, kw_only=True)
class Found:
    """signals: with the p of chance of their own statistic; count: statistics that were looked at, which the chances
    of all tests together are held against; sample: what was seen, where it was not every row."""

    signals: tuple[Signal, ...]
    count: int
    sample: str = ""


@dataclass(frozen=True, kw_only=True)
class LeakTest:
    """One file of this room's tests.

    says: what it finds, in words; scope: what `find` is given: a Column, a Symbol, or all columns as a Sample;
    sampled: whether it may be given a part of the rows only.
    """

    name: str
    says: str
    scope: Scope
    sampled: bool
    find: Callable[..., Found]


def gathered(signals: Iterator[Signal] | Sequence[Signal], count: int, sample: str = "") -> Found:
    return Found(signals=tuple(signals), count=count, sample=sample)
