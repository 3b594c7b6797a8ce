"""Results of other people's backtests, recognised by their shape: backtesting.py, vectorbt, freqtrade, qlib, pyfolio.

Nothing that a file holds is executed: pickles are refused.
"""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components.errors import DataError
from components.tables.columns import Columns
from components.tables.whole import Reading, numeric, times_of
from components.values import Float, Time

MOST_BYTES = 1 << 28
PICKLES = (".pkl", ".pickle", ".joblib")
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, kw_only=True, eq=False)
class Foreign:
    """Returns out of a result. column: what they are called; values_T, times_T: in order of time; says: what was read
    as what; trades: whether there is one for each trade, so that several may bear one time."""

    column: str
    values_T: Float
    times_T: Time
    says: str
    trades: bool = False


def result_file(path: Path, column: str | None) -> Foreign | None:
    """A result that is no table: a backtest of freqtrade, as it wrote it (JSON, or the archive that holds it). None
    where the file is none of these.

    column: the strategy, where there are several. Raises DataError for a pickle, which is code, and for JSON that is
    another one's.
    """
    if not path.is_file():
        return None
    with path.open("rb") as file:
        head = file.read(64)
    if path.suffix.lower() in PICKLES or (head[:1] == b"\x80" and head[1:2] <= b"\x05"):
        raise DataError(
            f"{path}: is a pickle, which is code that opening it would run; write the table as CSV or Parquet "
            "(pandas: frame.to_csv), qlib's report_normal for example"
        )
    if path.suffix.lower() == ".zip" and head.startswith(b"PK"):
        return _freqtrade(path, _json(path, _archived(path)), column)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"[")):
        if path.stat().st_size > MOST_BYTES:
            raise DataError(f"{path}: is larger than {MOST_BYTES >> 20} MiB; export without the trades")
        return _freqtrade(path, _json(path, path.read_bytes()), column)
    return None


def result_table(columns: Columns, times_T: Time | None, reading: Reading) -> Foreign | None:
    """A table that one of them writes, recognised by the names of its columns; None where it is none.

    times_T: the times of its rows, None where it has none.
    """
    shape = next((each for each in _SHAPES if each.needs <= set(columns.names)), None)
    stamps_T = times_T if shape is None or shape.times is None else times_of(columns, shape.times, reading)
    if shape is None or stamps_T is None:
        return None
    order = np.argsort(stamps_T, kind="stable")
    values_T, times = _numbers(columns, shape.values)[order], stamps_T[order]
    if shape.less is not None:
        values_T = values_T - _numbers(columns, shape.less)[order]
    if shape.curve:
        values_T, times = returns_of_equity(values_T, shape.values, columns.path), times[1:]
    return Foreign(
        column=shape.values, values_T=values_T, times_T=times, says=shape.says, trades=shape.times is not None
    )


def returns_of_equity(values_T: Float, name: str, path: Path | str) -> Float:
    """p[t] / p[t-1] - 1, one fewer than there are values. Raises DataError where one is missing or not positive."""
    wrong = np.flatnonzero(~(values_T > 0))
    if len(wrong):
        raise DataError(
            f"{path}: column '{name}' is {values_T[wrong[0]]:g} in row {int(wrong[0]) + 1}; an equity curve is "
            "positive throughout"
        )
    returns_T: Float = values_T[1:] / values_T[:-1] - 1
    return returns_T


@dataclass(frozen=True, kw_only=True)
class _Shape:
    """A table that a program writes. needs: columns by which it is recognised; values: the one with returns, or with
    an equity curve (curve); less: one that is subtracted; times: that of the exits, where there is a row a trade."""

    needs: frozenset[str]
    values: str
    says: str
    less: str | None = None
    curve: bool = False
    times: str | None = None


_ONE_A_TRADE = "one return a trade in the order of '{}'; trades at once count one after the other"
_SHAPES = (
    _Shape(
        needs=frozenset({"Equity", "DrawdownPct"}),
        values="Equity",
        curve=True,
        says="an equity curve of backtesting.py, read as returns p[t] / p[t-1] - 1",
    ),
    _Shape(
        needs=frozenset({"EntryBar", "ExitBar", "ExitTime", "ReturnPct"}),
        values="ReturnPct",
        times="ExitTime",
        says=f"trades of backtesting.py, {_ONE_A_TRADE.format('ExitTime')}",
    ),
    *(
        _Shape(
            needs=frozenset({exits, "PnL", "Return", "Status"}),
            values="Return",
            times=exits,
            says=f"trades of vectorbt, {_ONE_A_TRADE.format(exits)}",
        )
        for exits in ("Exit Timestamp", "Exit Index")
    ),
    _Shape(
        needs=frozenset({"account", "return", "cost", "bench"}),
        values="return",
        less="cost",
        says="a report of qlib, read as return - cost; the benchmark is not subtracted",
    ),
)


