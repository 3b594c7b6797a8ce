"""One CSV or Parquet file, block by block, into arrays that are allocated once.

Only the columns that are asked for are read. Shape legend: N rows of the file.
"""

import csv
import gzip
import itertools
import math
import os
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TextIO

import numpy as np

from components.bars import Codes
from components.errors import DataError
from components.tables import times
from components.tables.times import Stamps
from components.tables.unread import Unread
from components.values import Float

if TYPE_CHECKING:
    import pyarrow as pa

DELIMITERS = (",", ";", "\t", "|")
MISSING = ("", "-", ".", "NA", "N/A", "#N/A", "n/a", "NaN", "nan", "-nan", "NULL", "null", "None", "none")
BLOCK_BYTES = 1 << 24
BATCH_ROWS = 1 << 17
MOST_COLUMNS = 10_000
LONGEST_HEADER = 1 << 20
PRICES = frozenset({"open", "high", "low", "close"})
ROW_BYTES = 16
INFLATED_BYTES, MOST_INFLATION = 1 << 29, 200
"""What is compressed and becomes both larger than the one and more often its size than the other is no table."""
FACTORS = {"": 1.0, "K": 1e3, "M": 1e6, "B": 1e9, "%": 1e-2}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Which columns of a file mean what. fields: field -> column; symbol: null where the file is one symbol; clock:
    null where the time column has all of the time."""

    names: tuple[str, ...]
    time: str
    clock: str | None
    symbol: str | None
    fields: Mapping[str, str]
    date_format: str | None
    decimal: Literal[".", ","]

    def columns(self) -> list[str]:
        keys = (self.time, self.clock, self.symbol)
        return list(dict.fromkeys([*(key for key in keys if key is not None), *self.fields.values()]))


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """One file's bars. symbols: names as they first appear; codes_N: position of each row's name."""

    symbols: tuple[str, ...]
    codes_N: Codes
    stamps: Stamps
    fields: Mapping[str, Float]


def is_parquet(path: Path) -> bool:
    return path.suffix in (".parquet", ".pq")


def sample(path: Path, rows: int) -> dict[str, list[str]]:
    """column -> its first values as text, empty where they are missing."""
    names = columns_of(path)
    if is_parquet(path):
        import pyarrow.parquet as pq

        with pq.ParquetFile(path) as file:
            block = next(file.iter_batches(batch_size=rows), None)
        columns = [] if block is None else [block.column(i).to_pylist() for i in range(len(names))]
        return {n: ["" if v is None else str(v) for v in c] for n, c in zip(names, columns, strict=bool(columns))}
    lines = [values for _, values in itertools.islice(records(path), rows)]
    return {name: [line[i].strip() if i < len(line) else "" for line in lines] for i, name in enumerate(names)}


def field_name(column: str) -> str:
    """The field that a column becomes."""
    return "".join(c if c.isalnum() else "_" for c in column.strip().lower())


def symbol_of(path: Path) -> str:
    """The name of a file without its endings."""
    name = path.name.removesuffix(".gz")
    return name[: -len(Path(name).suffix)] if Path(name).suffix else name


def columns_of(path: Path) -> tuple[str, ...]:
    """Names of the columns; of a Parquet file those that hold no number, time or text are left out."""
    if is_parquet(path):
        import pyarrow.parquet as pq

        metadata = pq.read_metadata(path)
        _refuse_inflating(path, metadata.num_rows)
        refuse_wide(path, metadata.num_columns)
        names = tuple(str(name) for name in metadata.schema.to_arrow_schema().names)
        if twice := next((name for place, name in enumerate(names) if name in names[:place]), None):
            raise DataError(f"{path}: two columns are called '{twice}'; rename or drop one of them")
    else:
        line = _header(path)
        names = tuple(next(csv.reader([line], delimiter=delimiter(line)), []))
    refuse_wide(path, len(names))
    return names


def refuse_wide(path: Path, columns: int) -> None:
    """Raises DataError for more columns than anybody can mean."""
    if columns > MOST_COLUMNS:
        raise DataError(
            f"{path}: {columns:,} columns, at most {MOST_COLUMNS:,} are read; give those that are needed a file of "
            "their own"
        )


def _refuse_inflating(path: Path, rows: int) -> None:
    """A file may claim more rows than fit into memory: a time and one value each are the least."""
    held = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else math.inf
    if rows * ROW_BYTES > held:
        raise DataError(
            f"{path}: {rows:,} rows, which take {rows * ROW_BYTES / 2**30:,.0f} GiB at least and this machine has "
            f"{held / 2**30:,.0f}; give a part of them"
        )


def text_columns(path: Path) -> frozenset[str]:
    """Columns that hold no numbers, as far as the file itself says so: a CSV file does not."""
    if not is_parquet(path):
        return frozenset()
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = pa.types
    numeric = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal)
    return frozenset(str(f.name) for f in pq.read_schema(path) if not any(test(f.type) for test in numeric))


def delimiter(header: str) -> str:
    """What separates the columns: the candidate that stands most often in the header."""
    return max(DELIMITERS, key=header.count)


def rows_at_most(path: Path) -> int:
    """As many rows as the file has, or a few more."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if is_parquet(path):
        return int(pq.read_metadata(path).num_rows)
    rows, read, size = 1, 0, path.stat().st_size
    with pa.input_stream(str(path), compression="detect") as stream:
        while block := stream.read(BLOCK_BYTES):
            # Files of old line ends have the one, not the other.
            rows += max(block.count(b"\n"), block.count(b"\r"))
            read += len(block)
            if read > INFLATED_BYTES and read > MOST_INFLATION * size:
                raise DataError(f"{path}: inflates to more than {MOST_INFLATION} times its size; unpack and check it")
    return rows


