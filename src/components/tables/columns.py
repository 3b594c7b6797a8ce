"""The columns of one file, whatever its format: texts, numbers, and times as they are written.

Only the columns that are asked for are read. Shape legend: N rows of the table.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from components.errors import Ask, DataError
from components.tables import numbers as spelling
from components.tables import rows
from components.tables.container import BLOCK_BYTES, reason_of
from components.tables.levels import SYMBOL, Levels
from components.tables.numbers import Decimal
from components.tables.rows import Body
from components.tables.shape import Shape, Told, shape_of
from components.tables.unread import Unread

if TYPE_CHECKING:
    import pyarrow as pa

LONGEST_TEXT = 40
MOST_LOOKED_AT = 1000
UNTOLD = Told()


@dataclass(frozen=True, kw_only=True, eq=False)
class Columns:
    """Columns of one file.

    names     of all columns of the table, whether they were read or not
    raw       name -> its values: texts (or dictionaries of texts) from text files, else of the file's own types
    place     how to find a row again, such as line 201
    decimal   the sign before decimals where it is told; None: decided by the values
    pointed   whether the file is one in which 1.234 is 1.234 where nothing speaks against it
    left_out  (number, text) of lines among and after the rows that are none
    symbol    the column of symbols that the reader made of a header or of file names; None: none
    """

    path: Path
    names: tuple[str, ...]
    raw: Mapping[str, "pa.ChunkedArray"]
    n_rows: int
    place: Callable[[int], str]
    decimal: Decimal | None
    pointed: bool
    left_out: tuple[tuple[int, str], ...] = ()
    symbol: str | None = None

    def head(self, most: int) -> "Columns":
        """The first rows."""
        raw = {name: column.slice(0, most) for name, column in self.raw.items()}
        return replace(self, raw=raw, n_rows=min(most, self.n_rows))

    def take(self, rows: "np.ndarray[Any, Any]") -> "Columns":
        """Some rows, by their numbers; what no row holds any more is in no dictionary either."""
        import pyarrow as pa
        import pyarrow.compute as pc

        raw = {name: column.take(rows) for name, column in self.raw.items()}
        for name, column in raw.items():
            if pa.types.is_dictionary(column.type):
                raw[name] = pc.dictionary_encode(pc.cast(column, column.type.value_type))
        return replace(self, raw=raw, n_rows=len(rows), place=lambda row: self.place(int(rows[row])))

    def unread(self, unread: Unread) -> DataError:
        """The complaint about times that cannot be read, with their places; an Ask where two readings fit."""
        said = f"{self.path}: {unread.text(self.place)}"
        return Ask(said, unread.options) if unread.options else DataError(said)


def columns_of(
    path: Path,
    told: Told = UNTOLD,
    *,
    shape: Shape | None = None,
    wanted: Collection[str] | None = None,
    numbers: Collection[str] = (),
    decimal: Decimal | None = None,
    melt: bool = True,
) -> Columns:
    """Reads columns of a file.

    wanted   names of columns; None: all
    numbers  names of those that are expected to hold numbers: if all do in the plain way they are read at once
    melt     whether several lines of names make a line for every symbol
    Raises DataError naming the line where a file cannot be read.
    """
    shape = shape or shape_of(path, told)
    levels = shape.levels if melt else None
    names = levels.long if levels else shape.names
    wanted = tuple(name for name in names if wanted is None or name in wanted)
    stored = shape.names if levels else wanted
    numeric = frozenset(shape.names[1:]) if levels else frozenset(numbers)
    raw, place, left_out = _raw(path, shape, told, stored, numeric, decimal)
    n_rows = len(next(iter(raw.values()))) if raw else 0
    found = Columns(
        path=path,
        names=names,
        raw=raw,
        n_rows=n_rows,
        place=place,
        decimal=decimal,
        pointed=shape.delimiter != ";" or decimal is not None,
        left_out=left_out,
    )
    return molten(found, levels) if levels else found


Raw = tuple[dict[str, Any], Callable[[int], str], tuple[tuple[int, str], ...]]


def _raw(
    path: Path, shape: Shape, told: Told, stored: Sequence[str], numeric: Collection[str], decimal: Decimal | None
) -> Raw:
    places = [shape.names.index(name) for name in stored]
    if shape.kind == "excel":
        from components.tables.excel import columns_of_excel

        found, numbers, left_out = columns_of_excel(path, shape, told.sheet, places)
        return dict(zip(stored, found, strict=True)), lambda row: f"row {numbers[row]}", tuple(left_out)
    if shape.kind != "text":
        from components.tables.arrow import columns_of_arrow

        texts = [place for place in places if shape.names[place] not in numeric]
        found = columns_of_arrow(path, shape, places, texts)
        return dict(zip(stored, found, strict=True)), lambda row: f"row {row + 1}", ()
    if not shape.names:
        return {}, lambda row: f"line {row + 1}", ()
    body = rows.body_of(path, shape)
    values = _text_columns(path, shape, body, stored, numeric, decimal)
    return values, _line_of(path, shape, body), body.left_out


def _line_of(path: Path, shape: Shape, body: Body) -> Callable[[int], str]:
    def place(row: int) -> str:
        if body.numbers is not None and not body.quoted:
            return f"line {body.numbers[row]}"
        found = rows.records(path, shape, body)
        return next((f"line {line}" for n, (line, _) in enumerate(found) if n == row), f"row {row + 1}")

    return place


def _text_columns(
    path: Path, shape: Shape, body: Body, stored: Sequence[str], numeric: Collection[str], decimal: Decimal | None
) -> dict[str, Any]:
    """Numbers at once where they are written plainly, else as texts."""
    import pyarrow as pa

    sure = decimal is not None or shape.delimiter != ";"
    for typed in (True, False) if sure and numeric else (False,):
        try:
            return _parsed(path, shape, body, stored, numeric if typed else (), decimal or ".")
        except pa.ArrowInvalid as error:
            if typed:
                continue
            said = rows.uneven(path, shape, body) or f"cannot be read: {reason_of(error)}"
            raise DataError(f"{path}: {said}") from None
    raise AssertionError


def _parsed(
    path: Path, shape: Shape, body: Body, stored: Sequence[str], numeric: Collection[str], decimal: str
) -> dict[str, Any]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    types = {name: pa.float64() if name in numeric else pa.dictionary(pa.int32(), pa.string()) for name in stored}
    read, skipped = (_stream(path), shape.body - 1) if body.lines is None else (_buffer(shape, body.lines), 0)
    batches: dict[str, list[Any]] = {name: [] for name in stored}
    with read as stream:
        try:
            with arrow_csv.open_csv(
                stream,
                read_options=arrow_csv.ReadOptions(column_names=shape.names, skip_rows=skipped, block_size=BLOCK_BYTES),
                parse_options=arrow_csv.ParseOptions(
                    delimiter="\t" if shape.delimiter == " " else shape.delimiter, newlines_in_values=body.quoted
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types=types,
                    include_columns=stored,
                    null_values=spelling.missing_words(),
                    decimal_point=decimal,
                ),
            ) as parsed:
                for batch in parsed:
                    for name, column in zip(stored, batch.columns, strict=True):
                        batches[name].append(column)
        except pa.ArrowInvalid as error:
            if "Empty CSV" not in str(error):
                raise
    chunks = {name: pa.chunked_array(found, type=types[name]) for name, found in batches.items()}
    if any(_is_beyond(chunks[name]) for name in stored if name in numeric):
        raise pa.ArrowInvalid("a number that no float holds: read as text, it can be named")
    return chunks


def _is_beyond(column: "pa.ChunkedArray") -> bool:
    """Whether a number is infinite, or nothing but for its sign and power."""
    values_N = column.to_numpy()
    with np.errstate(invalid="ignore"):
        size_N = np.abs(values_N)
        return bool(((size_N > spelling.LARGEST) | ((size_N < spelling.SMALLEST) & (size_N > 0))).any())


def _stream(path: Path) -> Any:
    import pyarrow as pa

    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return pa.input_stream(str(path), compression="gzip" if packed else None)


def _buffer(shape: Shape, lines: Sequence[str]) -> Any:
    import pyarrow as pa

    if shape.delimiter == " ":
        lines = ["\t".join(line.split()) for line in lines]
    return pa.BufferReader("\n".join([*lines, ""]).encode())


def molten(columns: Columns, levels: Levels) -> Columns:
    """The table with a line for every key and symbol; lines in which nothing is said are left out."""
    import pyarrow as pa

    keys: dict[str, list[Any]] = {key: [] for key in levels.keys}
    fields: dict[str, list[Any]] = {field: [] for field in levels.fields}
    symbols, row_N = [], []
    whole = {name: _plain(column) for name, column in columns.raw.items()}
    for symbol, places in levels.places.items():
        said = [_is_said(whole[column]) for column in places.values()]
        row_K = np.flatnonzero(np.logical_or.reduce(said))
        taken = pa.array(row_K)
        for key in levels.keys:
            keys[key].append(whole[key].take(taken))
        for field in levels.fields:
            column = whole[places[field]].take(taken) if field in places else pa.nulls(len(row_K))
            fields[field].append(column)
        symbols.append(pa.array([symbol] * len(row_K), type=pa.string()))
        row_N.append(row_K)
    of_N = np.concatenate(row_N) if row_N else np.empty(0, dtype=np.int64)
    raw = {name: _stacked(parts) for name, parts in {**keys, SYMBOL: symbols, **fields}.items()}
    return replace(
        columns,
        names=levels.long,
        raw=raw,
        n_rows=len(of_N),
        place=lambda row: columns.place(int(of_N[row])),
        symbol=SYMBOL,
    )


def _plain(column: "pa.ChunkedArray") -> "pa.Array":
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    whole = column.combine_chunks()
    return whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole


def _is_said(column: "pa.Array") -> Any:
    """(N,) whether a cell holds anything."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
        return np.array([text is not None and not spelling.is_missing(text) for text in column.to_pylist()], dtype=bool)
    return pc.invert(pc.is_null(column, nan_is_null=True)).to_numpy(zero_copy_only=False)


