"""Bars from CSV and Parquet files."""

import glob
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from components.bars import Bars, Codes
from components.contracts import Source
from components.data._content import content_of_files
from components.errors import DataError
from components.panel import Panel
from components.structure import strict
from components.tables import reading
from components.tables.reading import Layout, Table, column_names, reason_of
from components.tables.times import Stamps, placed
from components.tables.unread import Unread
from components.values import SourceFacts, Time


@dataclass(frozen=True, kw_only=True)
class Files(Source):
    """Bars from CSV or Parquet files with one line per symbol and time.

    path            a file, or a pattern such as bars/*.csv; relative paths start at the current folder
    symbol_column   column with the symbol; null: every file holds one symbol, named like the file
    time_column     column with the bar's decision time
    clock_column    column with the time of day where time_column has dates alone: 9:30, 930, 93000 or hours, which 24
                    may end; null: none
    date_format     strptime format of text dates, or unix_s, unix_ms, unix_us, unix_ns; null: as all values show, which
                    is ISO 8601, numbers since 1970 whose range tells their unit, or another format that alone fits
                    all of them; where two are as good, say which
    time_zone       IANA name of the clock that times without an offset were read off; null: UTC. Where all
                    times are midnights, of that clock or of their own offset, they are dates and stay what they are;
                    finer ones are converted to UTC, and a time that the clock shows twice or never is refused
    decimal         sign before the decimals of a CSV file
    columns         field -> column where the names differ, for example {close: Adj Close}
    select          fields to read; null: every column. Others are not even loaded
    survivorship    free: delisted names are in it; biased: they are not; unknown
    adjustment      raw, split (split-adjusted) or total (dividends too)
    Column names are matched without regard to case. Every other column of numbers becomes a field under
    its lower-case name, spaces turned into underscores; 1,234.5 and 2.3M and 5 % are numbers, empty cells,
    '-', '.' and NA are missing values. CSV columns are separated by comma, semicolon, tab or bar, as the header
    shows, and files may be compressed (.gz). What is asked for must fit into memory as 8 bytes a value; the
    files need not, they are read in blocks.
    """

    path: str
    symbol_column: str | None
    time_column: str
    clock_column: str | None
    date_format: str | None
    time_zone: str | None
    decimal: Literal[".", ","]
    columns: Mapping[str, str]
    select: tuple[str, ...] | None
    survivorship: Literal["free", "biased", "unknown"]
    adjustment: Literal["raw", "split", "total"]

    def facts(self) -> SourceFacts:
        path = Path(self.path)
        name = f"{path.parent.name}/{path.name}" if glob.has_magic(self.path) else path.name
        return SourceFacts(
            identity=f"files:{name}",
            description=f"bars from {name}",
            survivorship=self.survivorship,
            adjustment=self.adjustment,
        )

    def fields(self) -> tuple[str, ...]:
        return tuple(self._layout(self._paths()[0]).fields)

    def content(self) -> str:
        return content_of_files(self._paths())

    def load(self) -> Panel:
        return strict(self.bars())

    def bars(self) -> Bars:
        paths = self._paths()
        layouts = [self._layout(path) for path in paths]
        for path, layout in zip(paths, layouts, strict=True):
            if lacking := sorted(set(layouts[0].fields) - set(layout.fields)):
                raise DataError(
                    f"{path}: no column '{lacking[0]}', which {paths[0]} has; columns: {_list(layout.names)}"
                )
        if len(paths) == 1:
            return self._bars(paths, _read(paths[0], layouts[0]), np.empty(0, dtype=np.int32))
        return _in_order(self._bars(paths, *_stacked(paths, layouts)))

    def _paths(self) -> list[Path]:
        """The files. Raises DataError if there is none."""
        if glob.has_magic(self.path) and not Path(self.path).exists():
            # Path.glob takes no pattern that begins at the root.
            names = glob.glob(self.path, recursive=True)  # noqa: PTH207
            paths = sorted(Path(name) for name in names if Path(name).is_file())
            if not paths:
                raise DataError(f"{self.path}: no file fits this pattern; mend data.path")
            return paths
        path = Path(self.path)
        if path.is_dir():
            raise DataError(f"{self.path}: is a folder; name its files, for example data.path='{path / '*.csv'}'")
        if not path.is_file():
            raise DataError(f"{self.path}: no such file; give an existing CSV or Parquet file in data.path")
        return [path]

    def _layout(self, path: Path) -> Layout:
        """What the columns of a file mean; raises DataError on a missing one."""
        names = column_names(path)
        texts = reading.text_columns(path)
        lookup = {name.lower(): name for name in names}
        wanted = {self.time_column: "data.time_column"}
        if self.symbol_column is not None:
            wanted[self.symbol_column] = "data.symbol_column"
        if self.clock_column is not None:
            wanted[self.clock_column] = "data.clock_column"
        wanted |= {column: f"data.columns.{field}" for field, column in self.columns.items()}
        for column, key in wanted.items():
            if column.lower() not in lookup:
                raise DataError(f"{path}: no column '{column}' ({key}); columns: {_list(names)}")
        symbol = None if self.symbol_column is None else lookup[self.symbol_column.lower()]
        return Layout(
            names=names,
            time=lookup[self.time_column.lower()],
            clock=None if self.clock_column is None else lookup[self.clock_column.lower()],
            symbol=symbol,
            fields=self._fields(path, [n for n in names if n not in texts], lookup),
            date_format=self.date_format,
            decimal=self.decimal,
        )

    def _fields(self, path: Path, names: Sequence[str], lookup: Mapping[str, str]) -> dict[str, str]:
        """field -> column, in the file's order."""
        mapped = {lookup[column.lower()]: field for field, column in self.columns.items()}
        given = (self.time_column, self.clock_column, self.symbol_column)
        keys = {lookup[column.lower()] for column in given if column is not None}
        fields = {mapped.get(name, reading.field_name(name)): name for name in names if name not in keys}
        # A name of its own wins over a column that happens to bear it.
        fields |= {field: column for column, field in mapped.items()}
        if self.select is not None:
            if lacking := [field for field in self.select if field not in fields]:
                raise DataError(f"{path}: no field '{lacking[0]}' (data.select); fields: {_list(tuple(fields))}")
            fields = {field: fields[field] for field in self.select}
        if "close" not in fields and {"open", "high", "low"} & set(fields):
            raise DataError(
                f"{path}: no column 'close'; columns: {_list(tuple(lookup.values()))}; "
                "name it with data.columns.close=COLUMN"
            )
        return fields

    def _bars(self, paths: Sequence[Path], table: Table, part_R: Codes) -> Bars:
        return Bars(
            symbols=table.symbols,
            codes_R=table.codes_N,
            timestamps_R=self._times(paths, table, part_R),
            fields=table.fields,
            where=self.path,
            parts=tuple(str(path) for path in paths) if len(paths) > 1 else (),
            part_R=part_R,
        )

    def _times(self, paths: Sequence[Path], table: Table, part_R: Codes) -> Time:
        def place(row: int) -> str:
            number = int(part_R[row])
            return f"{paths[number]}: {reading.place(paths[number], row - int((part_R == number).argmax()))}"

        try:
            return placed(table.stamps, self.time_zone)
        except Unread as unread:
            if len(paths) > 1:
                raise DataError(unread.text(place)) from None
            raise DataError(f"{paths[0]}: {unread.text(lambda row: reading.place(paths[0], row))}") from None

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        base: dict[str, Any] = {
            "path": "bars.csv",
            "symbol_column": "symbol",
            "time_column": "timestamp",
            "clock_column": None,
            "date_format": None,
            "time_zone": None,
            "decimal": ".",
            "columns": {},
            "select": None,
            "survivorship": "unknown",
            "adjustment": "raw",
        }
        return (base, base | {"symbol_column": None, "columns": {"close": "Adj Close"}, "select": ["close"]})


