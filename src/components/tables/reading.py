"""Bars of one file: which column is the time, the symbol and each field.

Shape legend: N rows of the file.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from components.bars import Codes
from components.errors import Ask, DataError
from components.tables import times
from components.tables.columns import Columns, as_text, columns_of, cut, molten, texts
from components.tables.container import symbol_of
from components.tables.levels import SYMBOL, Levels
from components.tables.numbers import Decimal
from components.tables.numeric import is_truths, numbers
from components.tables.shape import Shape, Told
from components.tables.times import Stamps
from components.tables.unread import Unread
from components.values import Float

if TYPE_CHECKING:
    import pyarrow as pa

PRICES = frozenset({"open", "high", "low", "close"})
EXPECTED = PRICES | {"volume"}
MOST_SAID = 3


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Which columns of a file mean what.

    time, clock  of a bar; clock: null where the time column has all of the time
    symbol       null where the file is one symbol
    fields       field -> column
    wide         the field that all other columns hold, one a symbol; null where each line is one symbol
    only         the one symbol whose lines are read, and whose times and values alone are judged; null: all
    """

    shape: Shape
    told: Told
    time: str
    clock: str | None
    symbol: str | None
    fields: Mapping[str, str]
    date_format: str | None
    decimal: Decimal | None
    wide: str | None = None
    only: str | None = None

    def columns(self) -> list[str]:
        keys = [key for key in (self.time, self.clock, self.symbol) if key is not None]
        if self.wide is not None:
            return [*keys, *(name for name in names_of(self.shape) if name not in keys)]
        return list(dict.fromkeys([*keys, *self.fields.values()]))


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """One file's bars. symbols: names as they first appear; codes_N: position of each row's name; places: how to find a
    row again, of every file; notices: what was left out."""

    symbols: tuple[str, ...]
    codes_N: Codes
    stamps: Stamps
    fields: Mapping[str, Float]
    places: tuple[Callable[[int], str], ...]
    notices: tuple[str, ...] = ()


def names_of(shape: Shape) -> tuple[str, ...]:
    """The columns of the table that a file holds."""
    return shape.levels.long if shape.levels else shape.names


def field_name(column: str) -> str:
    """The field that a column becomes."""
    return "".join(c if c.isalnum() else "_" for c in column.strip().lower())


def said_of(columns: Columns, name: str, most: int | None = None) -> list[str]:
    """The cells of a column as texts, '' where there is none; most: the first of them, null: all."""
    return ["" if text is None else text for text in texts(columns, name, most)]


def text_columns(path: Path, shape: Shape) -> frozenset[str]:
    """Columns that hold no numbers, as far as types and first rows show; one that is called as a price or volume is
    expected to, and complained about by row."""
    if shape.levels is not None:
        return frozenset()
    if shape.kind in ("text", "excel"):
        found = [shape.names[place] for place in shape.words]
    else:
        from components.tables.arrow import names_without_numbers

        found = names_without_numbers(path, shape)
    return frozenset(name for name in found if field_name(name) not in EXPECTED)


def strange_columns(path: Path, shape: Shape) -> dict[str, str]:
    """column -> type, of those that hold neither numbers nor texts, times or truths, as far as the file says so."""
    if shape.kind not in ("parquet", "feather") or shape.levels is not None:
        return {}
    from components.tables.arrow import strange_types

    return strange_types(path, shape)


def read(path: Path, layout: Layout) -> Table:
    """The file's bars. Raises DataError naming the line of a value that cannot be read."""
    columns = columns_of(
        path,
        layout.told,
        shape=layout.shape,
        wanted=layout.columns(),
        numbers=_number_columns(layout),
        decimal=layout.decimal,
    )
    if layout.wide is not None:
        columns = _long(columns, layout)
    codes_N, symbols = symbols_of(columns, SYMBOL if layout.wide else layout.symbol)
    if layout.only in symbols and len(symbols) > 1:
        rows = np.flatnonzero(codes_N == symbols.index(layout.only))
        columns, codes_N, symbols = columns.take(rows), np.zeros(len(rows), dtype=np.int32), (layout.only,)
    fields = {layout.wide: layout.wide} if layout.wide else layout.fields
    _refuse_truths(columns, fields)
    stamps, *values = _together(
        path,
        partial(_stamps, columns, layout, codes_N),
        *(partial(_field, columns, field, column) for field, column in fields.items()),
    )
    return Table(
        symbols=symbols,
        codes_N=codes_N,
        stamps=stamps,
        fields=dict(zip(fields, values, strict=True)),
        places=(columns.place,),
        notices=left_out(columns),
    )


