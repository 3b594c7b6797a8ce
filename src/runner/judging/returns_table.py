"""Returns of strategies from files that anyone made: which column, how many a year, and what is wrong with them."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from components.errors import DataError
from components.statistics.performance import known
from components.statistics.sharpe import sharpe_sample
from components.values import Float
from runner.storage.plain_table import numeric, read_table, require_column, times

if TYPE_CHECKING:
    import pandas as pd

ASSUMED_PERIODS = 252.0
MIN_RETURNS = 10
LARGEST_RETURN = 1e6
TIME_NAMES = ("date", "time", "timestamp", "datetime", "day", "month", "week", "period", "year")


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """Returns of one strategy. periods: per year; because: where that number comes from."""

    column: str
    returns_T: Float
    periods: float
    because: str
    dropped: int


def load_record(path: Path, *, column: str | None, periods: float | None) -> Record:
    """The returns of one column and how many there are a year."""
    frame = read_table(path)
    time = _time_column(frame, path)
    name = _return_column(frame, path, column, time)
    values_T = _returns(frame, name, path)
    if periods is not None:
        because = "as told"
    elif time is not None:
        periods, because = _observed_periods(frame, time, path)
    else:
        periods, because = ASSUMED_PERIODS, "assumed, since there are no dates: daily; see --periods-per-year"
    kept_T = known(values_T)
    if len(kept_T) < MIN_RETURNS:
        raise DataError(
            f"{path}: column '{name}' holds {len(kept_T)} returns; at least {MIN_RETURNS} are needed to say anything"
        )
    return Record(column=name, returns_T=kept_T, periods=periods, because=because, dropped=len(values_T) - len(kept_T))


def load_matrix(path: Path) -> Float:
    """(T, K) returns of the tries over the rows where all are known."""
    frame = read_table(path)
    time = _time_column(frame, path)
    names = [name for name in frame.columns if name != time and not name.startswith("Unnamed")]
    columns = [_returns(frame, name, path) for name in names]
    if len(columns) < 2:
        raise DataError(f"{path}: holds {len(columns)} column of returns; the matrix needs one column per try")
    matrix_TK = np.column_stack(columns)
    if time is not None:
        matrix_TK = matrix_TK[np.argsort(times(frame, time, path), kind="stable")]
    joint_TK = matrix_TK[~np.isnan(matrix_TK).any(axis=1)]
    if len(joint_TK) < MIN_RETURNS:
        raise DataError(f"{path}: {len(joint_TK)} rows hold a return of every try; at least {MIN_RETURNS} are needed")
    flat = [name for name, column_T in zip(names, joint_TK.T, strict=True) if np.isnan(sharpe_sample(column_T).sharpe)]
    if flat:
        raise DataError(f"{path}: column '{flat[0]}' does not vary over the common rows; drop it")
    return joint_TK


def _time_column(frame: "pd.DataFrame", path: Path) -> str | None:
    """The column of dates: by its name, or by its values where they are text that reads as dates."""
    for name in frame.columns:
        if name.lower() in TIME_NAMES or (numeric(frame[name]) is None and _reads_as_dates(frame, name, path)):
            return str(name)
    return None


def _reads_as_dates(frame: "pd.DataFrame", name: str, path: Path) -> bool:
    try:
        times(frame.head(5), name, path)
    except DataError:
        return False
    return True


def _return_column(frame: "pd.DataFrame", path: Path, column: str | None, time: str | None) -> str:
    if column is not None:
        require_column(frame, column, option="--column", path=path)
        return column
    candidates = [
        name for name in frame.columns if name != time and not name.startswith("Unnamed") and _is_numeric(frame, name)
    ]
    if len(candidates) == 1:
        return str(candidates[0])
    likely = [name for name in candidates if name.lower() in ("return", "returns", "ret", "r", "pnl_return")]
    if len(likely) == 1:
        return str(likely[0])
    if not candidates:
        if any(name.startswith("Unnamed") and name != time and _is_numeric(frame, name) for name in frame.columns):
            raise DataError(f"{path}: the column of numbers has no name; write one into the header")
        texts = [name for name in frame.columns if name != time]
        example = f" ('{texts[0]}', {_first_text(frame[texts[0]])})" if texts else ""
        raise DataError(f"{path}: no column holds numbers{example}; returns are written like 0.0123 for 1.23 %")
    listed = ", ".join(candidates[:8]) + (", ..." if len(candidates) > 8 else "")
    raise DataError(f"{path}: {len(candidates)} columns hold numbers; choose one with --column: {listed}")


def _is_numeric(frame: "pd.DataFrame", name: str) -> bool:
    return numeric(frame[name]) is not None


def _returns(frame: "pd.DataFrame", name: str, path: Path) -> Float:
    values_T = numeric(frame[name])
    if values_T is None:
        raise DataError(f"{path}: column '{name}': {_first_text(frame[name])} is no number; write 0.0123 for 1.23 %")
    if frame[name].dtype == bool:
        raise DataError(f"{path}: column '{name}' holds True and False, not returns; write 0.0123 for 1.23 %")
    finite_T = known(values_T)
    if len(finite_T) and finite_T.min() > 0 and np.median(finite_T) > 0.5:
        raise DataError(f"{path}: column '{name}' looks like prices, not returns; give p[t] / p[t-1] - 1")
    if len(finite_T) and finite_T.min() < -1:
        raise DataError(
            f"{path}: column '{name}' holds {finite_T.min():g}, a loss of more than 100 %; are these percent? "
            "write 0.0123 for 1.23 %"
        )
    if len(finite_T) and finite_T.max() > LARGEST_RETURN:
        raise DataError(f"{path}: column '{name}' holds {finite_T.max():g}, which is no return; mend or empty it")
    return values_T


def _first_text(column: "pd.Series[Any]") -> str:
    import pandas as pd

    wrong = pd.to_numeric(column, errors="coerce").isna() & column.notna()
    row = int(wrong.to_numpy().argmax())
    return f"row {row + 1}: '{column.iloc[row]}'"


def _observed_periods(frame: "pd.DataFrame", time: str, path: Path) -> tuple[float, str]:
    stamps_T = np.sort(times(frame, time, path))
    if len(np.unique(stamps_T)) < len(stamps_T):
        raise DataError(f"{path}: times stand twice in column '{time}'; give one row per period")
    if len(stamps_T) < 2:
        return ASSUMED_PERIODS, "assumed"
    years = float((stamps_T[-1] - stamps_T[0]) / np.timedelta64(1, "D")) / 365.25
    return (len(stamps_T) - 1) / years, f"from the dates in '{time}'"