def _read(path: Path, layout: Layout) -> Table:
    try:
        return reading.read(path, layout)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {reason_of(error)}") from None


def _in_order(bars: Bars) -> Bars:
    """Several files may share their symbols, as one a year does: bars that are sorted in each are merged."""
    if not bars.parts:
        return bars
    rank_R, time_R = bars.ranks_R(), bars.timestamps_R
    back_R = (rank_R[1:] < rank_R[:-1]) | ((rank_R[1:] == rank_R[:-1]) & (time_R[1:] < time_R[:-1]))
    within_R = bars.part_R[1:] == bars.part_R[:-1]
    return bars if (back_R & within_R).any() else bars.ordered()


def _stacked(paths: Sequence[Path], layouts: Sequence[Layout]) -> tuple[Table, Codes]:
    """The rows of all files, one after the other, and (R,) the position of each row's file.

    The arrays are allocated once, and a file is forgotten as soon as it is copied.
    """
    most = sum(reading.rows_at_most(path) for path in paths)
    codes_R, part_R = np.empty(most, dtype=np.int32), np.empty(most, dtype=np.int32)
    fields = {name: np.empty(most) for name in layouts[0].fields}
    known: dict[str, int] = {}
    stamps: list[Stamps] = []
    end = 0
    for number, (path, layout) in enumerate(zip(paths, layouts, strict=True)):
        table = _read(path, layout)
        start, end = end, end + len(table.codes_N)
        code_S = np.array([known.setdefault(name, len(known)) for name in table.symbols], dtype=np.int32)
        codes_R[start:end], part_R[start:end] = code_S[table.codes_N], number
        stamps.append(table.stamps)
        for name, values_R in fields.items():
            values_R[start:end] = table.fields[name]
    joined = Table(
        symbols=tuple(known),
        codes_N=codes_R[:end],
        stamps=Stamps.joined(stamps),
        fields={name: values_R[:end] for name, values_R in fields.items()},
    )
    return joined, part_R[:end]


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
