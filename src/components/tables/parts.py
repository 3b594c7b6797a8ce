"""The same file with some of its rows: what stands above them, and how each is written, stays."""

import io
from pathlib import Path
from typing import Any

from components.bars import Mask
from components.errors import DataError
from components.tables import rows, text, times
from components.tables.columns import columns_of
from components.tables.shape import Shape, Told, shape_of
from components.tables.times import placed
from components.tables.unread import Unread
from components.values import Time

SUFFIXES = {"text": ".csv", "parquet": ".parquet", "feather": ".feather", "excel": ".xlsx"}


def row_times(
    path: Path, told: Told, *, time: str, clock: str | None, date_format: str | None, zone: str | None
) -> Time:
    """(N,) times of the rows as they stand in a file. Raises DataError where they cannot be read."""
    shape = shape_of(path, told)
    lookup = {name.lower(): name for name in shape.names}
    wanted = [lookup[name.lower()] for name in (time, clock) if name is not None and name.lower() in lookup]
    if len(wanted) < 1 + (clock is not None):
        raise DataError(f"{path}: no column '{time}'; columns: {', '.join(shape.names)}")
    columns = columns_of(path, told, shape=shape, wanted=wanted, melt=False)
    try:
        stamps = times.read(
            columns.raw[wanted[0]], clock=columns.raw[wanted[1]] if clock else None, date_format=date_format
        )
        return placed(stamps, zone)
    except Unread as unread:
        raise columns.unread(unread) from None


def part_of(path: Path, told: Told, keep_N: Mask) -> bytes:
    """The file, unpacked, with the rows of which keep_N is true."""
    shape = shape_of(path, told)
    if shape.kind == "text":
        return _text_part(path, shape, keep_N)
    if shape.kind == "excel":
        return _excel_part(path, shape, told, keep_N)
    return _arrow_part(path, shape, keep_N)


def _text_part(path: Path, shape: Shape, keep_N: Mask) -> bytes:
    whole = text.whole_text(path, shape.encoding)
    end = "\r\n" if "\r\n" in whole else ("\n" if "\n" in whole else "\r")
    lines = text.split_lines(whole)
    body = rows.body_of(path, shape)
    kept, last = lines[: shape.body - 1], shape.body - 1
    numbers = [number for number, _ in rows.records(path, shape, body)]
    if len(numbers) != len(keep_N):
        raise DataError(f"{path}: {len(numbers):,} rows, of which {len(keep_N):,} are bars; write one line per row")
    for number, keep in zip(numbers, keep_N, strict=True):
        if keep:
            kept += lines[last:number]
        last = number
    return (end.join(kept) + end).encode(shape.encoding)


def _arrow_part(path: Path, shape: Shape, keep_N: Mask) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = io.BytesIO()
    if shape.kind == "parquet":
        pq.write_table(pq.read_table(path).filter(pa.array(keep_N)), sink, compression="zstd")
    else:
        with pa.memory_map(str(path)) as file, pa.ipc.open_file(file) as reader:
            table = reader.read_all().filter(pa.array(keep_N))
        with pa.ipc.new_file(sink, table.schema) as writer:
            writer.write_table(table)
    return sink.getvalue()


def _excel_part(path: Path, shape: Shape, told: Told, keep_N: Mask) -> bytes:
    import openpyxl

    from components.tables.excel import cells_of_sheet, columns_of_excel

    _, numbers, _ = columns_of_excel(path, shape, told.sheet, [])
    kept = {number for number, keep in zip(numbers, keep_N, strict=True) if keep}
    book: Any = openpyxl.Workbook()
    if told.sheet is not None:
        book.active.title = told.sheet
    for number, cells in cells_of_sheet(path, told.sheet):
        if number < shape.body or number in kept:
            book.active.append(list(cells))
    sink = io.BytesIO()
    book.save(sink)
    return sink.getvalue()
