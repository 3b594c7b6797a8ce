"""All columns of a stranger's table, for the verbs that examine files which nobody here made."""

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from components.errors import DataError
from components.tables import times
from components.tables.columns import Columns, columns_of
from components.tables.container import paths_of, symbol_of
from components.tables.levels import SYMBOL
from components.tables.numeric import holds_numbers, is_blank, numbers
from components.tables.reading import names_of
from components.tables.shape import Told, shape_of
from components.tables.stamps import Stamps
from components.tables.times import placed
from components.tables.unread import Unread
from components.values import Float, Time

if TYPE_CHECKING:
    import pyarrow as pa

UNNAMED = ("", "__index_level_0__")
"""What a column is called that pandas wrote without a name."""


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What a user says about how a table is read; None: the table says it itself. Fields are those of data=files."""

    date_format: str | None = None
    clock_column: str | None = None
    time_zone: str | None = None
    decimal: Literal[".", ","] | None = None
    told: Told = field(default_factory=Told)

    @staticmethod
    def of(settings: Mapping[str, Any]) -> "Reading":
        """From settings by name."""
        told = {name: settings.get(name) for name in ("encoding", "delimiter", "header", "sheet")}
        own = {name: value for name, value in settings.items() if name not in told}
        return Reading(**own, told=Told(**told))


UNSAID = Reading()


def whole_table(
    where: str | Path, reading: Reading, *, keys: Sequence[str | None] = (), setting: str = "--table"
) -> Columns:
    """The columns of a file, or of all files of a folder or pattern, one below the other.

    keys: columns that hold no numbers. Several files that name no symbol are one each: they get the column `symbol`.
    Raises DataError, one line, where it is no table, and where a file lacks a column of the first.
    """
    tables = [_one(path, reading, keys) for path in paths_of(str(where), setting=setting)]
    if len(tables) == 1:
        return tables[0]
    names = tables[0].names
    for table in tables[1:]:
        if lacking := [name for name in names if name not in table.names]:
            raise DataError(
                f"{table.path}: no column '{lacking[0]}', which {tables[0].path} has; columns: "
                f"{', '.join(table.names)}; give it one, or leave the file out"
            )
    return _below(Path(where), tables, named=SYMBOL not in {name.lower() for name in names})


def _one(path: Path, reading: Reading, keys: Sequence[str | None]) -> Columns:
    shape = shape_of(path, reading.told)
    names = names_of(shape)
    found = columns_of(
        path,
        reading.told,
        shape=shape,
        numbers=[name for name in names if name not in keys],
        decimal=reading.decimal,
    )
    if found.n_rows == 0:
        raise DataError(
            f"{path}: has a header and no rows; add some" if names else f"{path}: no column and no row; give a table"
        )
    return found


def _below(where: Path, tables: Sequence[Columns], *, named: bool) -> Columns:
    import pyarrow as pa

    first = tables[0]
    raw = {name: _joined([table.raw[name] for table in tables]) for name in first.names}
    if named:
        symbols = [pa.array([symbol_of(table.path)] * table.n_rows, type=pa.string()) for table in tables]
        raw[SYMBOL] = pa.chunked_array(symbols)
    starts = [0, *accumulate(table.n_rows for table in tables)]

    def place(row: int) -> str:
        number = bisect.bisect_right(starts, row) - 1
        return f"{tables[number].path.name}: {tables[number].place(row - starts[number])}"

    return replace(
        first, path=where, names=tuple(raw), raw=raw, n_rows=starts[-1], place=place, symbol=SYMBOL if named else None
    )


def _joined(chunks: "Sequence[pa.ChunkedArray]") -> "pa.ChunkedArray":
    """Columns below each other; as texts where their types differ."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kinds = {column.type for column in chunks}
    kind = kinds.pop() if len(kinds) == 1 else pa.string()
    return pa.chunked_array([chunk for column in chunks for chunk in pc.cast(column, kind).chunks], type=kind)


def require_column(columns: Columns, name: str, *, option: str) -> None:
    """Raises DataError with the nearest name if the table lacks the column."""
    if name in columns.names:
        return
    near = get_close_matches(name.lower(), [column.lower() for column in columns.names], n=1)
    meant = next((column for column in columns.names if near and column.lower() == near[0]), None)
    listed = ", ".join(columns.names[:8]) + (", ..." if len(columns.names) > 8 else "")
    bare = "the file has no header, " if columns.names[:1] == ("column_1",) else ""
    hint = f"did you mean '{meant}'?" if meant else f"{bare}columns: {listed}"
    raise DataError(f"{columns.path}: {option} {name}: no such column; {hint}")


def numeric(columns: Columns, name: str) -> Float | None:
    """(N,) the values as numbers, NaN where missing or infinite; None if none of them is a number. Raises DataError
    naming the line where one is none among others that are, and Ask where they can be read in two ways."""
    if not holds_numbers(columns, name) and not is_blank(columns, name):
        return None
    values_N = numbers(columns, [name])[name]
    return np.where(np.isfinite(values_N), values_N, np.nan)


def times_of(columns: Columns, name: str, reading: Reading) -> Time:
    """(N,) times of a column as a panel has them. Raises DataError on the first value that is no date."""
    clock = reading.clock_column
    try:
        stamps: Stamps = times.read(
            columns.raw[name], clock=None if clock is None else columns.raw[clock], date_format=reading.date_format
        )
        return placed(stamps, reading.time_zone)
    except Unread as unread:
        raise columns.unread(unread) from None