def _field(columns: Columns, field: str, column: str) -> Float:
    return numbers(columns, [column], {column: field})[column]


def _together(path: Path, *acts: Callable[[], Any]) -> list[Any]:
    """What all of them give. Raises one DataError that says what the first complaint of each is: whoever mends a file
    learns all kinds of mistakes at once."""
    found, wrong = [], []
    for act in acts:
        try:
            found.append(act())
        except DataError as error:
            wrong.append(error)
    if not wrong:
        return found
    if len(wrong) == 1 or any(isinstance(error, Ask) for error in wrong):
        raise next((error for error in wrong if isinstance(error, Ask)), wrong[0])
    first, *others = (str(error).removeprefix(f"{path}: ") for error in wrong)
    more = f"; and {len(others) - MOST_SAID} more columns" if len(others) > MOST_SAID else ""
    raise DataError(f"{path}: {first}; also {'; also '.join(others[:MOST_SAID])}{more}")


def _number_columns(layout: Layout) -> list[str]:
    keys = (layout.time, layout.clock, layout.symbol)
    return [name for name in layout.columns() if name not in keys]


def _long(columns: Columns, layout: Layout) -> Columns:
    assert layout.wide is not None
    keys = tuple(key for key in (layout.time, layout.clock) if key is not None)
    others = [name for name in columns.raw if name not in keys]
    return molten(
        columns,
        Levels(names=columns.names, keys=keys, places={name: {layout.wide: name} for name in others}),
    )


def left_out(columns: Columns) -> tuple[str, ...]:
    """A sentence about lines that were taken for no rows."""
    if not columns.left_out:
        return ()
    count, (line, said) = len(columns.left_out), columns.left_out[0]
    lines = "1 line is no row and was" if count == 1 else f"{count:,} lines are no rows and were"
    first = "" if count == 1 else "the first is "
    return (f"{columns.path}: {lines} left out: {first}line {line}, '{cut(said)}'",)


def symbols_of(columns: Columns, symbol: str | None) -> tuple[Codes, tuple[str, ...]]:
    """(N,) numbers of the names, and the names. Symbols are text: NA, TRUE, 0001 and 1e5 are what is written."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if symbol is None:
        return np.zeros(columns.n_rows, dtype=np.int32), (symbol_of(columns.path),)
    column = as_text(columns.raw[symbol])
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(column)
    whole = _one_array(column)
    names = [name and name.strip() for name in pc.cast(whole.dictionary, pa.string()).to_pylist()]
    known: dict[str, int] = {}
    code_U = np.array([known.setdefault(name, len(known)) if name else -1 for name in names] + [-1], dtype=np.int32)
    codes_N: Codes = code_U[whole.indices.fill_null(len(names)).to_numpy(zero_copy_only=False)]
    if (codes_N < 0).any():
        row = int((codes_N < 0).argmax())
        count = int((codes_N < 0).sum())
        more = f" ({count:,} lines lack it)" if count > 1 else ""
        raise DataError(f"{columns.path}: {columns.place(row)}: the symbol is missing; mend it or drop the line{more}")
    return codes_N, tuple(known)


def _one_array(column: "pa.ChunkedArray | pa.Array") -> Any:
    import pyarrow as pa

    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries().combine_chunks()
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _stamps(columns: Columns, layout: Layout, codes_N: Codes) -> Stamps:
    """The times of a file, decided by all of them."""
    column = columns.raw[layout.time]
    clock = None if layout.clock is None else columns.raw[layout.clock]
    try:
        stamps = times.read(column, clock=clock, date_format=layout.date_format)
        times.refuse_exchanged(stamps, codes_N)
    except Unread as unread:
        raise columns.unread(unread) from None
    return stamps


def _refuse_truths(columns: Columns, fields: Mapping[str, str]) -> None:
    """A price is no truth, in whatever format it is written."""
    for field, column in fields.items():
        if field in PRICES and is_truths(columns, column):
            raise DataError(
                f"{columns.path}: the column of {field} holds true and false, no prices; choose another column"
            )
