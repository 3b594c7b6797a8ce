"""Parquet, Feather and Excel as programs write them."""

from pathlib import Path

import numpy as np
import pandas as pd

from shapes.truth import Shape, Truth, Written, days, one, walk
from shapes.writing import (
    NEW_YORK,
    aware,
    frame,
)


def parquet_with_index(folder: Path) -> Written:
    """history().to_parquet(): the index has a zone, and is not a column of its own."""
    series = walk(90)
    table = frame(series).set_index(aware(series.times_N, NEW_YORK).rename("Date"))
    table.to_parquet(folder / "SPY.parquet")
    return Written(path=folder / "SPY.parquet", truth=one(series))


def parquet_long(folder: Path) -> Written:
    """Many symbols, categories, whole volumes, milliseconds."""
    bars = {"AAA": walk(91), "BBB": walk(92), "NA": walk(93)}
    table = pd.concat([
        frame(series).assign(symbol=symbol, timestamp=series.times_N.astype("datetime64[ms]"))
        for symbol, series in bars.items()
    ])  # fmt: skip
    table = table.assign(symbol=table["symbol"].astype("category"), Volume=table["Volume"].astype(np.int64))
    table.to_parquet(folder / "bars.parquet", index=False)
    return Written(path=folder / "bars.parquet", truth=Truth(bars=bars))


def parquet_wide(folder: Path) -> Written:
    """closes.to_parquet()."""
    bars = {symbol: walk(94 + n).only("close") for n, symbol in enumerate(("AAPL", "MSFT", "SPY"))}
    table = pd.DataFrame({s: b.fields["close"] for s, b in bars.items()}, index=pd.DatetimeIndex(days(), name="Date"))
    table.to_parquet(folder / "closes.parquet")
    return Written(path=folder / "closes.parquet", truth=Truth(bars=bars))


def feather(folder: Path) -> Written:
    """A frame in Feather."""
    series = walk(97)
    frame(series).assign(Date=series.times_N).to_feather(folder / "SPY.feather")
    return Written(path=folder / "SPY.feather", truth=one(series))


def excel(folder: Path) -> Written:
    """A sheet with dates as dates."""
    series = walk(98)
    table = frame(series)
    table.insert(0, "Date", series.times_N)
    table.to_excel(folder / "SPY.xlsx", index=False)
    return Written(path=folder / "SPY.xlsx", truth=one(series))


def excel_with_preamble(folder: Path) -> Written:
    """A terminal's sheet: what was asked for stands above, days are written as text."""
    series = walk(99, level=2_500)
    head = [["Security", "SPX Index"], ["Period", "D"], [], ["Date", "PX_LAST", "PX_VOLUME"]]
    rows = zip(series.dates("%d/%m/%Y"), series.fields["close"], series.fields["volume"], strict=True)
    table = pd.DataFrame([*head, *map(list, rows)])
    table.to_excel(folder / "spx.xlsx", index=False, header=False)
    truth = one(series.only("close", "volume"), aliases={"": ("SPX Index", "SPX")})
    return Written(path=folder / "spx.xlsx", truth=truth)


SHAPES: tuple[Shape, ...] = (parquet_with_index, parquet_long, parquet_wide, feather, excel, excel_with_preamble)
