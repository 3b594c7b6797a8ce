"""Returns of strategies from files that anyone made: which column, how many a year, and what is wrong with them."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.errors import DataError
from components.statistics.performance import known
from components.statistics.sharpe import sharpe_sample
from components.tables.columns import Columns
from components.tables.numbers import sampled
from components.tables.numeric import holds_numbers, is_truths
from components.tables.reading import said_of
from components.tables.whole import UNNAMED, Reading, numeric, require_column, times_of, whole_table
from components.values import Float, Time
from components.values.periods import periods_of
from runner.judging.foreign import Foreign, result_file, result_table, returns_of_equity

ASSUMED_PERIODS = 252.0
MIN_RETURNS = 10
LARGEST_RETURN = 1e6
LEVEL_CORRELATION = 0.9
"""Correlation of neighbours from which a column is a level; of appraised and smoothed returns it stays below."""
ONE_SIDED_CORRELATION = 0.5
"""The same for a column that is never on the other side of zero."""
SAME = 1e-3
"""Of a deviation by which the same returns, rounded twice, may differ."""
YEAR = np.timedelta64(31_556_952, "s")
TIME_NAMES = ("date", "time", "timestamp", "datetime", "day", "month", "week", "period", "year")


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """Returns of one strategy. all_T: in order of time, NaN where missing; returns_T: those that are known; periods:
    per year; because: where that number comes from; read_as: what the file was read as, '' for plain returns."""

    column: str
    all_T: Float
    periods: float
    because: str
    read_as: str = ""

    @property
    def returns_T(self) -> Float:
        return known(self.all_T)

    @property
    def dropped(self) -> int:
        return len(self.all_T) - len(self.returns_T)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Table:
    """A table of returns. time: its column of dates, None where there is none; times_T: what it holds."""

    columns: Columns
    time: str | None
    times_T: Time | None

    def in_order(self, values_T: Float) -> Float:
        """The values of a column in the order of the times, or as they stand where there are none."""
        return values_T if self.times_T is None else values_T[np.argsort(self.times_T, kind="stable")]


def load_record(
    path: Path, reading: Reading, *, column: str | None, periods: float | None, equity: bool = False
) -> Record:
    """The returns of one column and how many there are a year; equity: that column is an equity curve. Results of other
    programs are recognised (`runner.judging.foreign`), unless a column of theirs is chosen."""
    foreign = None if equity else result_file(path, column)
    if foreign is not None:
        return _enough(_of_foreign(foreign, periods, path), path)
    table = _table(path, reading)
    if column is None and not equity:
        foreign = result_table(table.columns, table.times_T, reading)
        if foreign is not None:
            return _enough(_of_foreign(foreign, periods, path), path)
    name = _return_column(table, column)
    values_T = table.in_order(_curve(table, name) if equity else _returns(table, name))
    if equity:
        values_T = np.append(np.nan, returns_of_equity(values_T, name, path))
    time = table.time
    if periods is not None:
        because = "as told"
    elif time is not None:
        periods, because = _observed_periods(table)
    else:
        periods, because = ASSUMED_PERIODS, "assumed, since there are no dates: daily; see --periods-per-year"
    read_as = "an equity curve, read as returns p[t] / p[t-1] - 1" if equity else ""
    return _enough(Record(column=name, all_T=values_T, periods=periods, because=because, read_as=read_as), path)


def _enough(record: Record, path: Path) -> Record:
    if len(record.returns_T) < MIN_RETURNS:
        raise DataError(
            f"{path}: column '{record.column}' holds {len(record.returns_T)} returns; at least {MIN_RETURNS} are "
            "needed to say anything"
        )
    return record


def _of_foreign(foreign: Foreign, periods: float | None, path: Path) -> Record:
    if periods is not None:
        because = "as told"
    elif foreign.trades:
        span = (foreign.times_T[-1] - foreign.times_T[0]) / YEAR
        if not span > 0:
            raise DataError(f"{path}: all trades closed at one time; say --periods-per-year")
        periods, because = (len(foreign.times_T) - 1) / span, "by how many trades closed a year"
    else:
        periods, because = periods_of(foreign.times_T).a_year, "from its dates"
    _refuse_impossible(known(foreign.values_T), foreign.column, path)
    return Record(column=foreign.column, all_T=foreign.values_T, periods=periods, because=because, read_as=foreign.says)


def _refuse_level(values_T: Float, name: str, path: Path) -> None:
    """An equity curve, or returns that were added up: what it shows as a Sharpe ratio is how long it is."""
    if len(values_T) < MIN_RETURNS or math.isnan(sharpe_sample(values_T).sharpe):
        return  # refused in other words
    alike = lag_one_correlation(values_T)
    one_sided = values_T.min() >= 0 or values_T.max() <= 0
    if alike > LEVEL_CORRELATION or (one_sided and alike > ONE_SIDED_CORRELATION):
        raise DataError(
            f"{path}: column '{name}' moves like a level, not like returns (neighbours correlate by {alike:.2f}); of "
            "an equity curve give p[t] / p[t-1] - 1 or say --equity, of added-up returns give their differences"
        )


def lag_one_correlation(x_T: Float) -> float:
    """Correlation of neighbours, 1 - sum (x_t - x_{t-1})^2 / (2 sum (x_t - mean)^2): near 1 for a level that drifts,
    also a short one. x_T: values that vary."""
    return 1 - float((np.diff(x_T) ** 2).sum()) / (2 * float(((x_T - x_T.mean()) ** 2).sum()))


def load_matrix(path: Path, reading: Reading, record: Record) -> tuple[Float, int]:
    """(T, K) returns of the tries over the rows where all are known, and which of them is the record's; refused unless
    one is."""
    table = _table(path, reading)
    names = [name for name in table.columns.names if name not in (table.time, *UNNAMED)]
    columns = [_returns(table, name) for name in names]
    if len(columns) < 2:
        raise DataError(f"{path}: holds {len(columns)} column of returns; the matrix needs one column per try")
    matrix_TK = np.column_stack([table.in_order(column) for column in columns])
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


def _table(path: Path, reading: Reading) -> _Table:
    columns = whole_table(path, reading, setting="deflate")
    time = next((name for name in columns.names if _holds_dates(columns, name, reading)), None)
    times_T = None if time is None else times_of(columns, time, reading)
    return _Table(columns=columns, time=time, times_T=times_T)


def _holds_dates(columns: Columns, name: str, reading: Reading) -> bool:
    """By its name, or by its values where they are text that reads as dates."""
    if name.lower() in TIME_NAMES:
        return True
    if holds_numbers(columns, name):
        return False
    try:
        times_of(columns.head(5), name, reading)
    except DataError:
        return False
    return True


def _return_column(table: _Table, column: str | None) -> str:
    columns, path = table.columns, table.columns.path
    if column is not None:
        require_column(columns, column, option="--column")
        return column
    filled = [name for name in columns.names if name != table.time and holds_numbers(columns, name)]
    candidates = [name for name in filled if name not in UNNAMED]
    if len(candidates) == 1:
        return candidates[0]
    likely = [name for name in candidates if name.lower() in ("return", "returns", "ret", "r", "pnl_return")]
    if len(likely) == 1:
        return likely[0]
    if not candidates:
        if filled:
            raise DataError(f"{path}: the column of numbers has no name; write one into the header")
        texts = [name for name in columns.names if name != table.time]
        example = f" ('{texts[0]}', {_first_text(columns, texts[0])})" if texts else ""
        raise DataError(f"{path}: no column holds numbers{example}; returns are written like 0.0123 for 1.23 %")
    listed = ", ".join(candidates[:8]) + (", ..." if len(candidates) > 8 else "")
    raise DataError(f"{path}: {len(candidates)} columns hold numbers; choose one with --column: {listed}")


def _returns(table: _Table, name: str) -> Float:
    columns, path = table.columns, table.columns.path
    values_T = numeric(columns, name)
    if values_T is None:
        raise DataError(f"{path}: column '{name}': {_first_text(columns, name)} is no number; write 0.0123 for 1.23 %")
    if is_truths(columns, name):
        raise DataError(f"{path}: column '{name}' holds True and False, not returns; write 0.0123 for 1.23 %")
    finite_T = known(values_T)
    if len(finite_T) and finite_T.min() > 0 and np.median(finite_T) > 0.5:
        raise DataError(
            f"{path}: column '{name}' looks like prices, not returns; give p[t] / p[t-1] - 1, or say --equity"
        )
    if len(finite_T) and np.abs(finite_T).max() <= LARGEST_RETURN:
        _refuse_level(known(table.in_order(values_T)), name, path)
    _refuse_impossible(finite_T, name, path)
    return values_T


def _curve(table: _Table, name: str) -> Float:
    values_T = numeric(table.columns, name)
    if values_T is None:
        raise DataError(f"{table.columns.path}: column '{name}': {_first_text(table.columns, name)} is no number")
    return values_T


def _refuse_impossible(finite_T: Float, name: str, path: Path | str) -> None:
    if len(finite_T) and finite_T.min() < -1:
        raise DataError(
            f"{path}: column '{name}' holds {finite_T.min():g}, a loss of more than 100 %; are these percent? "
            "write 0.0123 for 1.23 %"
        )
    if len(finite_T) and finite_T.max() > LARGEST_RETURN:
        raise DataError(f"{path}: column '{name}' holds {finite_T.max():g}, which is no return; mend or empty it")


def _first_text(columns: Columns, name: str) -> str:
    """Where the first cell stands that is no number, and what it says."""
    cells = said_of(columns, name)
    row = int(sampled(cells, None)[1].argmax())
    return f"{columns.place(row)}: '{cells[row]}'"


def _observed_periods(table: _Table) -> tuple[float, str]:
    assert table.times_T is not None
    path, time, stamps_T = table.columns.path, table.time, np.sort(table.times_T)
    if len(np.unique(stamps_T)) < len(stamps_T):
        raise DataError(f"{path}: times stand twice in column '{time}'; give one row per period")
    if len(stamps_T) < 2:
        return ASSUMED_PERIODS, "assumed"
    found = periods_of(stamps_T)
    if not found.holes:
        return found.a_year, f"from the dates in '{time}'"
    holes = "a hole is" if found.holes == 1 else f"{found.holes:,} holes are"
    return found.a_year, f"by the usual spacing of the dates in '{time}'; {holes} left out"
