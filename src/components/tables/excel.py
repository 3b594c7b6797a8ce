"""Excel workbooks: one sheet, as rows of texts and as columns with types. openpyxl is an extra."""

import datetime as dt
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.errors import DataError, Unavailable
from components.optional import installation
from components.tables.container import reason_of
from components.tables.shape import MOST_FOOTERS, Row, Shape, is_footer, quoted

if TYPE_CHECKING:
    import pyarrow as pa

PACKAGE = "openpyxl"


def rows_of(path: Path, sheet: str | None, most: int | None) -> list[Row]:
    """(row number, texts) of the first rows of a sheet."""
    return [(number, [text_of(cell) for cell in cells]) for number, cells in _rows(path, sheet, most)]


def cells_of_sheet(path: Path, sheet: str | None) -> list[tuple[int, list[Any]]]:
    """(row number, cells) of all rows of a sheet."""
    return _rows(path, sheet, None)


def _rows(path: Path, sheet: str | None, most: int | None) -> list[tuple[int, list[Any]]]:
    with _book(path) as book:
        rows = _sheet(path, book, sheet).iter_rows(max_row=most, values_only=True)
        found = [(number, list(cells)) for number, cells in enumerate(rows, 1)]
    width = max((len(_trimmed(cells)) for _, cells in found), default=0)
    return [(number, [*cells, *[None] * width][:width]) for number, cells in found]


def _trimmed(cells: Sequence[Any]) -> Sequence[Any]:
    while cells and cells[-1] is None:
        cells = cells[:-1]
    return cells


@contextmanager
def _book(path: Path) -> Iterator[Any]:
    try:
        import openpyxl
    except ImportError:
        raise DataError(f"{path}: Excel files need {PACKAGE}; {installation([PACKAGE])}") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about styles and validations, which are no data
        try:
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        except Exception as error:  # damaged archives fail in many ways
            raise Unavailable(f"{path}: cannot be read: {reason_of(error)}") from None
        try:
            yield book
        finally:
            book.close()


def _sheet(path: Path, book: Any, wanted: str | None) -> Any:
    """The sheet that is named, or the only one that holds anything."""
    names = book.sheetnames
    if wanted is not None:
        if wanted not in names:
            raise DataError(f"{path}: no sheet '{wanted}' (data.sheet); sheets: {', '.join(names)}")
        return book[wanted]
    filled = [
        sheet
        for sheet in book.worksheets
        if any(True for row in sheet.iter_rows(max_row=50) for c in row if c.value is not None)
    ]
    if len(filled) > 1:
        raise DataError(
            f"{path}: {len(filled)} sheets hold something ({', '.join(sheet.title for sheet in filled)}); choose one, "
            f"such as data.sheet={filled[0].title}"
        )
    return filled[0] if filled else book.worksheets[0]


def _holds_something(sheet: Any) -> bool:
    rows = sheet.iter_rows(max_row=50, values_only=True)
    return any(cell is not None for row in rows for cell in row)


def text_of(cell: Any) -> str:
    """A cell as a CSV file would hold it."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time() else cell.isoformat(sep=" ")
    if isinstance(cell, dt.date | dt.time):
        return cell.isoformat()
    return str(cell).strip()


def columns_of_excel(
    path: Path, shape: Shape, sheet: str | None, wanted: Sequence[int]
) -> "tuple[list[pa.ChunkedArray], list[int], list[tuple[int, str]]]":
    """The columns at the wanted places, the numbers of their rows, and the rows that were left out."""
    rows, left_out = [], []
    for number, cells in _rows(path, sheet, None):
        line = quoted([text_of(cell) for cell in cells])
        if number < shape.body or not any(cell is not None and cell != "" for cell in cells):
            continue
        if line in shape.header:
            left_out.append((number, line))
        else:
            rows.append((number, cells))
    while rows and len(left_out) < MOST_FOOTERS and is_footer([text_of(cell) for cell in rows[-1][1]], shape):
        number, cells = rows.pop()
        left_out.append((number, quoted([text_of(cell) for cell in cells])))
    columns = [_column([cells[place] for _, cells in rows]) for place in wanted]
    return columns, [number for number, _ in rows], left_out


def _column(cells: Sequence[Any]) -> "pa.ChunkedArray":
    """Times and numbers as such where all of a column are, else texts."""
    import pyarrow as pa

    cells = [None if cell == "" else cell for cell in cells]
    known = [cell for cell in cells if cell is not None]
    if known and all(isinstance(cell, dt.datetime) for cell in known):
        return pa.chunked_array([pa.array(cells, type=pa.timestamp("us"))])
    if known and all(isinstance(cell, bool) for cell in known):
        return pa.chunked_array([pa.array(cells, type=pa.bool_())])
    if known and all(isinstance(cell, int | float) and not isinstance(cell, bool) for cell in known):
        whole = all(isinstance(cell, int) and abs(cell) < 2**53 for cell in known)
        return pa.chunked_array([pa.array(cells if whole else [None if c is None else float(c) for c in cells])])
    return pa.chunked_array([pa.array([None if cell is None else text_of(cell) for cell in cells], type=pa.string())])
