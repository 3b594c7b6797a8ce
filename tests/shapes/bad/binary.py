"""Parquet, Feather and Excel."""

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather_file
import pyarrow.parquet as pq

from shapes.bad.base import (
    FILES,
    INIT,
    LEAKTEST,
    LINE,
    ROW,
    Bad,
)
from shapes.truth import Time, days
from shapes.writing import (
    N,
    daily,
    frame,
)


def binary(change: Callable[[dict[str, Any]], Any], name: str = "bars.parquet") -> Callable[[Path], Path]:
    """A Parquet file of changed columns: arrays by name -> the same, or a table."""

    def write(folder: Path) -> Path:
        series = daily(65)
        made = change({"date": pa.array(series.times_N), **{k: pa.array(v) for k, v in series.fields.items()}})
        whole = made if isinstance(made, pa.Table) else pa.table(made)
        if name.endswith(".feather"):
            feather_file.write_feather(whole, folder / name)
        else:
            pq.write_table(whole, folder / name)
        return folder / name

    return write


def spoilt(change: Callable[[bytes], bytes], name: str = "bars.parquet") -> Callable[[Path], Path]:
    """A binary file with other bytes."""

    def write(folder: Path) -> Path:
        path = binary(dict, name)(folder)
        path.write_bytes(change(path.read_bytes()))
        return path

    return write


def at(column: str, value: Any, kind: Any = None) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """One value of a column replaced."""

    def change(made: dict[str, Any]) -> dict[str, Any]:
        cells = made[column].to_pylist()
        cells[ROW - 1] = value
        return {**made, column: pa.array(cells, type=kind)}

    return change


