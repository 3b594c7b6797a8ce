"""Any CSV or Parquet file as a table, for the verbs that examine files which nobody here made."""

from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from components.errors import DataError
from components.values import Float, Time

if TYPE_CHECKING:
    import pandas as pd

DELIMITERS = (",", ";", "\t", "|")


def read_table(path: Path) -> "pd.DataFrame":
    """The file's columns with their names as text. Raises DataError, one line, where it is no table."""
    import pandas as pd
    import pyarrow as pa

    if path.is_dir():
        raise DataError(f"{path}: is a folder; name a CSV or Parquet file")
    try:
        if path.suffix.lower() in (".parquet", ".pq"):
            frame = pd.read_parquet(path)
            if not isinstance(frame.index, pd.RangeIndex):
                frame = frame.reset_index()
        else:
            frame = pd.read_csv(path, sep=_delimiter(path), encoding="utf-8-sig", low_memory=False)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file{_nearest_file(path)}") from None
    except UnicodeDecodeError:
        raise DataError(f"{path}: is no text in UTF-8; save it as CSV in UTF-8, or as Parquet") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, pa.ArrowInvalid, OSError, ValueError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise DataError(f"{path}: cannot be read as a table: {reason.removesuffix('.')}") from None
    frame.columns = [str(name).strip() for name in frame.columns]
    doubled = frame.columns[frame.columns.duplicated()]
    if len(doubled):
        raise DataError(f"{path}: two columns are called '{doubled[0]}'; rename one")
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
        raise DataError(
            f"{path}: row {row + 1}: '{column.iloc[row]}' in column '{name}' is no date; "
            "write dates as 2020-12-31 or name another column"
        )
    return np.asarray(parsed.dt.tz_localize(None).to_numpy(), dtype="datetime64[us]")


def _from_numbers(column: "pd.Series[float]") -> "pd.Series[pd.Timestamp]":
    """Days as 20201231, or seconds, milli-, micro- or nanoseconds since 1970, told apart by size."""
    import pandas as pd

    largest = float(column.abs().max())
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


def _delimiter(path: Path) -> str:
    if path.suffix == ".gz":
        return ","
    with path.open(encoding="utf-8-sig", errors="replace") as lines:
        header = lines.readline()
    return max(DELIMITERS, key=header.count)


def _nearest_file(path: Path) -> str:
    folder = path.parent
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    near = get_close_matches(path.name, names, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""
