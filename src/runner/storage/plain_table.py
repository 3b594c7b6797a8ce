"""Any CSV or Parquet file as a table, for the verbs that examine files which nobody here made."""

import csv
import gzip
import itertools
import re
import zlib
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from components.errors import DataError
from components.tables.reading import columns_of, refuse_wide, rows_at_most
from components.values import Float, Time

if TYPE_CHECKING:
    import pandas as pd

DELIMITERS = (",", ";", "\t", "|")
SEPARATOR_LINE = "sep="
"""How Excel says in a first line of its own what separates the columns."""
HEAD_LINES = 100
FRACTION = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?")
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+([eE][+-]?\d+)?")
NUMBER_OR_DATE = re.compile(r"[+-]?\d*\.?\d+([eE][+-]?\d+)?|\d{4}-\d{2}-\d{2}.*|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}")


def read_table(path: Path) -> "pd.DataFrame":
    """The file's columns with their names as text. Raises DataError, one line, where it is no table."""
    import pandas as pd
    import pyarrow as pa

    if path.is_dir():
        raise DataError(f"{path}: is a folder; name a CSV or Parquet file")
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            columns_of(path)  # refuses what would not fit into memory
            frame = pd.read_parquet(path)
        else:
            if path.suffix.lower() == ".gz":
                rows_at_most(path)  # refuses what inflates beyond measure
            form = _form(path)
            frame = pd.read_csv(
                path,
                sep=form.delimiter,
                decimal=form.decimal,
                skiprows=form.skipped,
                encoding="utf-8-sig",
                low_memory=False,
            )
        if not isinstance(frame.index, pd.RangeIndex):
            frame = frame.reset_index()  # dates kept as an index, or a first column that the header does not name
    except FileNotFoundError:
        raise DataError(f"{path}: no such file{_nearest_file(path)}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: is no text in UTF-8; save it as CSV in UTF-8, or as Parquet") from None
    except (EOFError, zlib.error) as error:
        raise DataError(f"{path}: cannot be unpacked: {error}; it was cut off or damaged") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pa.ArrowInvalid, OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(f"{path}: cannot be read as a table: {reason.removesuffix('.')}") from None
    refuse_wide(path, len(frame.columns))
    frame.columns = [str(name).strip() for name in frame.columns]
    _refuse_doubled(list(frame.columns), path)
    if frame.empty:
        raise DataError(f"{path}: has a header and no rows")
    return frame


def require_column(frame: "pd.DataFrame", name: str, *, option: str, path: Path) -> None:
    """Raises DataError with the nearest name if the table lacks the column."""
    if name in frame.columns:
        return
    near = get_close_matches(name.lower(), [column.lower() for column in frame.columns], n=1)
    meant = next((column for column in frame.columns if near and column.lower() == near[0]), None)
    columns = ", ".join(map(str, frame.columns[:8])) + (", ..." if len(frame.columns) > 8 else "")
    hint = f"did you mean '{meant}'?" if meant else f"columns: {columns}"
    raise DataError(f"{path}: {option} {name}: no such column; {hint}")