def _numbers(columns: Columns, name: str) -> Float:
    values_T = numeric(columns, name)
    if values_T is None:
        raise DataError(f"{columns.path}: column '{name}' does not hold numbers; write the result anew")
    return values_T


def _archived(path: Path) -> bytes:
    """The result inside an archive of freqtrade's: the one JSON file that is not its settings."""
    try:
        with zipfile.ZipFile(path) as archive:
            found = [
                each
                for each in archive.infolist()
                if each.filename.endswith(".json") and not each.filename.endswith(("_config.json", ".meta.json"))
            ]
            if len(found) != 1:
                raise DataError(f"{path}: holds {len(found)} JSON files of results; unpack it and name one")
            if found[0].file_size > MOST_BYTES:
                raise DataError(f"{path}: unpacks to more than {MOST_BYTES >> 20} MiB; export without the trades")
            with archive.open(found[0]) as file:
                return file.read(MOST_BYTES)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise DataError(f"{path}: cannot be unpacked: {error}; it was cut off or damaged") from None


def _json(path: Path, content: bytes) -> Any:
    try:
        return json.loads(content)
    except RecursionError:
        raise DataError(f"{path}: is nested too deeply to be a result") from None
    except ValueError as error:
        raise DataError(f"{path}: is no complete JSON: {str(error).splitlines()[0]}; write it anew") from None


def _freqtrade(path: Path, content: Any, column: str | None) -> Foreign:
    strategies = content.get("strategy") if isinstance(content, dict) else None
    if not isinstance(strategies, Mapping) or not all(isinstance(each, Mapping) for each in strategies.values()):
        raise DataError(
            f"{path}: is JSON, but no backtest of freqtrade ('strategy' with its trades); write a table of returns as "
            "CSV or Parquet"
        )
    name = _strategy(path, strategies, column)
    try:
        balance, daily = float(strategies[name]["starting_balance"]), list(strategies[name]["daily_profit"])
        days = np.array([np.datetime64(str(day)[:10], "D") for day, _ in daily], dtype="datetime64[D]")
        profits = np.array([float(profit) for _, profit in daily])
        first, last = (np.datetime64(str(strategies[name][f"backtest_{side}"])[:10], "D") for side in ("start", "end"))
    except (KeyError, TypeError, ValueError, OverflowError):
        raise DataError(
            f"{path}: strategy '{name}' lacks starting_balance, backtest_start, backtest_end or daily_profit; run the "
            "backtest with a freqtrade of 2021 or later"
        ) from None
    return _daily(path, name, balance, days, profits, first, last)


def _strategy(path: Path, strategies: Mapping[str, Any], column: str | None) -> str:
    if column in strategies:
        return str(column)
    listed = ", ".join(list(strategies)[:8]) + (", ..." if len(strategies) > 8 else "")
    if column is not None:
        raise DataError(f"{path}: --column {column}: no such strategy; strategies: {listed or 'none'}")
    if len(strategies) != 1:
        raise DataError(
            f"{path}: {len(strategies)} strategies of freqtrade; choose one with --column: {listed or 'none'}, and "
            "count them all in --trials"
        )
    return str(next(iter(strategies)))


def _daily(
    path: Path, name: str, balance: float, days: Time, profits: Float, first: np.datetime64, last: np.datetime64
) -> Foreign:
    """Daily returns of an account: what was earned by trades that closed on a day, as a part of what was there before;
    0 on days without one."""
    if not len(days) or not balance > 0 or not np.isfinite(profits).all():
        raise DataError(f"{path}: strategy '{name}' closed no trade, or began without a balance; nothing can be judged")
    first, last = min(first, days.min()), max(last, days.max())
    if last - first > np.timedelta64(200 * 366, "D"):
        raise DataError(f"{path}: strategy '{name}' claims to last from {first} to {last}; write it anew")
    times_T = np.arange(first, last + DAY, DAY)
    earned_T = np.bincount((days - first).astype(np.int64), profits, minlength=len(times_T))
    before_T = balance + np.concatenate([[0.0], np.cumsum(earned_T)[:-1]])
    if (before_T <= 0).any():
        raise DataError(f"{path}: strategy '{name}' lost all that it had; nothing is left to be judged")
    says = "a backtest of freqtrade, read as daily returns of the account by closed trades, 0 on days without one"
    return Foreign(column=name, values_T=earned_T / before_T, times_T=times_T.astype("datetime64[us]"), says=says)
