"""What is examined and what is found. Shape legend: T rows of one symbol in time order, N columns."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from components.leaks.series import calendar_dummies, innovations
from components.values import Float, Time

Kind = Literal[
    "exact algebra",
    "contains the target",
    "value of a later row",
    "shifted copy",
    "centred window",
    "future innovations",
    "time-reversed recursion",
    "reverse row order",
    "dependence on the future",
    "missing where the future says so",
    "part of the rows",
    "part of the history",
    "figure of its own period",
    "function of the future",
    "group encoding",
    "several columns together",
    "future of another field",
]
Severity = Literal["leak", "suspect"]
Known = Literal["at", "after"]

MIN_ROWS = 60
"""Rows of a symbol below which nothing is said about it."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """One symbol's rows. columns: name -> (T,) numbers, NaN where missing; the target is among them."""

    symbol: str
    times_T: Time
    columns: Mapping[str, Float]

    @cached_property
    def calendar_TC(self) -> Float:
        return calendar_dummies(self.times_T)

    @cached_property
    def innovations(self) -> dict[str, Float]:
        """name -> innovations of the column in time order."""
        return {name: innovations(values_T, self.calendar_TC) for name, values_T in self.columns.items()}

    @cached_property
    def reversed_innovations(self) -> dict[str, Float]:
        """name -> innovations of the column read from its last row to its first."""
        return {name: innovations(values_T[::-1], self.calendar_TC) for name, values_T in self.columns.items()}

    def rows(self, which: slice) -> "Block":
        columns = {name: values_T[which] for name, values_T in self.columns.items()}
        return Block(symbol=self.symbol, times_T=self.times_T[which], columns=columns)

    def matrix(self, names: tuple[str, ...]) -> Float:
        """(N, T) the columns as they are."""
        return np.array([self.columns[name] for name in names]).reshape(len(names), len(self.times_T))


@dataclass(frozen=True, kw_only=True)
class Signal:
    """What one test found. p: of chance alone, 0 where the evidence is an identity; symbol: where one was looked at;
    excused: not reported, since something honest does the same."""

    column: str
    kind: Kind
    evidence: str
    severity: Severity = "leak"
    strength: float = 1.0
    p: float = 0.0
    symbol: str = ""
    excused: bool = False


@dataclass(frozen=True, kw_only=True)
class Leak:
    """What was found about a column, over all symbols."""

    column: str
    kind: Kind
    severity: Severity
    evidence: str


@dataclass(frozen=True, kw_only=True)
class Examination:
    """leaks: at most one a column, leaks first; known: what was assumed of the target and why; n_tests: statistics
    against which chance was held; skipped: columns and why they were not examined; unsaid: what could not be looked
    for, or was looked for in a part of the rows only, a sentence each."""

    leaks: tuple[Leak, ...]
    known: Known
    why: str
    examined: tuple[str, ...]
    skipped: Mapping[str, str]
    n_rows: int
    n_symbols: int
    n_tests: int
    unsaid: tuple[str, ...] = ()
