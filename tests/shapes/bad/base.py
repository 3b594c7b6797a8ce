"""What a bad file is, and a plain file that is spoilt."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shapes.truth import OHLCV, Series
from shapes.writing import (
    N,
    daily,
    lines,
    table,
    texts,
)

INIT, FILES, LEAKTEST = "init", "files", "leaktest"
EVERY = (INIT, FILES, LEAKTEST)
ROW = 100
"""The row that is spoilt, counted from 1; it is line 101."""
LINE = f"line {ROW + 1}"
REMEDY = (
    "needs|must|data\\.[a-z_]+|bring|mend|drop|rename|give|set |name |choose|write|keep|sort|unpack|add|say|use|split|save|export|remove|join|"
    "check|quote|fill|put|take|convert|close|repair|call|see|download"
)


@dataclass(frozen=True, kw_only=True)
class Bad:
    """One file.

    write     writes it into a folder and says how a user would name it
    says      parts of the line, each with alternatives between bars
    verbs     who has to refuse it
    settings  of `data=files` beside those that fit the plain table
    symbol    column of the symbols, as `leaktest` and the settings have it
    told      what a reading says of it where it is allowed to go on
    """

    write: Callable[[Path], Path]
    says: tuple[str, ...]
    verbs: tuple[str, ...] = EVERY
    settings: Mapping[str, Any] = field(default_factory=dict)
    symbol: str | None = None
    target: str = "close"
    told: str | None = None


def rows() -> list[str]:
    """A plain file, all of it right."""
    return table(daily(50))


def saved(content: bytes | str | Sequence[str], name: str = "bars.csv") -> Callable[[Path], Path]:
    """Writes a file of this content."""

    def write(folder: Path) -> Path:
        data = content if isinstance(content, bytes | str) else "\n".join(content) + "\n"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return write


def cell(column: str, text: str, row: int = ROW) -> Callable[[Path], Path]:
    """A plain file with one cell replaced."""
    return saved(with_cell(rows(), column, text, row))


def with_cell(whole: Sequence[str], column: str, text: str, row: int = ROW) -> list[str]:
    cells = whole[row].split(",")
    cells[whole[0].split(",").index(column)] = text
    return [*whole[:row], ",".join(cells), *whole[row + 1 :]]


def each(column: str, change: Callable[[int, str], str]) -> Callable[[Path], Path]:
    """A plain file with one column changed: (row, text) -> text."""
    whole = rows()
    place = whole[0].split(",").index(column)
    changed = [whole[0]]
    for number, line in enumerate(whole[1:], 1):
        cells = line.split(",")
        cells[place] = change(number, cells[place])
        changed.append(",".join(cells))
    return saved(changed)


def dated(texts_N: Sequence[str], series: Series | None = None, name: str = "bars.csv") -> Callable[[Path], Path]:
    """A plain file with other dates."""
    return saved(table(series or daily(50), dates=texts_N), name)


GERMAN = {"decimal": ","}


def renamed(**names: str) -> Callable[[Path], Path]:
    """A plain file with other names of columns."""
    whole = rows()
    header = ",".join(names.get(name, name) for name in whole[0].split(","))
    return saved([header, *whole[1:]])


def line(text: str, row: int = ROW) -> Callable[[Path], Path]:
    """A plain file with one line replaced."""
    whole = rows()
    return saved([*whole[:row], text, *whole[row + 1 :]])


def columns(**names: str | None) -> list[str]:
    """Lines of some columns under their own or other names."""
    series = daily(50)
    cells = {"date": series.dates(), **{name: series.texts(name) for name in OHLCV}}
    return lines([[name, *cells[column or name]] for name, column in names.items()])


def long_rows() -> list[str]:
    """Two symbols, one after the other."""
    found = ["symbol,date,open,high,low,close,volume"]
    for name, seed in (("AAA", 62), ("BBB", 63)):
        found += lines([[name] * N, daily(seed).dates(), *texts(daily(seed))])
    return found