def numeric(column: "pd.Series[object]") -> Float | None:
    """The values as numbers, NaN where missing or infinite; None if a value is something else."""
    import pandas as pd

    if pd.api.types.is_bool_dtype(column.dtype) or pd.api.types.is_numeric_dtype(column.dtype):
        values_T = column.to_numpy(dtype=np.float64, na_value=np.nan)
    elif pd.api.types.is_datetime64_any_dtype(column.dtype):
        return None
    else:
        values_T = pd.to_numeric(column, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
        if (np.isnan(values_T) & column.notna().to_numpy()).any():
            return None
    return np.where(np.isfinite(values_T), values_T, np.nan)


def times(frame: "pd.DataFrame", name: str, path: Path) -> Time:
    """Naive UTC times of a column. Raises DataError on the first value that is no date."""
    import pandas as pd

    column = frame[name]
    if pd.api.types.is_numeric_dtype(column.dtype):
        parsed = _from_numbers(column)
    else:
        parsed = pd.to_datetime(column, errors="coerce", utc=True, format="ISO8601")
        if parsed.isna().any():
            otherwise = pd.to_datetime(column, errors="coerce", utc=True, format=_format(column))
            parsed = min(parsed, otherwise, key=lambda read: int(read.isna().sum()))
    bad = parsed.isna().to_numpy()
    if bad.any():
        row = int(bad.argmax())
        if pd.isna(column.iloc[row]):
            raise DataError(f"{path}: row {row + 1}: column '{name}' is empty; every row needs a date")
        raise DataError(
            f"{path}: row {row + 1}: '{column.iloc[row]}' in column '{name}' is no date; "
            "write dates as 2020-12-31 or name another column"
        )
    return np.asarray(parsed.dt.tz_localize(None).to_numpy(), dtype="datetime64[us]")


def _from_numbers(column: "pd.Series[float]") -> "pd.Series[pd.Timestamp]":
    """Years as 2020, days as 20201231, or seconds, milli-, micro- or nanoseconds since 1970, told apart by size."""
    import pandas as pd

    largest = float(column.abs().max())
    if column.between(1500, 2500).all() and (column % 1 == 0).all():
        return pd.to_datetime(column.astype("Int64").astype("string"), errors="coerce", utc=True, format="%Y")
    if 1.8e7 < largest < 2.2e7:
        return pd.to_datetime(column.astype("Int64").astype("string"), errors="coerce", utc=True, format="%Y%m%d")
    unit = next((u for u, most in (("s", 1e11), ("ms", 1e14), ("us", 1e17)) if largest < most), "ns")
    if largest < 1e8:
        return pd.Series(pd.NaT, index=column.index, dtype="datetime64[us, UTC]")
    return pd.to_datetime(column, unit=unit, errors="coerce", utc=True)


def _format(column: "pd.Series[str]") -> str:
    """Month or day first in dates with slashes, points or dashes: whichever all dates allow, months first."""
    texts = column.astype("string").str.strip()
    separator = next((mark for mark in "/.-" if texts.str.contains(mark, regex=False).any()), "/")
    first = texts.str.split(separator).str[0]
    day_first = (first.where(first.str.fullmatch(r"\d+")).astype("float64") > 12).any()
    order = ("%d", "%m") if day_first or separator == "." else ("%m", "%d")
    return separator.join((*order, "%Y"))


@dataclass(frozen=True, kw_only=True)
class _Form:
    """How a CSV file is written. skipped: lines before its header."""

    delimiter: str
    decimal: str
    skipped: int


def _form(path: Path) -> _Form:
    """Told by the first lines. Raises DataError where columns share a name or have none."""
    lines = _head(path)
    told = lines[0].strip().lower() if lines else ""
    skipped = int(told.startswith(SEPARATOR_LINE) and len(told) == len(SEPARATOR_LINE) + 1)
    header = lines[skipped] if len(lines) > skipped else ""
    delimiter = told[-1] if skipped else max(DELIMITERS, key=header.count)
    rows = list(csv.reader(lines[skipped:], delimiter=delimiter))
    names = [name.strip() for name in rows[0]] if rows else []
    _refuse_doubled([name for name in names if name], path)
    named = [name for name in names if name]
    # 0, 1, 2, ... may be names; a fraction or a date is none.
    values = all(NUMBER_OR_DATE.fullmatch(name) for name in named)
    if values and any(not name.isdigit() for name in named):
        raise DataError(
            f"{path}: the first line holds values, not names ('{named[0]}'); add a line with the names of the columns"
        )
    cells = [cell.strip() for row in rows[1:] for cell in row]
    comma = delimiter != "," and any(map(DECIMAL_COMMA.fullmatch, cells)) and not any(map(FRACTION.fullmatch, cells))
    return _Form(delimiter=delimiter, decimal="," if comma else ".", skipped=skipped)


def _head(path: Path) -> list[str]:
    """The first lines, a byte order mark apart."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8-sig", errors="replace") as lines:
        return list(itertools.islice((line.replace("\0", "") for line in lines), HEAD_LINES))


def _refuse_doubled(names: list[str], path: Path) -> None:
    doubled = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if doubled is not None:
        raise DataError(f"{path}: two columns are called '{doubled}'; rename one")


def _nearest_file(path: Path) -> str:
    folder = path.parent
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    near = get_close_matches(path.name, names, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""
