"""Other types of columns in Parquet and Feather."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from shapes.truth import OHLC, Float, Series, Shape, Truth, Written, days, one, walk
from shapes.writing import (
    N,
    daily,
    frame,
    of,
    utc,
)


def typed(folder: Path, columns: Mapping[str, Any], fields: Mapping[str, Float] | None = None) -> Written:
    """Columns of other types in Parquet."""
    series = daily(25)
    arrays = {"date": pa.array(series.times_N), **{name: pa.array(v) for name, v in series.fields.items()}}
    made = {name: made(series) if callable(made) else made for name, made in columns.items()}
    pq.write_table(pa.table({**arrays, **made}), folder / "bars.parquet")
    truth = one(Series(times_N=series.times_N, fields={**series.fields, **(fields or {})}))
    return Written(path=folder / "bars.parquet", truth=truth, plain=True)


def _dates(kind: Any) -> Callable[[Series], Any]:
    return lambda series: pa.array(series.times_N.astype("datetime64[us]")).cast(kind)


def _cast(name: str, kind: Any) -> Callable[[Series], Any]:
    return lambda series: pa.array(series.fields[name]).cast(kind)


def _midnights(zone: str) -> Callable[[Series], Any]:
    return lambda series: (
        pa.array(utc(series.times_N, zone)).cast(pa.timestamp("us", "UTC")).cast(pa.timestamp("us", zone))
    )


TYPED: dict[str, Mapping[str, Any]] = {
    "days": {"date": _dates(pa.date32())},
    "days in milliseconds": {"date": _dates(pa.date64())},
    "moments in seconds": {"date": _dates(pa.timestamp("s"))},
    "moments in nanoseconds": {"date": _dates(pa.timestamp("ns"))},
    "dates as text": {"date": lambda s: pa.array(s.dates())},
    "German dates as text": {"date": lambda s: pa.array(s.dates("%d.%m.%Y"))},
    "days as whole numbers": {"date": lambda s: pa.array([int(d) for d in s.dates("%Y%m%d")])},
    "epochs in milliseconds": {"date": lambda s: pa.array([int(t) for t in s.epochs("ms")])},
    "epochs in nanoseconds": {"date": lambda s: pa.array([int(t) for t in s.epochs("ns")])},
    "midnights of New York": {"date": _midnights("America/New_York")},
    "midnights of Kolkata": {"date": _midnights("Asia/Kolkata")},
    "midnights of UTC": {"date": _midnights("UTC")},
    "decimal numbers": {name: _cast(name, pa.decimal128(18, 2)) for name in OHLC},
    "whole volume": {"volume": _cast("volume", pa.int64())},
    "unsigned volume": {"volume": _cast("volume", pa.uint64())},
    "prices as text": {name: (lambda s, n=name: pa.array(s.texts(n))) for name in OHLC},
    "prices as text with dollars": {name: (lambda s, n=name: pa.array([f"${t}" for t in s.texts(n)])) for name in OHLC},
    "a list beside": {"tags": lambda s: pa.array([["a", "b"]] * N)},
    "a structure beside": {"meta": lambda s: pa.array([{"a": 1}] * N)},
    "bytes beside": {"raw": lambda s: pa.array([b"\x00\x01"] * N)},
    "a truth beside": {"is_open": lambda s: pa.array([True] * N)},
    "a clock beside": {"sent": lambda s: pa.array([0] * N, type=pa.time32("s"))},
    "nothing beside": {"empty": lambda s: pa.nulls(N)},
    "an index of pandas": {"__index_level_0__": lambda s: pa.array(range(N))},
}


def float_prices(folder: Path) -> Written:
    """Prices in single precision are what they are."""
    series = daily(25)
    fields = {name: series.fields[name].astype(np.float32).astype(np.float64) for name in OHLC}
    return typed(folder, {name: _cast(name, pa.float32()) for name in OHLC}, fields)


def huge_volume_in_parquet(folder: Path) -> Written:
    """Whole numbers beyond 2^53."""
    whole = [14_537_380_000_000_001 + n for n in range(N)]
    return typed(folder, {"volume": pa.array(whole)}, {"volume": np.array(whole, dtype=np.float64)})


def indexed(folder: Path) -> Written:
    """A frame with symbol and date in its index."""
    bars = {name: walk(160 + n, times_N=days(N)) for n, name in enumerate(("AAA", "NA"))}
    whole = pd.concat([frame(b).assign(symbol=s, date=b.times_N) for s, b in bars.items()])
    whole.set_index(["symbol", "date"]).to_parquet(folder / "bars.parquet")
    return Written(path=folder / "bars.parquet", truth=Truth(bars=bars))


def unnamed_index(folder: Path) -> Written:
    """A frame whose index of times has no name."""
    series = daily(26)
    frame(series).set_index(pd.DatetimeIndex(series.times_N)).to_parquet(folder / "SPY.parquet")
    return Written(path=folder / "SPY.parquet", truth=one(series))


def two_levels(folder: Path) -> Written:
    """yf.download(["AAPL", "MSFT"]).to_parquet(): names such as ('Close', 'AAPL')."""
    bars = {"AAPL": daily(27), "MSFT": daily(28)}
    whole = pd.concat({s: frame(b) for s, b in bars.items()}, axis=1).swaplevel(axis=1)
    whole.columns = whole.columns.set_names(["Price", "Ticker"])
    whole.set_index(pd.DatetimeIndex(days(N), name="Date")).to_parquet(folder / "download.parquet")
    return Written(path=folder / "download.parquet", truth=Truth(bars=bars))


def feather_with_text_dates(folder: Path) -> Written:
    series = daily(29)
    frame(series).assign(Date=series.dates()).to_feather(folder / "SPY.feather")
    return Written(path=folder / "SPY.feather", truth=one(series))


def sheet(folder: Path, change: Callable[[pd.DataFrame, Series], pd.DataFrame], *, header: bool = True) -> Written:
    """A workbook of one sheet."""
    series = daily(36)
    whole = frame(series).rename(columns=str.lower)
    whole.insert(0, "date", series.times_N)
    change(whole, series).to_excel(folder / "bars.xlsx", index=False, header=header)
    return Written(path=folder / "bars.xlsx", truth=one(series), plain=header)


def _above(*rows: Sequence[object]) -> Callable[[pd.DataFrame, Series], pd.DataFrame]:
    return lambda whole, _: pd.DataFrame(
        [*map(list, rows), list(whole.columns), *whole.astype(object).to_numpy().tolist()]
    )


SHEETS: dict[str, tuple[Callable[[pd.DataFrame, Series], pd.DataFrame], bool]] = {
    "dates": (lambda whole, _: whole, True),
    "dates as text": (lambda whole, series: whole.assign(date=series.dates()), True),
    "German dates as text": (lambda whole, series: whole.assign(date=series.dates("%d.%m.%Y")), True),
    "prices as text": (lambda whole, series: whole.assign(close=series.texts("close", ",.2f")), True),
    "a title above": (_above(["Prices of Example AG"], []), False),
    "what was asked above": (_above(["Security", "EXA"], ["Period", "D"], [], ["as of 2020-01-01"]), False),
    "a source below": (
        lambda whole, _: pd.concat([whole.astype(object), pd.DataFrame({"date": ["Source: Example Exchange"]})]),
        True,
    ),
    "an empty column": (lambda whole, _: whole.assign(vwap=None), True),
    "a column of text": (lambda whole, _: whole.assign(note="checked"), True),
}


def sheet_of_symbols(folder: Path) -> Written:
    """Symbols that a program may take for something else, in cells of their own types."""
    bars = {name: daily(37 + n) for n, name in enumerate(("NA", "0001", "TRUE", "10107"))}
    whole = pd.concat([frame(b).assign(symbol=s, date=b.times_N) for s, b in bars.items()]).astype({"symbol": object})
    whole.loc[whole["symbol"] == "10107", "symbol"] = 10107
    whole.loc[whole["symbol"] == "TRUE", "symbol"] = True
    whole.to_excel(folder / "bars.xlsx", index=False)
    return Written(path=folder / "bars.xlsx", truth=Truth(bars=bars))


def sheet_beside_an_empty_one(folder: Path) -> Written:
    """Only one of the sheets holds anything."""
    written = sheet(folder, lambda whole, _: whole)
    with pd.ExcelWriter(written.path, mode="a") as book:
        pd.DataFrame().to_excel(book, sheet_name="Sheet2")
    return written


SHAPES: dict[str, Shape] = {
    **{f"Parquet: {name}": of(typed, columns) for name, columns in TYPED.items()},
    **{f"Excel: {name}": of(sheet, change, header=header) for name, (change, header) in SHEETS.items()},
    "Excel: symbols of several types": sheet_of_symbols,
    "Excel: beside an empty sheet": sheet_beside_an_empty_one,
    "Parquet: single precision": float_prices,
    "Parquet: volume beyond 2^53": huge_volume_in_parquet,
    "Parquet: symbol and date in the index": indexed,
    "Parquet: an index without a name": unnamed_index,
    "Parquet: two levels of names": two_levels,
    "Feather: dates as text": feather_with_text_dates,
}
