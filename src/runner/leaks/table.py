"""Any table of a stranger's files, examined for columns that look into the future."""

from pathlib import Path
from typing import Any, Literal

import numpy as np

from components.errors import Ask, DataError
from components.leaks.examination import examine_table
from components.leaks.examined import MIN_ROWS, Examination
from components.leaks.layout import Table
from components.tables.columns import Columns
from components.tables.reading import symbols_of
from components.tables.whole import UNSAID, Reading, numeric, require_column, times_of, whole_table

LARGEST = 1e100
"""Beyond it squares of sums overflow; no market quantity is so large."""


def examined(
    path: Path,
    *,
    time: str,
    symbol: str | None,
    target: str,
    known: Literal["at", "after"] | None,
    reading: Reading = UNSAID,
) -> tuple[Examination, dict[str, str]]:
    """What the columns know of later rows, and the columns that hold no numbers, with the reason.

    known: when the target is, relative to its row's time; None: find out. Raises DataError where no symbol has
    enough values of the target to tell a leak from chance.
    """
    table, unread = load_table(path, time=time, symbol=symbol, target=target, reading=reading)
    long = table.with_values(target, MIN_ROWS)
    if long is None:
        raise DataError(
            f"{path}: fewer than {MIN_ROWS} values of '{target}' in every symbol; too few to tell a leak from chance"
        )
    del table
    return examine_table(long, target=target, known=known), unread


def load_table(
    path: Path, *, time: str, symbol: str | None, target: str, reading: Reading = UNSAID
) -> tuple[Table, dict[str, str]]:
    """The rows by symbol, in the order of time, and the columns that hold no numbers, with the reason."""
    found = whole_table(path, reading, keys=(time, symbol, reading.clock_column))
    symbol = symbol or found.symbol
    for option, name in (("--time", time), ("--target", target), ("--symbol", symbol)):
        if name is not None:
            require_column(found, name, option=option)
    columns, unread = _numbers(found, target, {time, symbol, reading.clock_column})
    if target not in columns:
        raise DataError(f"{path}: --target {target}: {unread.get(target, 'holds no numbers')}")
    known = columns[target][np.isfinite(columns[target])]
    if len(known) >= MIN_ROWS and (known == known[0]).all():
        raise DataError(f"{path}: --target {target}: does not vary, so nothing can look ahead to it")
    stamps_R = times_of(found, time, reading)
    codes_R, symbols = symbols_of(found, symbol)
    del found
    order = sorted(range(len(symbols)), key=symbols.__getitem__)
    codes_R = np.argsort(order).astype(np.int32)[codes_R]
    order_R = np.lexsort((stamps_R, codes_R))
    sorted_already = bool((np.diff(order_R) == 1).all())
    if not sorted_already:
        stamps_R, codes_R = stamps_R[order_R], codes_R[order_R]
        for name in columns:
            columns[name] = columns[name][order_R]
    _refuse_duplicates(path, stamps_R, codes_R, symbol)
    counts = np.bincount(codes_R, minlength=len(symbols))
    offsets = np.concatenate([[0], np.cumsum(counts)])
    names = tuple(symbols[place] for place in order)
    return Table(symbols=names, offsets=offsets, times_R=stamps_R, columns=columns), unread


def _numbers(found: Columns, target: str, keys: set[str | None]) -> tuple[dict[str, Any], dict[str, str]]:
    columns, unread = {}, {}
    for name in found.names:
        if name in keys:
            continue
        try:
            values_R = numeric(found, name)
        except DataError as error:
            if name == target or isinstance(error, Ask):
                raise
            unread[name] = str(error).removeprefix(f"{found.path}: ")
            continue
        if values_R is None:
            unread[name] = "holds no numbers"
        elif np.nanmax(np.abs(values_R), initial=0.0) > LARGEST:
            unread[name] = f"holds numbers beyond {LARGEST:g}"
        else:
            columns[name] = values_R
    return columns, unread


def _refuse_duplicates(path: Path, stamps_R: Any, codes_R: Any, symbol: str | None) -> None:
    same_R = (stamps_R[1:] == stamps_R[:-1]) & (codes_R[1:] == codes_R[:-1])
    if same_R.any():
        stamp = np.datetime_as_string(stamps_R[int(same_R.argmax())], unit="s").replace("T00:00:00", "")
        remedy = "drop one of them" if symbol else "name the column of the symbols with --symbol, or drop one of them"
        raise DataError(f"{path}: {same_R.sum()} times stand twice, the first is {stamp}; {remedy}")