def read(path: Path, layout: Layout) -> Table:
    """The file's rows. Raises DataError naming the line of a value that cannot be read."""
    import pyarrow as pa

    n_rows = rows_at_most(path)
    if is_parquet(path):
        return _assembled(path, layout, _parquet_blocks(path, layout), n_rows)
    try:
        return _assembled(path, layout, _csv_blocks(path, layout, typed=True), n_rows)
    except pa.ArrowInvalid:
        # Numbers such as 1,234.5 or 2.3M, or something that is no number: read again as text.
        return _assembled(path, layout, _csv_blocks(path, layout, typed=False), n_rows)


def column(path: Path, name: str) -> "pa.ChunkedArray":
    """All values of a column, as they stand in the file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = columns_of(path)
    if is_parquet(path):
        return pq.read_table(path, columns=[name]).column(0)
    layout = Layout(names=names, time=name, clock=None, symbol=None, fields={}, date_format=None, decimal=".")
    blocks = [block.column(name) for block in _csv_blocks(path, layout, typed=False)]
    return pa.chunked_array(blocks, type=pa.dictionary(pa.int32(), pa.string()))


def _lines(path: Path, errors: str = "strict") -> TextIO:
    """A text file, as it is or compressed."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="", errors=errors)
    return path.open(encoding="utf-8-sig", newline="", errors=errors)


def _header(path: Path) -> str:
    try:
        with _lines(path) as lines:
            return lines.readline(LONGEST_HEADER)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DataError(f"{path}: cannot be unpacked: {reason_of(error)}; it was cut off or damaged") from None


def _parquet_blocks(path: Path, layout: Layout) -> Iterator["pa.RecordBatch"]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path, read_dictionary=[layout.symbol] if layout.symbol else None) as file:
        yield from file.iter_batches(batch_size=BATCH_ROWS, columns=layout.columns())


def _csv_blocks(path: Path, layout: Layout, *, typed: bool) -> Iterator["pa.RecordBatch"]:
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    text, number = pa.dictionary(pa.int32(), pa.string()), pa.float64() if typed else pa.string()
    types = dict.fromkeys(layout.fields.values(), number) | {layout.time: text}
    if layout.clock:
        types[layout.clock] = text
    if layout.symbol:
        types[layout.symbol] = text
    options = {
        "read_options": arrow_csv.ReadOptions(column_names=layout.names, skip_rows=1, block_size=BLOCK_BYTES),
        "parse_options": arrow_csv.ParseOptions(delimiter=delimiter(_header(path))),
        "convert_options": arrow_csv.ConvertOptions(
            column_types=types, include_columns=layout.columns(), null_values=MISSING, decimal_point=layout.decimal
        ),
    }
    try:
        with arrow_csv.open_csv(path, **options) as blocks:
            yield from blocks
    except pa.ArrowInvalid as error:
        if "Empty CSV" in str(error):
            return
        if typed:
            raise
        raise DataError(f"{path}: {_uneven_line(path, layout) or 'cannot be read: ' + _reason(error)}") from None


def _uneven_line(path: Path, layout: Layout) -> str | None:
    for number, values in records(path):
        if len(values) != len(layout.names):
            return f"line {number}: {len(values)} values, the header has {len(layout.names)}; mend the line"
    return None


def records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """(line number, values) of every row that is not empty, after the header."""
    with _lines(path, errors="replace") as lines:
        reader = csv.reader(lines, delimiter=delimiter(lines.readline()))
        try:
            yield from ((reader.line_num + 1, values) for values in reader if values)
        except csv.Error as error:
            raise DataError(f"{path}: line {reader.line_num + 1}: cannot be read: {error}; mend the line") from None
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise DataError(f"{path}: cannot be unpacked: {reason_of(error)}; it was cut off or damaged") from None


def place(path: Path, row: int) -> str:
    """How to find a row again: its line in a text file."""
    if is_parquet(path):
        return f"row {row + 1}"
    return next((f"line {line}" for n, (line, _) in enumerate(records(path)) if n == row), f"line {row + 2}")


