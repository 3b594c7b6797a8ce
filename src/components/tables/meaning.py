"""Which column of a stranger's table is the price, and which the volume: by their names, and only where they can be
read as what their names say. Where another reading is as good, a question is asked.

Shape legend: N rows of the sample.
"""

import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import numpy as np

from components.errors import Ask, DataError, Problem
from components.tables.lexicon import (
    CLOSE,
    NO_PRICE,
    PRICE,
    QUALIFIED,
    ROLES,
    SINGLE,
    UNITS,
    is_no_price,
    tokens,
    without_units,
    word,
)
from components.values import Float

MOSTLY = 0.01
"""Share of texts that may be no numbers in a column of numbers; the reader refuses them by line."""
UNKNOWN = 9
"""Rank of a name that does not say that it is a price."""

WHY = (
    "called so",
    "the only one whose name holds such a word",
    "called a price, and none is called a close",
    "an adjusted close, and there is no other",
)
"""Why a column is the price, by rank."""
UNNAMED = re.compile(r"column_\d+")
"""What the reader calls the columns of a table without names."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """What a person said a column is, by its name; None: nothing. settings: further settings of the source Files."""

    close: str | None = None
    volume: str | None = None
    time: str | None = None
    symbol: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])


NOTHING_SAID = Said()


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """One column of a sample. values_N: NaN where nothing or no number stands; wrong: the first text that is no number
    (line, text); truths: whether it holds true and false."""

    name: str
    values_N: Float
    share_wrong: float
    wrong: tuple[str, str] | None
    truths: bool = False

    @property
    def holds_numbers(self) -> bool:
        return not self.truths and bool(np.isfinite(self.values_N).any()) and self.share_wrong < MOSTLY

    def trouble(self) -> str:
        """Why it cannot be a price."""
        if self.truths:
            return "it holds true and false"
        return "'{1}' ({0}) is no number".format(*self.wrong) if self.wrong else "it holds nothing"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A column and why it was taken for what it is."""

    column: str
    why: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """The columns of a sample beside those of time and symbol. times: of the rows, as written; symbol: the column;
    of: the first symbol; why_unread: says of a column why it cannot be read and what to do, None where it can."""

    path: str
    times: Sequence[str]
    columns: tuple[Column, ...]
    symbol: str | None
    of: str
    why_unread: Callable[[str], str | None] = field(default=lambda _: None)

    def numbers(self) -> list[Column]:
        return [column for column in self.columns if column.holds_numbers]

    def named(self, name: str, option: str) -> Column:
        """The column that a person named. Raises DataError where there is none, or it holds no numbers."""
        found = [column for column in self.columns if name in (column.name, word(column.name), column.name.lower())]
        if not found:
            raise DataError(f"{self.path}: no column '{name}' ({option}); columns: {_list(self.columns)}")
        if not found[0].holds_numbers:
            raise DataError(f"{self.path}: {option} {name}: {found[0].trouble()}; name another column, or mend it")
        return found[0]


def fields_of(table: Table, said: Said) -> dict[str, Taken]:
    """open, high, low, close, volume -> column, of those that are there; without close where every column of numbers is
    a symbol. Raises DataError where no column can be the price, and Ask where several can."""
    found = {role: taken for role in ("open", "high", "low") if (taken := _by_name(table, role))}
    if said.close is None and _is_wide(table):
        return {}
    close = _price(table, said, found)
    volume = _volume(table, said, close.column)
    found = {role: taken for role, taken in found.items() if taken.column != close.column}
    return {**found, "close": close, **({"volume": volume} if volume else {})}


def _by_name(table: Table, role: str) -> Taken | None:
    """The column of numbers that bears the best-known name of a role, or the only one in whose name it stands."""
    numbers = _lettered(table.numbers())
    for name in ROLES[role]:
        for column in numbers:
            # A volume in a currency is a turnover.
            if name == word(column.name) or (role != "volume" and name == without_units(column.name)):
                return Taken(column=column.name, why="called so")
    known = set(ROLES[role]) - SINGLE
    within = [column for column in numbers if known & set(tokens(column.name)) and not _is_other(column.name, role)]
    return Taken(column=within[0].name, why=WHY[1]) if len(within) == 1 else None


def _is_other(name: str, role: str) -> bool:
    """Whether a name in which that of a role stands says something else: an adjusted open, a volume in dollars."""
    parts = set(tokens(name))
    return bool(parts & (QUALIFIED | (UNITS if role == "volume" else NO_PRICE)))


def _lettered(columns: Sequence[Column]) -> list[Column]:
    """Without those of one letter, unless open, high, low and close are all there as letters."""
    if {"o", "h", "l", "c"} <= {word(column.name) for column in columns}:
        return list(columns)
    return [column for column in columns if word(column.name) not in SINGLE]


def _is_wide(table: Table) -> bool:
    """Whether every column of numbers is a symbol: none is known as a price or as anything else of a bar."""
    numbers = table.numbers()
    unknown = [column.name for column in numbers if not _is_known(column.name)]
    tickers = all(name.isupper() for name in unknown)
    # LAST is a company as well, among others in capitals.
    priced = [c for c in _lettered(table.columns) if _rank(c.name) < (1 if tickers else UNKNOWN)]
    if table.symbol is not None or priced or len(unknown) < 2 or all(UNNAMED.fullmatch(name) for name in unknown):
        return False
    return len(numbers) - len(unknown) <= len(unknown) // 3


