"""How text and frames are written."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from shapes.truth import OHLCV, Float, Series, Shape, Time, Truth, Written, days, hours, walk

NEW_YORK = "America/New_York"
MINUTE = np.timedelta64(60_000_000, "us")


def lines(columns: Sequence[Sequence[str]], sep: str = ",", *, newest_first: bool = False) -> list[str]:
    """Lines of columns of text; a cell that holds the separator or a quote is quoted."""
    out = io.StringIO()
    csv.writer(out, delimiter=sep, lineterminator="\n").writerows(zip(*columns, strict=True))
    rows = out.getvalue().splitlines()
    return rows[::-1] if newest_first else rows


def wrote(path: Path, rows: Iterable[str], truth: Truth, *, encoding: str = "utf-8", end: str = "\n") -> Written:
    """A text file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = end.join(rows) + end
    path.write_bytes(text.encode(encoding))
    headers = [{cell.strip('" ') for cell in re.split("[,;\t|]", line)} for line in re.split("[\r\n]+", text)[:20]]
    header = next((names for names in headers if {"date", "close"} <= names), set())
    plain = bool(header) and not header & {"time", "hour"}
    symbol = next((name for name in ("symbol", "ticker") if plain and name in header), None)
    return Written(path=path, truth=truth, plain=plain, symbol=symbol)


def texts(series: Series, names: Sequence[str] = OHLCV, form: str = ".2f") -> list[list[str]]:
    """Fields as text, volume without decimals."""
    return [series.texts(name, ".0f" if name == "volume" else form) for name in names]


def offsets(times_N: Time, zone: str) -> list[str]:
    """Clock times of a zone, written with their offsets, as pandas writes them."""
    return [str(time) for time in pd.DatetimeIndex(times_N).tz_localize(zone)]


def aware(times_N: Time, zone: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(times_N).tz_localize(zone)


def utc(times_N: Time, zone: str) -> Time:
    """Clock times of a zone in UTC."""
    return aware(times_N, zone).tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]")


def german(texts_N: Sequence[str]) -> list[str]:
    """1,234.56 becomes 1.234,56."""
    return [text.translate(str.maketrans(",.", ".,")) for text in texts_N]


def millions(values_N: Float) -> list[str]:
    """Volumes as 1.23M."""
    return [f"{value / 1e6:.2f}M" for value in values_N]


def session_hours(n_days: int = 60) -> Time:
    """Seven bars a session, on the clock of New York, over a change of that clock."""
    starts = days(n_days, "2024-09-03")
    return (starts[:, None] + MINUTE * (570 + 60 * np.arange(7))[None, :]).ravel()


HEADER = ("date", *OHLCV)
N = 220


def daily(seed: int = 0, **more: Any) -> Series:
    return walk(seed, times_N=days(N), **more)


def hourly(seed: int = 0, **more: Any) -> Series:
    return walk(seed, times_N=hours(N), **more)


def table(
    series: Series,
    *,
    dates: Sequence[str] | None = None,
    prices: Mapping[str, Sequence[str]] | None = None,
    header: Sequence[str] = HEADER,
    sep: str = ",",
) -> list[str]:
    """The lines of a plain file, some of its columns written otherwise."""
    written = prices or {}
    columns = [written.get(name) or texts(series, [name])[0] for name in OHLCV if name in series.fields]
    named = zip(header, [dates or series.dates(), *columns], strict=True)
    return lines([[name, *cells] for name, cells in named], sep)


def frame(series: Series) -> pd.DataFrame:
    """Columns as pandas has them."""
    return pd.DataFrame({name.capitalize(): values_N for name, values_N in series.fields.items()})


def of(write: Callable[..., Written], *values: Any, **named: Any) -> Shape:
    """A shape with its variant chosen."""
    return lambda folder: write(folder, *values, **named)