def formats() -> dict[str, Bad]:
    row = f"row {ROW}|row {ROW - 1}|{LINE}"
    twin = lambda made, name: pa.table([*made.values(), made["open"]], names=[*made, name])  # noqa: E731
    far = dt.datetime(9999, 12, 31, tzinfo=None)
    return {
        "Parquet: cut off": Bad(write=spoilt(lambda b: b[: len(b) // 2]), says=("",)),
        "Parquet: its end alone": Bad(write=spoilt(lambda b: b[-200:]), says=("",)),
        "Parquet: zeros in the middle": Bad(write=spoilt(lambda b: b[:300] + bytes(2_000) + b[2_300:]), says=("",)),
        "Parquet: no bytes": Bad(write=spoilt(lambda _: b""), says=("",)),
        "Parquet: no rows": Bad(write=binary(lambda m: {k: v.slice(0, 0) for k, v in m.items()}), says=("row|bars",)),
        "Parquet: no columns": Bad(write=binary(lambda _: pa.table({})), says=("column|rows",)),
        "Parquet: two closes": Bad(write=binary(lambda m: twin(m, "close")), says=("close", "two|twice|both|same|equal")),
        "Parquet: close and Close": Bad(
            write=binary(lambda m: twin(m, "Close")), says=("close", "Close", "two|case|both|twice|differ")
        ),
        "Parquet: truths for closes": Bad(
            write=binary(lambda m: {"date": m["date"], "close": pa.array([True, False] * (N // 2))}), says=("close",), verbs=(INIT,)
        ),
        "Parquet: words for closes": Bad(
            write=binary(lambda m: {"date": m["date"], "close": pa.array(["a", "b"] * (N // 2))}), says=("close",), verbs=(INIT, LEAKTEST)
        ),
        "Parquet: one word among closes": Bad(
            write=binary(lambda m: {**m, "close": pa.array(["n/k" if n == ROW - 1 else f"{v}" for n, v in enumerate(m["close"].to_pylist())])}),
            says=(row, "close"),
        ),
        "Parquet: lists for closes": Bad(
            write=binary(lambda m: {"date": m["date"], "close": pa.array([[1.0]] * N)}), says=("close",), verbs=(INIT, LEAKTEST)
        ),
        "Parquet: moments for closes": Bad(
            write=binary(lambda m: {"date": m["date"], "close": m["date"]}), says=("close",), verbs=(INIT, LEAKTEST)
        ),
        "Parquet: bytes for closes": Bad(
            write=binary(lambda m: {"date": m["date"], "close": pa.array([b"\x01"] * N)}), says=("close",), verbs=(INIT, LEAKTEST)
        ),
        "Parquet: an infinite close": Bad(
            write=binary(at("close", float("inf"))), says=("close",), verbs=(INIT, FILES), told="inf|missing"
        ),
        "Parquet: clocks for dates": Bad(
            write=binary(lambda m: {"date": pa.array([dt.time(9, 30)] * N), "close": m["close"]}), says=("date",)
        ),
        "Parquet: truths for dates": Bad(
            write=binary(lambda m: {**m, "date": pa.array([True, False] * (N // 2))}), says=("date",)
        ),
        "Parquet: lengths of time for dates": Bad(
            write=binary(lambda m: {**m, "date": pa.array([dt.timedelta(days=n) for n in range(N)])}), says=("date",)
        ),
        "Parquet: a missing date": Bad(write=binary(at("date", None, pa.timestamp("us"))), says=(row, "date")),
        "Parquet: year 9999": Bad(write=binary(at("date", far, pa.timestamp("us"))), says=(row, "9999")),
        "Parquet: year 1700": Bad(
            write=binary(at("date", dt.datetime(1700, 1, 1), pa.timestamp("us"))), says=(row, "1700")
        ),
        "Parquet: epochs of two units": Bad(
            write=binary(lambda m: {**m, "date": pa.array(two_units(daily(65).times_N))}),
            says=(row, "unit|seconds|unix|epoch"), settings={"date_format": "unix_ms"},
        ),
        "Parquet: prices for dates": Bad(
            write=binary(lambda m: {**m, "date": m["close"]}), says=("date",), settings={}
        ),
        "Feather: cut off": Bad(write=spoilt(lambda b: b[: len(b) // 2], "bars.feather"), says=("",)),
        "Feather: two closes": Bad(
            write=binary(lambda m: twin(m, "close"), "bars.feather"), says=("close", "two|twice|both|same|equal")
        ),
        "Feather: no rows": Bad(
            write=binary(lambda m: {k: v.slice(0, 0) for k, v in m.items()}, "bars.feather"), says=("row|bars",)
        ),
        "Excel: cut off": Bad(write=workbook(lambda b: b[: len(b) // 2]), says=("",)),
        "Excel: no rows": Bad(write=workbook(rows_of=lambda t: t.iloc[:0]), says=("row|bars",)),
        "Excel: two sheets of bars": Bad(write=workbook(sheets=2), says=("sheet|Sheet", "AAA", "BBB")),
        "Excel: a word among closes": Bad(
            write=workbook(rows_of=lambda t: t.assign(close=[*t["close"][: ROW - 1], "n/k", *t["close"][ROW:]])),
            says=(f"row {ROW + 1}|{row}", "close"),
        ),
        "Excel: two closes": Bad(
            write=workbook(rows_of=lambda t: t.set_axis(["date", "open", "high", "low", "close", "close"], axis=1)),
            says=("close", "two|twice|both|same|equal"),
        ),
    }  # fmt: skip


def two_units(times_N: Time) -> list[int]:
    ms_N = times_N.astype("datetime64[ms]").astype(np.int64)
    return [int(ms) * (1 if n < ROW - 1 else 1_000) for n, ms in enumerate(ms_N)]


def workbook(
    change: Callable[[bytes], bytes] = bytes,
    *,
    rows_of: Callable[[pd.DataFrame], pd.DataFrame] = pd.DataFrame,
    sheets: int = 1,
) -> Callable[[Path], Path]:
    """A workbook."""

    def write(folder: Path) -> Path:
        path = folder / "bars.xlsx"
        with pd.ExcelWriter(path) as book:
            for name in ("AAA", "BBB")[:sheets]:
                whole = frame(daily(65)).rename(columns=str.lower)
                whole.insert(0, "date", days(N))
                rows_of(whole).to_excel(book, sheet_name=name, index=False)
        path.write_bytes(change(path.read_bytes()))
        return path

    return write