def _is_known(name: str) -> bool:
    names = {word(name), without_units(name)}
    if names & SINGLE:
        return False
    fields = (words for role, words in ROLES.items() if role != "symbol")
    return any(names & set(words) for words in fields) or is_no_price(name) or _rank(name) < UNKNOWN


def _rank(name: str) -> int:
    """How surely a name is that of the price, 0 the most; UNKNOWN where it does not say so."""
    if is_no_price(name):
        return UNKNOWN
    names, parts = {word(name), without_units(name)}, set(tokens(name))
    adjusted = bool(names & set(ROLES["adjusted"])) or bool({"adj", "adjusted"} & parts)
    if adjusted:
        return 3 if names & set(ROLES["adjusted"]) else UNKNOWN
    ranks = (names & set(CLOSE), parts & set(CLOSE) - SINGLE, names & set(PRICE))
    return next((rank for rank, hit in enumerate(ranks) if hit), UNKNOWN)


def _price(table: Table, said: Said, found: Mapping[str, Taken]) -> Taken:
    if said.close is not None:
        return Taken(column=table.named(said.close, "--close").name, why="as you said")
    for rank, why in enumerate(WHY):
        named = [column for column in _lettered(table.columns) if _rank(column.name) == rank]
        if unreadable := [column for column in named if not column.holds_numbers]:
            _refuse_unreadable(table, unreadable[0])
        if len(named) > 1 and not _same(named):
            _ask(table, named, "may be the price")
        if named:
            return Taken(column=named[0].name, why=why)
    return _unnamed(table, found)


def _unnamed(table: Table, found: Mapping[str, Taken]) -> Taken:
    """The one column of numbers of which nothing is known, where nothing else is there."""
    fields = {taken.column for taken in found.values()}
    numbers = [column for column in table.numbers() if column.name not in fields]
    unknown = [column for column in numbers if not is_no_price(column.name)]
    if len(unknown) == 1 and len(numbers) == 1 and not fields:
        return Taken(column=unknown[0].name, why="the only column of numbers, though its name does not say so")
    if len(unknown) > 0:
        nameless = all(UNNAMED.fullmatch(column.name) for column in table.columns)
        why = "line 1 holds values, not names" if nameless else "none is called close, last or price"
        _ask(table, unknown, f"may be the price, and {why}")
    others = ", ".join(f"'{column.name}'" for column in numbers)
    known = f"; {others}: known as something else" if others else ""
    message = f"no column is called close, last or price{known}; columns: {_list(table.columns) or 'no numbers'}"
    hint = "say --close COLUMN, or rename the one that holds the price to close"
    allowed = tuple(column.name for column in numbers)
    raise DataError(Problem(str(table.path), message, hint, code="no_price", allowed=allowed, at="--close"))


def _refuse_unreadable(table: Table, column: Column) -> NoReturn:
    others = [f"--close {shlex.quote(each.name)}" for each in table.numbers() if not is_no_price(each.name)]
    read = None if column.truths else table.why_unread(column.name)
    reason, _, remedy = (read or f"{column.trouble()}; mend the column").partition("; ")
    message = f"'{column.name}' is called as the price is, but cannot be read: {reason}"
    hint = f"{remedy}{f', or say {others[0]} if that is the price' if others else ''}"
    raise DataError(
        Problem(table.path, message, hint, code="unreadable_price", value=column.name, fix=tuple(others[:3]))
    )


def _same(columns: Sequence[Column]) -> bool:
    """Whether they hold the same numbers."""
    first = columns[0].values_N
    return all(np.array_equal(first, column.values_N, equal_nan=True) for column in columns[1:])


def _ask(table: Table, columns: Sequence[Column], what: str) -> NoReturn:
    """Raises Ask with what one row would be by each of the columns."""
    shown = list(columns[:3])
    differ = np.flatnonzero([len({column.values_N[n] for column in shown}) > 1 for n in range(len(shown[0].values_N))])
    row = int(differ[0]) if len(differ) else 0
    readings = " or ".join(f"{column.values_N[row]:.10g} ('{column.name}')" for column in shown)
    names = " and ".join(f"'{column.name}'" for column in shown) + (" and others" if len(columns) > 3 else "")
    raise Ask(
        f"{table.path}: {names} {what}: on {table.times[row]} it would be {readings}",
        tuple(f"--close {shlex.quote(column.name)}" for column in shown),
    )


def _volume(table: Table, said: Said, close: str) -> Taken | None:
    if said.volume is not None:
        return Taken(column=table.named(said.volume, "--volume").name, why="as you said")
    columns = [column for column in _lettered(table.numbers()) if column.name != close]
    named = [c for name in ROLES["volume"] for c in columns if name == word(c.name)]
    if named:
        # MetaTrader writes zeros where only ticks were counted.
        used = next((column for column in named if np.nansum(column.values_N) > 0), named[0])
        return Taken(column=used.name, why="called so")
    if within := _by_name(replace(table, columns=tuple(columns)), "volume"):
        return within
    # Crypto exchanges give the volume in both currencies of a pair; that of the first counts what is traded.
    pair = table.of.upper()
    units = {c: unit for c in columns if (unit := _unit_of_volume(c.name)) and pair.startswith(unit)}
    if len(units) == 1:
        column, unit = next(iter(units.items()))
        return Taken(column=column.name, why=f"in {unit}, of which '{table.of}' is the price")
    return None


def _unit_of_volume(name: str) -> str | None:
    parts = tokens(name)
    return parts[1].upper() if len(parts) == 2 and parts[0] in ("volume", "vol") else None


def _list(columns: Iterable[Column]) -> str:
    return ", ".join(column.name for column in columns)
