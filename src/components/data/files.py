"""Bars from files: CSV, Parquet, Feather and Excel."""

import glob
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from components.bars import Bars, Codes
from components.contracts import Asked, Source
from components.data._content import content_of_files
from components.errors import DataError, Unavailable
from components.panel import Panel
from components.ranges import Ge, MinLen
from components.structure import strict
from components.tables import reading
from components.tables.container import paths_of, reason_of, symbol_of
from components.tables.reading import Layout, Table, names_of
from components.tables.shape import Shape, Told, shape_of
from components.tables.times import Stamps, placed
from components.tables.unread import Unread
from components.values import SourceFacts, Time

AS_FACTOR = "_as_factor"


@dataclass(frozen=True, kw_only=True)
class Files(Source):
    """Bars from CSV, Parquet, Feather or Excel files with one line per symbol and time.

    path            a file, a folder, or a pattern such as bars/*.csv; relative paths start at the current folder
    folder_env      environment variable that names the folder at which the path starts, read at use; null: none
    symbols         symbols to keep; null: all
    symbol_column   column with the symbol; null: every file holds one symbol, named like the file
    time_column     column with the bar's decision time
    clock_column    column with the time of day where the time column holds the date alone; null: none
    date_format     strptime format of text dates, or unix_s, unix_ms, unix_us, unix_ns; null: as all values show, which
                    is ISO 8601, numbers since 1970 whose range tells their unit, or another format that alone fits
                    all of them; where two are as good, say which
    time_zone       IANA name of the clock that times without an offset were read off; null: UTC. Where all
                    times are midnights, of that clock or of their own offset, they are dates and stay what they are;
                    finer ones are converted to UTC, and a time that the clock shows twice or never is refused
    decimal         sign before the decimals of a text; null: as all values of the column show
    wide            field that all columns beside the time hold, one column a symbol; null: one line per symbol and time
    columns         field -> column where the names differ, for example {close: Adj Close}
    select          fields to read; null: every column. Others are not even loaded
    encoding        codec of a text file; null: as its bytes show (UTF-8, UTF-16, else Western)
    delimiter       sign between the cells of a text file; null: as most lines show
    header          number of the line that holds the names, 0 for none; null: as the lines show
    sheet           name of the sheet of an Excel workbook; null: the only one that holds anything
    survivorship    free: delisted names are in it; biased: they are not; unknown
    adjustment      raw, split (split-adjusted) or total (dividends too)
    adjust_by       column with an adjusted close: all prices are multiplied by its ratio to the close; say
                    then what it is adjusted for in adjustment. Volume stays as it is; null: prices stay as well
    Column names are matched without regard to case. Every other column of numbers becomes a field under
    its lower-case name, spaces turned into underscores; 1,234.5 and $5 and (2.3M) and 5 % are numbers, empty cells,
    '-', '.' and NA are missing values. Lines above the header, remarks at the end and headers that come again are no
    rows; several lines of names with fields and symbols, as yfinance writes them, give a column `symbol`. Files may be
    compressed (.gz). What is asked for must fit into memory as 8 bytes a value; plain files need not, they are
    read in blocks. docs/files.md shows what is read without a setting.
    """

    path: str
    symbol_column: str | None
    time_column: str
    clock_column: str | None
    date_format: str | None
    time_zone: str | None
    decimal: Literal[".", ","] | None
    wide: str | None
    columns: Mapping[str, str]
    select: tuple[str, ...] | None
    encoding: str | None
    delimiter: str | None
    header: Annotated[int, Ge(0)] | None
    sheet: str | None
    survivorship: Literal["free", "biased", "unknown"]
    adjustment: Literal["raw", "split", "total"]
    adjust_by: str | None
    folder_env: str | None
    symbols: Annotated[tuple[str, ...], MinLen(1)] | None

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
        return tuple(field for field in self._layout(self._paths()[0]).fields if field != self._factor)

    def content(self) -> str:
        return content_of_files(self._paths(), below=self._folder())

    def asked(self) -> Asked:
        return Asked(symbols=self.symbols or ())

    def load(self) -> Panel:
        return strict(self.bars())

    def bars(self) -> Bars:
        paths = self._paths()
        return self._adjusted(self._read(paths, [self._layout(path) for path in paths]))

    def series(self, symbol: str | None, field: str) -> Bars:
        if self.adjust_by is not None:
            return super().series(symbol, field)
        paths = self._paths()
        if symbol is not None and self.symbol_column is None and self.wide is None:
            paths = [path for path in paths if symbol_of(path) == symbol] or paths
        layouts = [self._layout(path) for path in paths]
        alone = [
            replace(each, fields={field: each.fields[field]}, only=symbol) for each in layouts if field in each.fields
        ]
        if len(alone) < len(layouts):
            return super().series(symbol, field)
        found = self._read(paths, alone)
        of = found.codes_R == (found.symbols.index(symbol) if symbol in found.symbols else -1)
        return found.take(of) if of.any() else found

    def _read(self, paths: Sequence[Path], layouts: Sequence[Layout]) -> Bars:
        for path, layout in zip(paths, layouts, strict=True):
            if lacking := sorted(set(layouts[0].fields) - set(layout.fields)):
                raise DataError(
                    f"{path}: no column '{lacking[0]}', which {paths[0]} has; columns: "
                    f"{_list(names_of(layout.shape))}; give it one, or leave it out with data.select"
                )
        if len(paths) == 1:
            return self._asked(self._bars(paths, _read(paths[0], layouts[0]), np.empty(0, dtype=np.int32)))
        return self._asked(_in_order(self._bars(paths, *_stacked(paths, layouts))))

    def _asked(self, bars: Bars) -> Bars:
        """Those of the symbols that are asked for. Raises DataError for one that is not there."""
        if self.symbols is None:
            return bars
        if lacking := [name for name in self.symbols if name not in bars.symbols]:
            raise DataError(
                f"{self.path}: no symbol '{lacking[0]}' (data.symbols); symbols: {_list(bars.symbols[:20])}"
            )
        kept_S = np.isin(bars.symbols, self.symbols)
        place_S = np.cumsum(kept_S).astype(bars.codes_R.dtype) - 1
        taken = bars.take(kept_S[bars.codes_R])
        symbols = tuple(name for name, kept in zip(bars.symbols, kept_S, strict=True) if kept)
        return replace(taken, symbols=symbols, codes_R=place_S[taken.codes_R])

    @property
    def _factor(self) -> str | None:
        """The field that the adjusted close is read as."""
        return None if self.adjust_by is None else f"{reading.field_name(self.adjust_by)}{AS_FACTOR}"

    def _adjusted(self, bars: Bars) -> Bars:
        if self._factor is None:
            return bars
        fields = {name: values_R for name, values_R in bars.fields.items() if name != self._factor}
        adjusted_R, close_R = bars.fields[self._factor], fields["close"]
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio_R = adjusted_R / close_R
        scaled = {name: fields[name] * ratio_R for name in ("open", "high", "low") if name in fields}
        return replace(bars, fields=fields | scaled | {"close": adjusted_R})

    @property
    def told(self) -> Told:
        """What is said about how the files are written."""
        return Told(encoding=self.encoding, delimiter=self.delimiter, header=self.header, sheet=self.sheet)

    def _paths(self) -> list[Path]:
        folder = self._folder()
        return paths_of(self.path if folder is None else str(folder / self.path))

    def _folder(self) -> Path | None:
        """At which the path starts; None: where it says itself. Raises Unavailable where nobody has named it."""
        if self.folder_env is None:
            return None
        folder = os.environ.get(self.folder_env)
        if not folder:
            raise Unavailable(
                f"{self.path}: {self.folder_env} is not set: it names the folder that holds this file, which is not "
                f"part of the product; set it, as in {self.folder_env}=~/data"
            )
        return Path(folder).expanduser()

    def _layout(self, path: Path) -> Layout:
        """What the columns of a file mean; raises DataError on a missing one."""
        shape = shape_of(path, self.told)
        names = names_of(shape)
        lookup = {name.lower(): name for name in names}
        wanted = {self.time_column: "data.time_column"}
        if self.symbol_column is not None:
            wanted[self.symbol_column] = "data.symbol_column"
        if self.clock_column is not None:
            wanted[self.clock_column] = "data.clock_column"
        if self.adjust_by is not None:
            wanted[self.adjust_by] = "data.adjust_by"
        wanted |= {column: f"data.columns.{field}" for field, column in self.columns.items()}
        for column, key in wanted.items():
            if column.lower() not in lookup:
                raise DataError(f"{path}: no column '{column}' ({key}); columns: {_list(names)}")
        return Layout(
            shape=shape,
            told=self.told,
            time=lookup[self.time_column.lower()],
            clock=None if self.clock_column is None else lookup[self.clock_column.lower()],
            symbol=None if self.symbol_column is None else lookup[self.symbol_column.lower()],
            fields=self._fields(path, shape, lookup),
            date_format=self.date_format,
            decimal=self.decimal,
            wide=self.wide,
        )

    def _fields(self, path: Path, shape: Shape, lookup: Mapping[str, str]) -> dict[str, str]:
        """field -> column, in the file's order."""
        if self.wide is not None:
            return {self.wide: self.wide}
        mapped = {lookup[column.lower()]: field for field, column in self.columns.items()}
        given = (self.time_column, self.clock_column, self.symbol_column)
        keys = {lookup[column.lower()] for column in given if column is not None}
        texts = reading.text_columns(path, shape) - set(mapped)
        names = [name for name in names_of(shape) if name not in keys and (name not in texts or self._selects(name))]
        fields: dict[str, str] = {}
        for name in names:
            field = mapped.get(name, reading.field_name(name))
            if name not in mapped and (other := fields.get(field)) is not None and field not in self.columns:
                raise DataError(
                    f"{path}: '{other}' and '{name}' would both be the field {field}; rename one, or give it a field "
                    f"of its own with data.columns.FIELD={name}"
                )
            fields[field] = name
        # A name of its own wins over a column that happens to bear it.
        fields |= {field: column for column, field in mapped.items()}
        if self.select is not None:
            if lacking := [field for field in self.select if field not in fields]:
                raise DataError(f"{path}: no field '{lacking[0]}' (data.select); fields: {_list(tuple(fields))}")
            fields = {field: fields[field] for field in self.select}
        if self.adjust_by is not None:
            if "close" not in fields or lookup[self.adjust_by.lower()] == fields["close"]:
                raise DataError(
                    f"{path}: '{self.adjust_by}' (data.adjust_by) adjusts a close beside it, and there is none; set "
                    "it to null"
                )
            fields[str(self._factor)] = lookup[self.adjust_by.lower()]
        if "close" not in fields and {"open", "high", "low"} & set(fields):
            raise DataError(
                f"{path}: no column 'close'; columns: {_list(tuple(lookup.values()))}; "
                "name it with data.columns.close=COLUMN"
            )
        return fields

    def _selects(self, column: str) -> bool:
        return self.select is not None and reading.field_name(column) in self.select

    def _bars(self, paths: Sequence[Path], table: Table, part_R: Codes) -> Bars:
        return Bars(
            symbols=table.symbols,
            codes_R=table.codes_N,
            timestamps_R=self._times(paths, table, part_R),
            fields=table.fields,
            where=self.path,
            parts=tuple(str(path) for path in paths) if len(paths) > 1 else (),
            part_R=part_R,
            notices=table.notices,
        )

    def _times(self, paths: Sequence[Path], table: Table, part_R: Codes) -> Time:
        def place(row: int) -> str:
            number = int(part_R[row]) if len(part_R) else 0
            first = int((part_R == number).argmax()) if len(part_R) else 0
            return f"{paths[number]}: {table.places[number](row - first)}"

        try:
            return placed(table.stamps, self.time_zone)
        except Unread as unread:
            raise DataError(unread.text(place)) from None

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        base: dict[str, Any] = {
            "path": "bars.csv",
            "folder_env": None,
            "symbols": None,
            "symbol_column": "symbol",
            "time_column": "timestamp",
            "clock_column": None,
            "date_format": None,
            "time_zone": None,
            "decimal": None,
            "wide": None,
            "columns": {},
            "select": None,
            "encoding": None,
            "delimiter": None,
            "header": None,
            "sheet": None,
            "survivorship": "unknown",
            "adjustment": "raw",
            "adjust_by": None,
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
    """The rows of all files, one after the other, and (R,) the position of each row's file."""
    tables = []
    known: dict[str, int] = {}
    for path, layout in zip(paths, layouts, strict=True):
        table = _read(path, layout)
        code_S = np.array([known.setdefault(name, len(known)) for name in table.symbols], dtype=np.int32)
        tables.append(replace(table, codes_N=code_S[table.codes_N]))
    part_R = np.repeat(np.arange(len(tables), dtype=np.int32), [len(table.codes_N) for table in tables])
    joined = Table(
        symbols=tuple(known),
        codes_N=np.concatenate([table.codes_N for table in tables]),
        stamps=Stamps.joined([table.stamps for table in tables]),
        fields={name: np.concatenate([table.fields[name] for table in tables]) for name in layouts[0].fields},
        places=tuple(place for table in tables for place in table.places),
        notices=tuple(notice for table in tables for notice in table.notices),
    )
    return joined, part_R


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
