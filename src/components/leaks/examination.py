"""The examination of one table: every test of the battery, chance held down over all of them at once.

Tests of single columns see every row of every symbol; those of one symbol's windows and of several columns together
see as many as the effort allows, and what they saw is said.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np

from components.leaks.base import rebuilt
from components.leaks.column import Column
from components.leaks.examined import MIN_ROWS, Block, Examination, Known, Leak, Signal
from components.leaks.found import Found
from components.leaks.future import Outlook, price_moves, sort_of
from components.leaks.layout import Table
from components.leaks.sample import Sample
from components.leaks.series import span_of
from components.leaks.symbol import Symbol, varies
from components.leaks.target import PRICE_NAME, maker, when_known
from components.leaks.tests import battery

FAMILY_WISE = 0.01
"""Chance of even one false alarm of the statistical tests, per table."""

SYMBOLS_SHARE = 0.05
"""Share of the symbols that must show a correlation that is found symbol by symbol; one identity suffices."""

WORTH_THREADS = 5_000_000
THREADS = 2

STRETCH_ROWS, STRETCHES = 8_000, 5
"""Unbroken rows of one symbol that its windows are looked for in, and how many times: hundreds of windows are held at
once, so that memory must not grow with the rows."""


@dataclass(frozen=True, kw_only=True)
class Effort:
    """symbol_cells: values (rows x columns) that the tests of single symbols see; joint_rows: rows that the tests of
    several columns together see, 0: none are made."""

    symbol_cells: int
    joint_rows: int


THOROUGH = Effort(symbol_cells=1_200_000, joint_rows=20_000)
CHEAP = Effort(symbol_cells=15_000, joint_rows=0)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Target:
    """What is known of the target before anything is tested."""

    known: Known
    why: str
    horizon: int
    bases: tuple[str, ...]


def examine(
    blocks: Sequence[Block], *, target: str, known: Known | None = None, effort: Effort = THOROUGH
) -> Examination:
    """Examines every column of a table for knowledge of the future.

    blocks: one per symbol, the same columns in each. known: `at` where the target is known at its own row (a
    price level), `after` where it is a forward quantity, None to find out. Identities need no p-value; the
    other statistics' chances are multiplied by their number, and count above what honest columns reach only. Symbols
    below 60 rows are left out.
    """
    table = Table.of(blocks).with_values(target, MIN_ROWS) if blocks else None
    if table is None:
        return Examination(
            leaks=(), known=known or "at", why="", examined=(), skipped={}, n_rows=0, n_symbols=0, n_tests=0
        )
    return examine_table(table, target=target, known=known, effort=effort)


def examine_table(table: Table, *, target: str, known: Known | None = None, effort: Effort = THOROUGH) -> Examination:
    """The same of a table whose symbols all have enough rows."""
    from threadpoolctl import threadpool_limits

    # Thousands of products of narrow matrices: threads of BLAS would wait for each other most of the time.
    with threadpool_limits(1, user_api="blas"):
        return _examination(table, target, known, effort)


def _examination(table: Table, target: str, known: Known | None, effort: Effort) -> Examination:
    names, skipped = _examinable(table, target)
    about = describe(table, target, names, known)
    outlook = outlook_of(table, target, about)
    candidates = tuple(name for name in names if name not in about.bases)
    found = [*_of_columns(outlook, candidates), *_of_symbols(outlook, about, names, effort)]
    found += _of_several(outlook, candidates, found, effort)
    n_tests = sum(each.count for each in found)
    sure = [signal for signal in _sure(found) if not signal.excused]
    samples = tuple(dict.fromkeys(each.sample for each in found if each.sample))
    return Examination(
        leaks=_merged(sure, len(table.symbols)),
        known=about.known,
        why=about.why,
        examined=names,
        skipped=skipped,
        n_rows=table.n_rows,
        n_symbols=len(table.symbols),
        n_tests=n_tests,
        unsaid=(*outlook.unsaid, *samples),
    )


def _examinable(table: Table, target: str) -> tuple[tuple[str, ...], dict[str, str]]:
    names, skipped = [], {}
    for name, values_R in table.columns.items():
        if name == target:
            continue
        known_R = np.isfinite(values_R)
        if known_R.sum() < MIN_ROWS:
            skipped[name] = f"fewer than {MIN_ROWS} values"
        elif known_R.all() and values_R.min() == values_R.max():
            skipped[name] = "does not vary"
        else:
            names.append(name)
    return tuple(names), skipped


def describe(table: Table, target: str, names: tuple[str, ...], known: Known | None) -> _Target:
    blocks = table.some_blocks()
    longest = max(blocks, key=lambda block: len(block.times_T))
    made = maker(longest, target, names) if known != "at" else None
    known_now, why = (known, "you said so") if known else when_known(target, longest.columns[target], made)
    # A horizon is a property of the column: symbols agree on it by majority.
    horizon = made[2] if made else int(np.median([span_of(block.columns[target]) for block in blocks]))
    if known_now == "at":
        return _Target(known="at", why=why, horizon=1, bases=(target,))
    priced = [name for name in names if PRICE_NAME.fullmatch(name) and _is_price(table, name)]
    bases = tuple(dict.fromkeys([*([made[0]] if made else []), *priced[:2]]))
    return _Target(known="after", why=why, horizon=horizon, bases=bases)


def _is_price(table: Table, name: str) -> bool:
    """Whether what is called a price is one: `last` may be the last move."""
    values_R = table.columns[name]
    return bool(np.nanmin(values_R) > 0) and price_moves(table, values_R)[1]


def outlook_of(table: Table, target: str, about: _Target) -> Outlook:
    """The target with what follows each row; a price is rebuilt where no column holds it."""
    y_R = table.columns[target]
    sort = sort_of(table, y_R, about.horizon) if about.known == "after" else "move"
    base, price_R, moves_R, is_price, unsaid = "", None, None, False, ""
    if about.bases:
        base = about.bases[0]
        price_R = table.columns[base]
        moves_R, is_price = price_moves(table, price_R)
    elif sort == "move" and (found := rebuilt(table, y_R, about.horizon)) is not None:
        moves_R, price_R = found
        base, is_price = f"the price behind {target}", True
    else:
        unsaid = (
            f"No price is in the table and none can be rebuilt from {target}: windows that reach into the future were "
            "looked for by their dependence on it only."
        )
    return Outlook(
        table=table,
        target=target,
        known=about.known,
        horizon=about.horizon,
        sort=sort,
        base=base,
        moves_R=moves_R,
        price_R=price_R,
        is_price=is_price,
        unsaid=(unsaid,) if unsaid else (),
    )


def _of_columns(outlook: Outlook, names: tuple[str, ...]) -> Iterator[Found]:
    """Column by column, so that memory does not grow with their number; side by side where that is worth it."""
    tests = [test for test in battery() if test.scope == "column"]

    def examined(name: str) -> list[Found]:
        values_R = outlook.table.columns[name].astype(np.float64, copy=False)
        column = Column(name=name, values_R=values_R, outlook=outlook)
        return [test.find(column) for test in tests]

    if outlook.table.n_rows * len(names) < WORTH_THREADS:
        yield from chain.from_iterable(map(examined, names))
        return
    if names:
        yield from examined(names[0])  # what all columns share is computed once
    with ThreadPoolExecutor(THREADS) as pool:
        yield from chain.from_iterable(pool.map(examined, names[1:]))


def _of_symbols(outlook: Outlook, about: _Target, names: tuple[str, ...], effort: Effort) -> Iterator[Found]:
    table = outlook.table
    chosen = _spread_out(len(table.symbols), table.n_rows * max(len(names), 1), effort.symbol_cells)
    tests = [test for test in battery() if test.scope == "symbol"]
    rebuilt_R = outlook.price_R if not about.bases else None
    whole = [table.block(place, {} if rebuilt_R is None else {outlook.base: rebuilt_R}) for place in chosen]
    most = effort.symbol_cells // max(len(names), 1)
    blocks = [stretch for block in whole for stretch in _stretches(block, most // STRETCH_ROWS)]
    level = FAMILY_WISE / max(1, 7 * len(names) * len(blocks))
    for block in blocks:
        symbol = Symbol(
            block=block,
            target=outlook.target,
            known=about.known,
            horizon=about.horizon,
            bases=about.bases or ((outlook.base,) if rebuilt_R is not None else ()),
            names=tuple(name for name in names if varies(block, name)),
            level=level,
        )
        for test in tests:
            found = test.find(symbol)
            yield Found(signals=tuple(_located(found.signals, symbol.block.symbol)), count=found.count)
    seen, rows = sum(len(block.times_T) for block in blocks), sum(len(block.times_T) for block in whole)
    of_rows = f", {seen} of their {rows} rows" if seen < rows else ""
    if len(chosen) < len(table.symbols) or of_rows:
        sample = f"Windows, recursions and row order: {len(chosen)} of {len(table.symbols)} symbols{of_rows}."
        yield Found(signals=(), count=0, sample=sample)


def _stretches(block: Block, most: int) -> Iterator[Block]:
    """The block, or evenly spread stretches of one that is too long; most: how many."""
    n = len(block.times_T)
    if n <= STRETCH_ROWS:
        yield block
        return
    count = min(max(most, 1), STRETCHES, -(-n // STRETCH_ROWS))
    spare = n - STRETCH_ROWS
    for first in [spare // 2] if count == 1 else (spare * i // (count - 1) for i in range(count)):
        yield block.rows(slice(first, first + STRETCH_ROWS))


def _spread_out(n_symbols: int, cells: int, most: int) -> tuple[int, ...]:
    """Places of evenly spread symbols: as many as the effort allows, one at least."""
    count = max(1, min(n_symbols, int(n_symbols * most / max(cells, 1))))
    return tuple(dict.fromkeys((np.arange(count) * n_symbols // count).tolist()))


def _located(signals: Sequence[Signal], symbol: str) -> Iterator[Signal]:
    for signal in signals:
        yield replace(signal, symbol=symbol)


def _of_several(outlook: Outlook, names: tuple[str, ...], found: Sequence[Found], effort: Effort) -> Iterator[Found]:
    """Tests of several columns together, one after the other: each without the columns that are explained already,
    since whatever stands beside a leak tells much together with it."""
    known = {signal.column for signal in _sure(found)}
    for test in (test for test in battery() if test.scope == "table" and effort.joint_rows):
        left = tuple(name for name in names if name not in known)
        if not left:
            return
        made = test.find(Sample.of(outlook, left, effort.joint_rows))
        known |= {signal.column for signal in _sure([*found, made])}
        yield made


def _sure(found: Sequence[Found]) -> list[Signal]:
    """Those that chance does not explain, however many statistics were looked at."""
    n_tests = max(sum(each.count for each in found), 1)
    return [signal for each in found for signal in each.signals if signal.p * n_tests < FAMILY_WISE]


def _merged(found: Sequence[Signal], n_symbols: int) -> tuple[Leak, ...]:
    """One line a column: the most direct evidence, and in how many symbols it was found."""
    by_column: dict[str, list[Signal]] = {}
    for signal in found:
        by_column.setdefault(signal.column, []).append(signal)
    leaks = [leak for column, signals in by_column.items() for leak in _leak(column, signals, n_symbols)]
    return tuple(sorted(leaks, key=lambda leak: leak.severity != "leak"))


def _leak(column: str, signals: Sequence[Signal], n_symbols: int) -> Iterator[Leak]:
    everywhere = [signal for signal in signals if not signal.symbol or signal.p == 0]
    alone = [signal for signal in signals if signal.symbol and signal.p > 0]
    symbols = {signal.symbol for signal in alone if signal.severity == "leak"} or {signal.symbol for signal in alone}
    counted = [*everywhere, *(alone if len(symbols) >= SYMBOLS_SHARE * n_symbols else ())]
    if not counted:
        return
    # Identities (p = 0) say more than correlations; among equals the first test is the most specific.
    best = min(counted, key=lambda s: (s.severity != "leak", s.p > 0, not s.symbol, -s.strength))
    same = {s.symbol for s in counted if s.symbol and s.severity == best.severity}
    where = f"; in {len(same)} of {n_symbols} symbols" if n_symbols > 1 and best.symbol else ""
    yield Leak(column=column, kind=best.kind, severity=best.severity, evidence=best.evidence + where)
