"""Bars from one CSV or Parquet file."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from components.contracts import Source
from components.data._table import checked_panel
from components.errors import DataError
from components.panel import Panel
from components.values import SourceFacts

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Files(Source):
    """Bars from a CSV or Parquet file with one line per symbol and time.

    path            the file; relative paths start at the current folder
    symbol_column   column with the symbol; null: the file holds one symbol, named like the file
    time_column     column with the bar's decision time
    date_format     strptime format of text dates; null: ISO 8601
    columns         field -> column where the names differ, for example {close: Adj Close}
    survivorship    free: delisted names are in it; biased: they are not; unknown
    adjustment      raw, split (split-adjusted) or total (dividends too)
    Column names are matched without regard to case. Every other numeric column becomes a field under
    its lower-case name, spaces turned into underscores. Missing values are allowed outside prices.
    """

    path: str
    symbol_column: str | None
    time_column: str
    date_format: str | None
    columns: Mapping[str, str]
    survivorship: Literal["free", "biased", "unknown"]
    adjustment: Literal["raw", "split", "total"]

    def facts(self) -> SourceFacts:
        return SourceFacts(
            identity=f"files:{Path(self.path).name}",
            description=f"bars from {Path(self.path).name}",
            survivorship=self.survivorship,
            adjustment=self.adjustment,
        )

    def fields(self) -> tuple[str, ...]:
        names = column_names(self.path)
        used = self._field_columns(names)
        return tuple(used)

    def load(self) -> Panel:
        columns = self._field_columns(column_names(self.path))
        table = _read(Path(self.path))
        lookup = _lookup(table.columns)
        time = _times(table[lookup[self.time_column.lower()]], self.path, self.date_format)
        if self.symbol_column is None:
            symbol: Any = Path(self.path).stem
        else:
            symbol = table[lookup[self.symbol_column.lower()]].astype(str).to_numpy(dtype=object)
        data = {"symbol": symbol, "timestamp": time}
        for field, column in columns.items():
            data[field] = _numbers(table[column], self.path, field)
        import pandas as pd

        return checked_panel(pd.DataFrame(data), where=self.path)

    def _field_columns(self, names: Sequence[str]) -> dict[str, str]:
        """field -> column of the file, in the file's order; raises DataError on a missing column."""
        lookup = _lookup(names)
        wanted = {self.time_column: "data.time_column"}
        if self.symbol_column is not None:
            wanted[self.symbol_column] = "data.symbol_column"
        wanted |= {column: f"data.columns.{field}" for field, column in self.columns.items()}
        for column, key in wanted.items():
            if column.lower() not in lookup:
                raise DataError(f"{self.path}: no column '{column}' ({key}); columns: {', '.join(names) or 'none'}")
        mapped = {lookup[column.lower()]: field for field, column in self.columns.items()}
        keys = {lookup[self.time_column.lower()]}
        if self.symbol_column is not None:
            keys.add(lookup[self.symbol_column.lower()])
        fields = {mapped.get(n, _field_name(n)): n for n in names if n not in keys}
        if "close" not in fields:
            raise DataError(
                f"{self.path}: no column 'close'; columns: {', '.join(names)}; name it with data.columns.close=COLUMN"
            )
        return fields

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        base: dict[str, Any] = {
            "path": "bars.csv",
            "symbol_column": "symbol",
            "time_column": "timestamp",
            "date_format": None,
            "columns": {},
            "survivorship": "unknown",
            "adjustment": "raw",
        }
        return (base, base | {"symbol_column": None, "columns": {"close": "Adj Close"}})


def column_names(path: str) -> list[str]:
    """The columns of a CSV or Parquet file, from its header alone. Raises DataError if it cannot be read."""
    file = Path(path)
    if not file.is_file():
        raise DataError(f"{path}: no such file; give an existing CSV or Parquet file in data.path")
    try:
        if file.suffix == ".parquet":
            import pyarrow.parquet as pq

            return [str(name) for name in pq.read_schema(file).names]
        with file.open(newline="", encoding="utf-8-sig") as stream:
            return next(csv.reader(stream), [])
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {_reason(error)}") from None


def _lookup(names: Sequence[str]) -> dict[str, str]:
    return {str(name).lower(): name for name in names}


def _field_name(column: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in column.strip().lower())


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _read(path: Path) -> "pd.DataFrame":
    import pandas as pd

    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        return pd.read_csv(path, encoding="utf-8-sig", low_memory=False)
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {_reason(error)}") from None


def _times(values: "pd.Series[Any]", path: str, date_format: str | None) -> "pd.Series[Any]":
    """Naive times; those with an offset are turned into UTC."""
    import pandas as pd

    if pd.api.types.is_datetime64_any_dtype(values):
        stamps = values
    else:
        texts = values.astype(str)
        stamps = pd.to_datetime(texts, format=date_format or "ISO8601", errors="coerce", utc=True)
        bad = stamps.isna().to_numpy()
        if bad.any():
            row = int(bad.argmax())
            raise DataError(
                f"{path}: line {row + 2}: '{texts.iloc[row]}' is no date in the format "
                f"{date_format or 'ISO 8601 (2020-12-31)'}; mend it or set data.date_format"
            )
    if getattr(stamps.dt, "tz", None) is not None:
        stamps = stamps.dt.tz_convert("UTC").dt.tz_localize(None)
    return stamps.astype("datetime64[us]")


def _numbers(values: "pd.Series[Any]", path: str, field: str) -> "pd.Series[Any]":
    import pandas as pd

    numbers = pd.to_numeric(values, errors="coerce")
    bad = (numbers.isna() & values.notna()).to_numpy()
    if bad.any():
        row = int(bad.argmax())
        raise DataError(f"{path}: line {row + 2}: '{values.iloc[row]}' is no number ({field}); mend it")
    return numbers.astype("float64")
