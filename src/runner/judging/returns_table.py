"""Returns of strategies from files that anyone made: which column, how many a year, and what is wrong with them."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from components.errors import DataError
from components.statistics.performance import known
from components.statistics.sharpe import sharpe_sample
from components.values import Float
from components.values.periods import periods_of
from runner.storage.plain_table import numeric, read_table, require_column, times

if TYPE_CHECKING:
    import pandas as pd

ASSUMED_PERIODS = 252.0
MIN_RETURNS = 10
LARGEST_RETURN = 1e6
LEVEL_CORRELATION = 0.9
"""Correlation of neighbours from which a column is a level; of appraised and smoothed returns it stays below."""
ONE_SIDED_CORRELATION = 0.5
"""The same for a column that is never on the other side of zero."""
SAME = 1e-3
"""Of a deviation by which the same returns, rounded twice, may differ."""
TIME_NAMES = ("date", "time", "timestamp", "datetime", "day", "month", "week", "period", "year")


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """Returns of one strategy. all_T: in order of time, NaN where missing; returns_T: those that are known; periods:
    per year; because: where that number comes from."""

    column: str
    all_T: Float
    periods: float
    because: str

    @property
    def returns_T(self) -> Float:
        return known(self.all_T)

    @property
    def dropped(self) -> int:
        return len(self.all_T) - len(self.returns_T)


def load_record(path: Path, *, column: str | None, periods: float | None) -> Record:
    """The returns of one column and how many there are a year."""
    frame = read_table(path)
    time = _time_column(frame, path)
    name = _return_column(frame, path, column, time)
    values_T = _in_order(_returns(frame, name, path, time), frame, time, path)
    if periods is not None:
        because = "as told"
    elif time is not None:
        periods, because = _observed_periods(frame, time, path)
    else:
        periods, because = ASSUMED_PERIODS, "assumed, since there are no dates: daily; see --periods-per-year"
    record = Record(column=name, all_T=values_T, periods=periods, because=because)
    if len(record.returns_T) < MIN_RETURNS:
        raise DataError(
            f"{path}: column '{name}' holds {len(record.returns_T)} returns; at least {MIN_RETURNS} are needed to say "
            "anything"
        )
    return record


def _refuse_level(values_T: Float, name: str, path: Path) -> None:
    """An equity curve, or returns that were added up: what it shows as a Sharpe ratio is how long it is."""
    if len(values_T) < MIN_RETURNS or math.isnan(sharpe_sample(values_T).sharpe):
        return  # refused in other words
    alike = lag_one_correlation(values_T)
    one_sided = values_T.min() >= 0 or values_T.max() <= 0
    if alike > LEVEL_CORRELATION or (one_sided and alike > ONE_SIDED_CORRELATION):
        raise DataError(
            f"{path}: column '{name}' moves like a level, not like returns (neighbours correlate by {alike:.2f}); of "
            "an equity curve give p[t] / p[t-1] - 1, of added-up returns their differences"
        )


def lag_one_correlation(x_T: Float) -> float:
    """Correlation of neighbours, 1 - sum (x_t - x_{t-1})^2 / (2 sum (x_t - mean)^2): near 1 for a level that drifts,
    also a short one. x_T: values that vary."""
    return 1 - float((np.diff(x_T) ** 2).sum()) / (2 * float(((x_T - x_T.mean()) ** 2).sum()))


def load_matrix(path: Path, record: Record) -> tuple[Float, int]:
    """(T, K) returns of the tries over the rows where all are known, and which of them is the record's; refused unless
    one is."""
    frame = read_table(path)
    time = _time_column(frame, path)
    names = [name for name in frame.columns if name != time and not name.startswith("Unnamed")]
    columns = [_returns(frame, name, path, time) for name in names]
    if len(columns) < 2:
        raise DataError(f"{path}: holds {len(columns)} column of returns; the matrix needs one column per try")
    matrix_TK = np.column_stack([_in_order(column, frame, time, path) for column in columns])
    if len(matrix_TK) != len(record.all_T):
        raise DataError(
            f"{path}: holds {len(matrix_TK):,} rows, the returns under judgement {len(record.all_T):,}; give every try "
            "over the same periods"
        )
    own = next((k for k, column_T in enumerate(matrix_TK.T) if _same(column_T, record.all_T)), None)
    if own is None:
        raise DataError(
            f"{path}: no column holds the returns under judgement ('{record.column}'); the tries include the one that "
            "was picked"
        )
    joint_TK = matrix_TK[~np.isnan(matrix_TK).any(axis=1)]
    if len(joint_TK) < MIN_RETURNS:
        raise DataError(f"{path}: {len(joint_TK)} rows hold a return of every try; at least {MIN_RETURNS} are needed")
    flat = [name for name, column_T in zip(names, joint_TK.T, strict=True) if np.isnan(sharpe_sample(column_T).sharpe)]
    if flat:
        raise DataError(f"{path}: column '{flat[0]}' does not vary over the common rows; drop it")
    return joint_TK, own


def _same(one_T: Float, other_T: Float) -> bool:
    """Whether two columns hold the same returns but for rounding."""
    if (np.isnan(one_T) != np.isnan(other_T)).any():
        return False
    scale = float(np.nanstd(other_T))
    return bool(np.nanmax(np.abs(one_T - other_T)) <= SAME * scale)


def _in_order(values_T: Float, frame: "pd.DataFrame", time: str | None, path: Path) -> Float:
    """The values of a column in the order of its times, or as they stand where there are none."""
    return values_T if time is None else values_T[np.argsort(times(frame, time, path), kind="stable")]


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


def _returns(frame: "pd.DataFrame", name: str, path: Path, time: str | None) -> Float:
    values_T = numeric(frame[name])
    if values_T is None:
        raise DataError(f"{path}: column '{name}': {_first_text(frame[name])} is no number; write 0.0123 for 1.23 %")
    if frame[name].dtype == bool:
        raise DataError(f"{path}: column '{name}' holds True and False, not returns; write 0.0123 for 1.23 %")
    finite_T = known(values_T)
    if len(finite_T) and finite_T.min() > 0 and np.median(finite_T) > 0.5:
        raise DataError(f"{path}: column '{name}' looks like prices, not returns; give p[t] / p[t-1] - 1")
    if len(finite_T) and np.abs(finite_T).max() <= LARGEST_RETURN:
        _refuse_level(known(_in_order(values_T, frame, time, path)), name, path)
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
    found = periods_of(stamps_T)
    if not found.holes:
        return found.a_year, f"from the dates in '{time}'"
    holes = "a hole is" if found.holes == 1 else f"{found.holes:,} holes are"
    return found.a_year, f"by the usual spacing of the dates in '{time}'; {holes} left out"
