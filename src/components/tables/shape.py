"""How a table is written: where its header ends, what separates its columns, which lines are no rows.

A file says all this by itself, and every reader finds the same; what it does not say is told by settings. A line is a
row where it holds dates and numbers in the columns in which most lines do.
"""

import csv
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from components.errors import DataError
from components.tables import text
from components.tables.container import Kind, kind_of
from components.tables.headerless import recognised
from components.tables.levels import Levels, levels_of, word
from components.tables.looks import is_date, is_number, is_total, is_value
from components.tables.numbers import is_missing

DELIMITERS = (",", ";", "\t", "|", " ")
HEAD_LINES = 200
MOST_COLUMNS = 10_000
MOST_FOOTERS = 50
SEPARATOR_LINE = "sep="
"""How Excel says in a first line of its own what separates the columns."""
TIMES = frozenset({"date", "time", "timestamp", "datetime", "day", "period", "datum", "dates"})


@dataclass(frozen=True, kw_only=True)
class Told:
    """What a user says about how a file is written; None: the file says it itself.

    header: the line that holds the names, 0 for none; sheet: of a workbook.
    """

    encoding: str | None = None
    delimiter: str | None = None
    header: int | None = None
    sheet: str | None = None


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How one file is written.

    names         of the columns, as they stand in a line; without a header those of a known layout, or column_1, ...
    body          number of the first line that can be a row
    header        the lines that hold names: where they come again they are no rows
    dates, values places of the columns that hold dates, and of all that hold dates, clocks or numbers
    words         places of the columns in which no row of the first holds a number
    levels        where several lines of names say field and symbol
    remarked      whether lines that begin with # are remarks: no row of the first does
    remarks       what is out of the ordinary, in whole sentences
    """

    kind: Kind
    names: tuple[str, ...]
    encoding: str = ""
    delimiter: str = ""
    body: int = 1
    header: tuple[str, ...] = ()
    dates: tuple[int, ...] = ()
    values: tuple[int, ...] = ()
    words: tuple[int, ...] = ()
    levels: Levels | None = None
    remarked: bool = False
    remarks: tuple[str, ...] = ()


Row = tuple[int, list[str]]


def shape_of(path: Path, told: Told) -> Shape:
    """Found in the first lines of a file. Raises DataError where they hold no table."""
    kind = kind_of(path)
    if kind == "excel":
        from components.tables.excel import rows_of

        return in_rows(path, kind, rows_of(path, told.sheet, HEAD_LINES), told)
    if kind != "text":
        from components.tables.arrow import shape_of_arrow

        return shape_of_arrow(path, kind)
    encoding = told.encoding or text.encoding_of(path)
    lines = text.head_lines(path, encoding, HEAD_LINES)
    separator = _separator(lines[0] if lines else "")
    first = 2 if separator else 1
    delimiter = told.delimiter or separator or _delimiter(path, lines[first - 1 :])
    rows = list(_cells(path, lines[first - 1 :], delimiter, first))
    shape = in_rows(path, kind, rows, told, encoding=encoding, delimiter=delimiter)
    numbers = [number for number, cells in rows if quoted(cells) in shape.header and number < shape.body]
    return replace(shape, header=tuple(lines[number - 1].strip() for number in numbers))


def _separator(line: str) -> str | None:
    told = line.strip("\ufeff\"' \r\n")
    return told[-1] if told.lower().startswith(SEPARATOR_LINE) and len(told) == len(SEPARATOR_LINE) + 1 else None


def _cells(path: Path, lines: Sequence[str], delimiter: str, first: int) -> list[Row]:
    return [(n, [cell.strip() for cell in cells]) for n, cells in text.cells_of(path, lines, delimiter, first)]


def _delimiter(path: Path, lines: Sequence[str]) -> str:
    """The sign under which most lines have as many cells and these are dates and numbers."""
    return max(DELIMITERS, key=lambda sign: _evenness(path, lines, sign))


def _evenness(path: Path, lines: Sequence[str], sign: str) -> tuple[float, int]:
    try:
        rows = [cells for _, cells in _cells(path, lines, sign, 1) if any(cells)]
    except DataError:
        return (0.0, 0)
    counts = Counter(map(len, rows))
    wide = [n for n in counts if n > 1]
    if not rows or not wide or (sign == " " and len(rows) < 3):
        return (0.0, 0)
    n = max(wide, key=lambda n: (counts[n], n))
    same = [cells for cells in rows if len(cells) == n][-HEAD_LINES // 2 :]
    filled = [cell for cells in same for cell in cells if cell]
    known = sum(map(is_value, filled)) / max(len(filled), 1)
    share = counts[n] / len(rows)
    if sign == " ":
        # Words of a sentence and the parts of a date are no columns.
        share *= 0.3 if share > 0.8 and n > 2 else 0.0
    return (round(share * (0.1 + known), 3), n)


def in_rows(
    path: Path, kind: Kind, rows: Sequence[Row], told: Told, *, encoding: str = "", delimiter: str = ""
) -> Shape:
    """The shape of rows of texts. Raises DataError for names that are equal."""
    filled = [(number, cells) for number, cells in rows if any(cells)]
    if not filled:
        return Shape(kind=kind, names=(), encoding=encoding, delimiter=delimiter)
    n, dates, values = _profile([cells for _, cells in filled])
    body = _body(filled, n, dates, values, told)
    above = [(number, cells) for number, cells in filled if number < body]
    if told.header is None and not above and body != filled[0][0]:
        above = filled[:1]
    remarks: list[str] = []
    levels = None
    if told.header == 0 or not above:
        sample = [cells for number, cells in filled if number >= body and len(cells) == n]
        found, says = recognised(sample, dates)
        names = list(found)
        remarks.append(f"header: none; {says}")
        header: list[Row] = []
    else:
        header, names, levels, skipped = _header(path, above, n, told)
        names = _complete(names, [cells for number, cells in filled if number >= body], n)
        remarks += _said(header, skipped, above)
    called = tuple(_named(names))
    refuse_wide(path, len(called))
    if levels is None:
        refuse_equal(path, called)
    return Shape(
        kind=kind,
        names=called,
        encoding=encoding,
        delimiter=delimiter,
        body=_first_line(rows, body),
        header=tuple(quoted(cells) for _, cells in header),
        dates=dates,
        values=values,
        words=_words([cells for number, cells in filled if number >= body], len(called)),
        levels=levels,
        remarked=kind == "text" and not any(cells[0].startswith("#") for number, cells in filled if number >= body),
        remarks=tuple(remarks),
    )


def _first_line(rows: Sequence[Row], body: int) -> int:
    """Where the row begins that ends at or after a line: cells may hold line ends."""
    before = [number for number, _ in rows if number < body]
    return before[-1] + 1 if before and any(number >= body for number, _ in rows) else body


def _profile(rows: Sequence[Sequence[str]]) -> tuple[int, tuple[int, ...], tuple[int, ...]]:
    """How many cells a row has, which of them hold dates in most rows, and which dates, clocks or numbers."""
    late = rows[min(len(rows) // 3, 30) :]
    counts = Counter(map(len, late if len(rows) > 6 else rows))
    n = max(counts, key=lambda n: (counts[n], n))
    sample = [cells for cells in late if len(cells) == n] or [rows[-1]]
    if len(rows) <= 6:
        sample = [cells for cells in rows[1:] if len(cells) == n] or sample

    def mostly(column: int, test: Callable[[str], bool]) -> bool:
        filled = [cells[column] for cells in sample if not is_missing(cells[column])]
        return bool(filled) and sum(map(test, filled)) >= 0.6 * len(filled)

    dates = tuple(c for c in range(n) if mostly(c, is_date))
    values = tuple(c for c in range(n) if mostly(c, is_value))
    return n, dates, values


def _words(rows: Sequence[Sequence[str]], n: int) -> tuple[int, ...]:
    """Columns that say something and nowhere a number."""
    said = [[cells[c] for cells in rows if c < len(cells) and not is_missing(cells[c])] for c in range(n)]
    return tuple(c for c in range(n) if said[c] and not any(map(is_number, said[c])))


def _body(filled: Sequence[Row], n: int, dates: Sequence[int], values: Sequence[int], told: Told) -> int:
    """The number of the first line that is a row."""
    if told.header is not None:
        return told.header + 1 if told.header else filled[0][0]
    if not values:
        return filled[1][0] if len(filled) > 1 else filled[0][0] + 1
    for place, (number, cells) in enumerate(filled):
        if is_row(cells, n, dates, values) and not _counts_up(cells, place, filled):
            return number
    return filled[-1][0] + 1


def _counts_up(cells: Sequence[str], place: int, filled: Sequence[Row]) -> bool:
    """0, 1, 2, ... in a first line are names, as pandas writes those of columns that have none."""
    numbers = [cell for cell in cells if cell]
    return place == 0 and len(filled) > 1 and len(numbers) > 1 and numbers == [str(i) for i in range(len(numbers))]


def is_row(cells: Sequence[str], n: int, dates: Sequence[int], values: Sequence[int]) -> bool:
    """Whether a line is a row, good or bad, rather than a header or a remark."""
    if dates:
        return any(c < len(cells) and is_date(cells[c]) for c in dates)
    filled = [cells[c] for c in values if c < len(cells) and cells[c]]
    return len(cells) == n and bool(filled) and sum(map(is_value, filled)) * 2 > len(filled)


def is_footer(cells: Sequence[str], shape: Shape) -> bool:
    """Whether a last line is a remark: no date where all rows have one, and no numbers either, unless it is a total."""
    n = len(shape.names)
    if not shape.dates or is_row(cells, n, shape.dates, shape.values):
        return False
    first = next((cell for cell in cells if cell), "")
    numbers = [c for c in shape.values if c < len(cells) and is_number(cells[c])]
    return not numbers or is_total(first) or (len(cells) < n and len(numbers) < 2 and len(first) > 8)


def _header(
    path: Path, above: Sequence[Row], n: int, told: Told
) -> tuple[list[Row], list[str], Levels | None, list[Row]]:
    """Lines with names, the names, what several lines of names say, and lines between them and the rows."""
    if told.header is not None:
        chosen = [row for row in above if row[0] == told.header]
        if not chosen:
            raise DataError(f"{path}: line {told.header}: is empty (data.header); name the line that holds the names")
        return chosen, list(chosen[0][1]), None, []
    last = above[-1]
    block = _block(above, n)
    levels = levels_of([cells for _, cells in block], n)
    if levels is not None:
        return block, list(levels.names), levels, []
    if len(block) > 1 and _is_units([cells for _, cells in block]):
        return block[-2:-1], list(block[-2][1]), None, block[-1:]
    if _is_index_name(last[1]) and len(block) > 1:
        return block[-2:], [last[1][0], *block[-2][1][1:]], None, []
    fitting = [row for row in above if n - 1 <= len(row[1]) <= n + 1] or [last]
    chosen_row = fitting[-1]
    return [chosen_row], list(chosen_row[1]), None, [row for row in above if row[0] > chosen_row[0]]


def _block(above: Sequence[Row], n: int) -> list[Row]:
    """The last lines above the rows that are as long as these."""
    block: list[Row] = []
    for row in reversed(above):
        if abs(len(row[1]) - n) > 1 or len(block) == 4:
            break
        block.insert(0, row)
    return block


def _is_index_name(cells: Sequence[str]) -> bool:
    return len(cells) > 1 and bool(cells[0]) and not any(cells[1:])


def _is_units(block: Sequence[Sequence[str]]) -> bool:
    """Whether the last of two lines of names gives units, dashes or currencies only."""
    upper, lower = block[-2], [cell for cell in block[-1] if cell]
    names = [cell.lower() for cell in upper]
    if "" in names[1:] or len(set(names)) < len(names) or len(names) < 2:
        return False
    dashes = all(re.fullmatch(r"[-=_+:| ]+", cell) for cell in lower)
    units = all(re.fullmatch(r"[\[(]?[^\W\d_]{0,12}[$€£¥%/]?[^\W\d_]{0,4}[\])]?|\(.*\)|\[.*\]", cell) for cell in lower)
    return bool(lower) and (dashes or (units and len({cell.lower() for cell in lower}) < len(lower)))


def _complete(names: Sequence[str], rows: Sequence[Sequence[str]], n: int) -> list[str]:
    """A name for every column: lines may end in a separator, and R and pandas name no column of row labels."""
    names = [name.strip() for name in names]
    same = [cells for cells in rows if len(cells) == n]
    if len(names) == n + 1 and not names[-1]:
        return names[:-1]
    if len(names) == n - 1 and same:
        if not any(cells[-1] for cells in same):
            return [*names, ""]
        first = [cells[0] for cells in same]
        labels = not any(word(name) in TIMES for name in names) and all(map(is_date, first))
        if labels or all(cell.isdigit() for cell in first):
            return ["", *names]
    return names


def _named(names: Sequence[str]) -> list[str]:
    """Blank names are numbered, but for the first, which pandas leaves blank for an index."""
    names = [name.lstrip("# ") if place == 0 else name for place, name in enumerate(names)]
    return [name or ("" if place == 0 else f"column_{place + 1}") for place, name in enumerate(names)]


def _said(header: Sequence[Row], skipped: Sequence[Row], above: Sequence[Row]) -> list[str]:
    remarks = []
    first = header[0][0]
    if preamble := [row for row in above if row[0] < first]:
        remarks.append(f"header: line {first}; above it stands '{_short(preamble[0][1])}', which is left out")
    if skipped:
        remarks.append(f"line {skipped[0][0]} is left out: '{_short(skipped[0][1])}'")
    return remarks


def _short(cells: Sequence[str]) -> str:
    line = ",".join(cells).strip(",")
    return line if len(line) <= 60 else f"{line[:57]}..."


def refuse_equal(path: Path, names: Sequence[str]) -> None:
    """Raises DataError for two columns of one name, or of names that differ in their case alone."""
    known: dict[str, str] = {}
    for name in names:
        if (other := known.get(name.lower())) is not None:
            both = f"'{name}'" if other == name else f"'{other}' and '{name}'"
            raise DataError(f"{path}: two columns are called {both}; rename or drop one of them")
        known[name.lower()] = name


def refuse_wide(path: Path, columns: int) -> None:
    """Raises DataError for more columns than anybody can mean."""
    if columns > MOST_COLUMNS:
        raise DataError(
            f"{path}: {columns:,} columns, at most {MOST_COLUMNS:,} are read; give those that are needed a file of "
            "their own"
        )


def quoted(cells: Sequence[str]) -> str:
    """A line of cells, as a CSV file has it."""
    import io

    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    return out.getvalue()
