"""The rows of a text file, and where they stand."""

import csv
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.errors import DataError
from components.tables import text
from components.tables.shape import MOST_FOOTERS, Shape, is_footer


@dataclass(frozen=True, kw_only=True, eq=False)
class Body:
    """The part of a text file that holds rows.

    lines, numbers  the lines that are rows, and their numbers; None where all lines from the first row on are
    left_out        (number, text) of lines among and after the rows that are none
    most            rows at most
    """

    lines: Sequence[str] | None
    numbers: Sequence[int] | None
    left_out: tuple[tuple[int, str], ...]
    most: int
    quoted: bool


def body_of(path: Path, shape: Shape) -> Body:
    """Found by one pass over the file; where lines among the rows are none, or the text is no UTF-8, it is held in
    memory."""
    if shape.encoding in text.UNICODE and shape.delimiter != " ":
        scan = text.scanned(path, _marks(shape))
        if scan.utf8 and not scan.marked and not _ends_otherwise(scan.tail, shape):
            return Body(lines=None, numbers=None, left_out=(), most=scan.lines, quoted=scan.quoted)
    whole = text.whole_text(path, shape.encoding)
    if "\0" in whole:
        line = len(text.BREAK.findall(whole[: whole.index("\0")])) + 1
        raise DataError(f"{path}: line {line}: holds a NUL character; mend the line")
    lines, numbers, left_out = _kept(text.split_lines(whole), shape)
    return Body(lines=lines, numbers=numbers, left_out=tuple(left_out), most=len(lines), quoted='"' in whole)


def _marks(shape: Shape) -> list[bytes]:
    """How lines begin that are no rows: as a header does, as a remark, with separators alone."""
    starts = [*shape.header, *(["#"] if shape.remarked else [])]
    if len(shape.names) > 2:
        starts.append(shape.delimiter * (len(shape.names) - 1))
    return [end + start.encode() for start in starts if start for end in (b"\n", b"\r")]


def _ends_otherwise(tail: bytes, shape: Shape) -> bool:
    lines = [line for line in text.split_lines(tail.decode("utf-8", "ignore")) if line.strip()]
    return bool(lines) and is_footer(_cells(lines[-1], shape), shape)


def _cells(line: str, shape: Shape) -> list[str]:
    if shape.delimiter == " ":
        return line.split()
    try:
        return [cell.strip() for cell in next(csv.reader([line], delimiter=shape.delimiter), [])]
    except csv.Error:
        return [line]


def _kept(lines: Sequence[str], shape: Shape) -> tuple[list[str], list[int], list[tuple[int, str]]]:
    """The lines that are rows, their numbers, and those that are none, blank ones apart."""
    blank, header = f'{shape.delimiter} \t"', set(shape.header)
    rows: list[tuple[int, str]] = []
    left_out = []
    inside = False  # of a quoted cell
    for number, line in enumerate(itertools.islice(lines, shape.body - 1, None), shape.body):
        bare = line.strip()
        if not inside and not bare.strip(blank):
            continue
        if not inside and (bare in header or (shape.remarked and bare.startswith("#"))):
            left_out.append((number, bare))
            continue
        inside ^= line.count('"') % 2 == 1
        rows.append((number, line))
    footers = 0
    while rows and footers < MOST_FOOTERS and is_footer(_cells(rows[-1][1], shape), shape):
        left_out.append((rows[-1][0], rows.pop()[1].strip()))
        footers += 1
    return [line for _, line in rows], [number for number, _ in rows], sorted(left_out)


def records(path: Path, shape: Shape, body: Body) -> Iterator[tuple[int, list[str]]]:
    """(line number, cells) of every row."""
    if body.lines is None:
        lines = itertools.islice(text.lines_of(path), shape.body - 1, None)
        yield from text.cells_of(path, lines, shape.delimiter, shape.body)
        return
    assert body.numbers is not None
    for place, cells in text.cells_of(path, body.lines, shape.delimiter):
        yield body.numbers[place - 1], cells


def uneven(path: Path, shape: Shape, body: Body) -> str | None:
    """What is wrong with the first row that has more or fewer cells than there are columns, and how many there are."""
    n, first, count = len(shape.names), "", 0
    for number, cells in records(path, shape, body):
        if len(cells) != n:
            first = first or f"line {number}: {len(cells)} values, the header has {n}"
            count += 1
    if not first:
        return None
    return f"{first}; mend the line" if count == 1 else f"{first}, as {count:,} lines do; mend the lines"