def _stacked(parts: "Sequence[pa.Array]") -> "pa.ChunkedArray":
    """Parts of one column below each other; where their types differ, as texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kinds = {part.type for part in parts if not pa.types.is_null(part.type)}
    kind = kinds.pop() if len(kinds) == 1 else (pa.string() if kinds else pa.float64())
    return pa.chunked_array([pc.cast(part, kind) for part in parts], type=kind)


def texts(columns: Columns, name: str, most: int | None = None) -> "np.ndarray[Any, Any]":
    """(N,) the cells of a column as texts, without blanks around them; None where there is none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = as_text(columns.raw[name].slice(0, most))
    values = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    said = pc.if_else(pc.equal(values, ""), pa.scalar(None, pa.string()), values)
    found: np.ndarray[Any, Any] = said.to_numpy(zero_copy_only=False) if isinstance(said, pa.Array) else said.to_numpy()
    return found


def as_text(column: "pa.ChunkedArray | pa.Array") -> Any:
    """A column as texts: whole numbers without decimals, as a symbol such as 700 is written."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = column.type
    if pa.types.is_floating(kind):
        values_N = column.to_numpy(zero_copy_only=False) if isinstance(column, pa.Array) else column.to_numpy()
        known_N = values_N[np.isfinite(values_N)]
        if (known_N == np.floor(known_N)).all() and (np.abs(known_N) < 2**53).all():
            return pa.array([None if np.isnan(v) else str(int(v)) for v in values_N], type=pa.string())
    if pa.types.is_dictionary(kind) and pa.types.is_string(kind.value_type):
        return column
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array([None if cell is None else str(cell) for cell in column.to_pylist()], type=pa.string())
    return pc.cast(column, pa.string())


def cut(text: str) -> str:
    """A text as messages show it."""
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_TEXT else f"{text[: LONGEST_TEXT - 3]}..."