def _assembled(path: Path, layout: Layout, blocks: Iterator["pa.RecordBatch"], n_rows: int) -> Table:
    codes_N = np.zeros(n_rows, dtype=np.int32)
    fields = {name: np.empty(n_rows) for name in layout.fields}
    known: dict[str, int] = {} if layout.symbol else {symbol_of(path): 0}
    dated: list[pa.Array] = []
    clocks: list[pa.Array] = []
    start = 0
    for block in blocks:
        end = start + block.num_rows
        dated.append(block.column(layout.time))
        if layout.clock:
            clocks.append(block.column(layout.clock))
        if layout.symbol:
            codes_N[start:end] = _codes(path, block.column(layout.symbol), known, start)
        for name, column in layout.fields.items():
            fields[name][start:end] = _numbers(path, layout, name, block.column(column), start)
        start = end
    return Table(
        symbols=tuple(known),
        codes_N=codes_N[:start],
        stamps=_stamps(path, layout, dated, clocks, codes_N[:start]),
        fields={name: values_N[:start] for name, values_N in fields.items()},
    )


def _stamps(
    path: Path, layout: Layout, dated: Sequence["pa.Array"], clocks: Sequence["pa.Array"], codes_N: Codes
) -> Stamps:
    """The times of a file, decided by all of them."""
    import pyarrow as pa

    if not dated:
        return times.read(pa.array([], pa.string()))
    try:
        clock = pa.chunked_array(clocks) if clocks else None
        stamps = times.read(pa.chunked_array(dated), clock=clock, date_format=layout.date_format)
        times.refuse_exchanged(stamps, codes_N)
    except Unread as unread:
        raise DataError(f"{path}: {unread.text(lambda row: place(path, row))}") from None
    return stamps


def _codes(path: Path, column: "pa.Array", known: dict[str, int], start: int) -> Codes:
    """(N,) numbers of the names; new names are added to `known`."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(pc.cast(column, pa.string()))
    names = [name and name.strip() for name in pc.cast(column.dictionary, pa.string()).to_pylist()]
    code_U = np.array([known.setdefault(name, len(known)) if name else -1 for name in names] + [-1], dtype=np.int32)
    codes_N: Codes = code_U[column.indices.fill_null(len(names)).to_numpy(zero_copy_only=False)]
    if (codes_N < 0).any():
        row = start + int((codes_N < 0).argmax())
        raise DataError(f"{path}: {place(path, row)}: the symbol is missing; mend it or drop the line")
    return codes_N


def _numbers(path: Path, layout: Layout, field: str, column: "pa.Array", start: int) -> Float:
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_boolean(column.type) and field in PRICES:
        raise DataError(f"{path}: the column of {field} holds true and false, no prices; choose another column")
    if not pa.types.is_string(column.type):
        return np.asarray(pc.cast(column, pa.float64()).to_numpy(zero_copy_only=False))
    values_N, bad_N = numbers(column.to_numpy(zero_copy_only=False), layout.decimal)
    if bad_N.any():
        row = int(bad_N.argmax())
        raise DataError(f"{path}: {place(path, start + row)}: '{column[row].as_py()}' is no number ({field}); mend it")
    return values_N


def numbers(texts_N: "np.ndarray[Any, Any]", decimal: str) -> tuple[Float, "np.ndarray[Any, Any]"]:
    """Values of texts such as 1,234.5 or 2.3M or 5 %, and which of them are no numbers."""
    import pandas as pd

    if decimal == ".":  # the usual case, without looking at each text
        plain_N = np.asarray(pd.to_numeric(pd.Series(texts_N, dtype="str"), errors="coerce"), dtype=np.float64)
        if np.isfinite(plain_N).all():
            return plain_N, np.zeros(len(plain_N), dtype=bool)
    group = "," if decimal == "." else "."
    pattern = rf"([+-]?(?:\d{{1,3}}(?:[{group}]\d{{3}})+|\d*)(?:[{decimal}]\d*)?(?:[eE][+-]?\d+)?)\s*([KMB%]?)"
    texts = pd.Series(texts_N, dtype="str").str.strip()
    missing = texts.isna() | texts.isin(MISSING)
    whole = texts.where(texts.str.fullmatch(pattern).fillna(False).astype(bool))
    parts = whole.str.extract(rf"^{pattern}$")
    plain = parts[0].str.replace(group, "", regex=False).str.replace(decimal, ".", regex=False)
    values = pd.to_numeric(plain, errors="coerce") * parts[1].map(FACTORS)
    return values.to_numpy(dtype=np.float64), (values.isna() & ~missing).to_numpy()


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def column_names(path: Path) -> tuple[str, ...]:
    """The columns of a CSV or Parquet file, from its header alone. Raises DataError if it cannot be read."""
    try:
        return columns_of(path)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; give an existing CSV or Parquet file in data.path") from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {reason_of(error)}") from None


def reason_of(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
