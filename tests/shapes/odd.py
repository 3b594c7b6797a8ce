"""Honest files with one peculiarity each: every one says clearly what it means, and is read."""

import gzip
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from shapes.truth import OHLC, OHLCV, Float, Series, Shape, Truth, Written, days, hours, one, walk
from shapes.vendors import MINUTE, aware, frame, german, lines, offsets, session_hours, texts, utc, wrote

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


# --- Numbers ---------------------------------------------------------------------------------------------------------


def prices(folder: Path, form: Callable[[float], str], sep: str, level: float, decimals: int) -> Written:
    """Open, high, low and close in another form."""
    series = daily(1, level=level, decimals=decimals)
    written = {name: [form(value) for value in series.fields[name]] for name in OHLC}
    return wrote(folder / "bars.csv", table(series, prices=written, sep=sep), one(series))


def _comma(value: float) -> str:
    return german([f"{value:,.2f}"])[0]


NUMBERS: dict[str, tuple[Callable[[float], str], str, float, int]] = {
    # name: how a price is written, what separates the columns, the level of prices, their decimals
    "thousands by comma": (lambda v: f"{v:,.2f}", ",", 5_000, 2),
    "thousands by comma, millions": (lambda v: f"{v:,.2f}", ";", 5_000_000, 2),
    "thousands by comma, no decimals": (lambda v: f"{v:,.0f}", ",", 30_000_000, 0),
    "thousands by point, decimal comma": (_comma, ";", 5_000, 2),
    "decimal comma between quoted cells": (_comma, ",", 5_000, 2),
    "decimal comma and tabs": (_comma, "\t", 5_000, 2),
    "thousands by space": (lambda v: f"{v:,.2f}".replace(",", " "), ";", 5_000, 2),
    "thousands by space, decimal comma": (lambda v: _comma(v).replace(".", " "), ";", 5_000, 2),
    "thousands by no-break space": (lambda v: _comma(v).replace(".", "\u00a0"), ";", 5_000, 2),
    "thousands by narrow no-break space": (lambda v: _comma(v).replace(".", "\u202f"), ";", 5_000, 2),
    "thousands by apostrophe": (lambda v: f"{v:,.2f}".replace(",", "'"), ",", 5_000, 2),
    "thousands by typographic apostrophe": (lambda v: f"{v:,.2f}".replace(",", "’"), ";", 5_000, 2),
    "lakhs": (lambda v: f"{v // 1e5:.0f},{v % 1e5 // 1e3:02.0f},{v % 1e3:06.2f}", ",", 2_500_000, 2),
    "dollar before": (lambda v: f"${v:,.2f}", ",", 226, 2),
    "dollar and space": (lambda v: f"$ {v:.2f}", ",", 226, 2),
    "US$ before": (lambda v: f"US${v:,.2f}", ",", 5_000, 2),
    "euro behind": (lambda v: f"{_comma(v)} €", ";", 5_000, 2),
    "euro before": (lambda v: f"€{v:.2f}", ",", 226, 2),
    "pound before": (lambda v: f"£{v:,.2f}", ",", 5_000, 2),
    "yen without decimals": (lambda v: f"¥{v:,.0f}", ",", 30_000, 0),
    "rupee before": (lambda v: f"₹{v:,.2f}", ",", 5_000, 2),
    "won before": (lambda v: f"₩{v:,.0f}", ",", 60_000, 0),
    "real before, decimal comma": (lambda v: f"R$ {_comma(v)}", ";", 5_000, 2),
    "crowns behind": (lambda v: f"{_comma(v).replace('.', ' ')} kr", ";", 5_000, 2),
    "zloty behind": (lambda v: f"{_comma(v).replace('.', ' ')} zł", ";", 5_000, 2),
    "code before": (lambda v: f"USD {v:.2f}", ",", 226, 2),
    "code behind": (lambda v: f"{v:.2f} USD", ",", 226, 2),
    "francs and apostrophes": (lambda v: f"CHF {v:,.2f}".replace(",", "'"), ",", 5_000, 2),
    "powers of ten": (lambda v: f"{v:.6e}", ",", 226, 2),
    "powers of ten, capital": (lambda v: f"{v:.6E}", ",", 226, 2),
    "powers of ten, decimal comma": (lambda v: f"{v:.6E}".replace(".", ","), ";", 226, 2),
    "plus signs": (lambda v: f"+{v:.2f}", ",", 226, 2),
    "no zero before the point": (lambda v: f"{v:.4f}".lstrip("0"), ",", 0.5, 4),
    "point without decimals": (lambda v: f"{v:.0f}.", ",", 22_600, 0),
    "whole numbers": (lambda v: f"{v:.0f}", ",", 22_600, 0),
    "spaces around": (lambda v: f"  {v:.2f} ", ",", 226, 2),
    "all digits of a float": (lambda v: f"{v:.17g}", ",", 226, 2),
    "decimals as they come": (lambda v: f"{v:g}", ",", 226, 1),
    "three decimals after a comma, some below one": (lambda v: f"{v:.3f}".replace(".", ","), ";", 1, 3),
    "three decimals after a point": (lambda v: f"{v:.3f}", ",", 1.2, 3),
    "very small": (lambda v: f"{v:.10f}", ",", 1e-5, 10),
    "very large": (lambda v: f"{v:.0f}", ",", 1e12, 0),
}


def volumes(folder: Path, form: Callable[[float], str], sep: str, header: str) -> Written:
    """The volume in another form."""
    series = daily(2)
    cells = {"volume": [form(value) for value in series.fields["volume"]]}
    if sep == ";":
        cells |= {name: [f"{v:.2f}".replace(".", ",") for v in series.fields[name]] for name in OHLC}
    rows = table(series, prices=cells, sep=sep, header=("Date", "Open", "High", "Low", "Close", header))
    return wrote(folder / "bars.csv", rows, one(series))


VOLUMES: dict[str, tuple[Callable[[float], str], str, str]] = {
    "millions": (lambda v: f"{v / 1e6:.2f}M", ",", "Vol."),
    "millions and space": (lambda v: f"{v / 1e6:.2f} M", ",", "Volume"),
    "millions, small letter": (lambda v: f"{v / 1e6:.2f}m", ",", "Volume"),
    "thousands": (lambda v: f"{v / 1e3:.0f}K", ",", "Volume"),
    "thousands, small letter": (lambda v: f"{v / 1e3:.0f}k", ",", "Volume"),
    "billions": (lambda v: f"{v / 1e9:.5f}B", ",", "Volume"),
    "thousands and millions in turn": (
        lambda v: f"{v / 1e6:.2f}M" if v >= 1e6 else f"{v / 1e3:.0f}K",
        ",",
        "Vol.",
    ),
    "millions, decimal comma": (lambda v: f"{v / 1e6:.2f}M".replace(".", ","), ";", "Vol."),
    "with decimals": (lambda v: f"{v:.1f}", ",", "Volume"),
    "with thousands": (lambda v: f"{v:,.0f}", ",", "Volume"),
    "power of ten": (lambda v: f"{v:.4E}", ",", "Volume"),
}


def volume_with_holes(folder: Path, blank: str) -> Written:
    """Some volumes are not known."""
    series = daily(3)
    hole_N = np.arange(N) % 40 == 11
    fields = {**series.fields, "volume": np.where(hole_N, np.nan, series.fields["volume"])}
    cells = {"volume": [blank if hole else t for hole, t in zip(hole_N, series.texts("volume", ".0f"), strict=True)]}
    truth = one(Series(times_N=series.times_N, fields=fields))
    return wrote(folder / "bars.csv", table(series, prices=cells), truth)


BLANKS = ("", "-", "--", "N/A", "n/a", "NA", "null", "NaN", "#N/A", "None")


def huge_volume(folder: Path) -> Written:
    """Beyond the whole numbers that a float holds exactly: read as the nearest float."""
    series = daily(4)
    whole = [14_537_380_000_000_001 + n for n in range(N)]
    fields = {**series.fields, "volume": np.array(whole, dtype=np.float64)}
    rows = table(series, prices={"volume": [str(n) for n in whole]})
    return wrote(folder / "shib.csv", rows, one(Series(times_N=series.times_N, fields=fields)))


def changes(folder: Path, form: Callable[[float], str], factor: float) -> Written:
    """A column of signed numbers beside the prices."""
    series = daily(5)
    change_N = np.round(np.random.default_rng(5).normal(0, 1.5, N), 2)
    fields = {**series.fields, "change": change_N * factor}
    others = {"change": {"": change_N}}
    rows = [f"{row},{cell}" for row, cell in zip(table(series), ["change", *map(form, change_N)], strict=True)]
    return wrote(folder / "bars.csv", rows, one(Series(times_N=series.times_N, fields=fields), others=others))


CHANGES: dict[str, tuple[Callable[[float], str], float]] = {
    "percent": (lambda v: f"{v:.2f}%", 0.01),
    "percent and space": (lambda v: f"{v:.2f} %", 0.01),
    "parentheses": (lambda v: f"({-v:.2f})" if v < 0 else f"{v:.2f}", 1),
    "parentheses and dollar": (lambda v: f"($ {-v:.2f})" if v < 0 else f"$ {v:.2f}", 1),
    "dollar behind the sign": (lambda v: f"-${-v:.2f}" if v < 0 else f"${v:.2f}", 1),
    "minus behind": (lambda v: f"{-v:.2f}-" if v < 0 else f"{v:.2f}", 1),
    "typographic minus": (lambda v: f"{v:.2f}".replace("-", "\u2212"), 1),
}


# --- Symbols ---------------------------------------------------------------------------------------------------------


SYMBOLS: dict[str, tuple[str, ...]] = {
    "missing values of other programs": ("NA", "NULL", "nan", "None", "N-A"),
    "truths": ("TRUE", "FALSE", "True", "yes", "NO"),
    "leading zeros": ("0001", "0700", "2330", "00700"),
    "numbers": ("1", "2", "10"),
    "the same number, written otherwise": ("1", "1.0", "01"),
    "powers of ten": ("1e5", "1E5", "2E10"),
    "formulas": ("=cmd|' /C calc'!A0", "+A", "-B", "@C"),
    "other alphabets": ("株式", "Öl", "Газпром", "نفط"),
    "pictures": ("🚀", "💎"),
    "marks inside": ("BRK.B", "BF-B", "^GSPC", "EURUSD=X", "BTC/USDT", "M&M"),
    "spaces inside": ("BTC USD", "S&P 500"),
    "a comma inside": ("Foods, Inc.", "Steel, Ltd."),
    "quotes inside": ('A"B', "C'D"),
    "case alone": ("aa", "AA", "Aa"),
    "dates": ("2020-01-01", "MAR1", "DEC10"),
    "names of fields": ("OPEN", "LOW", "HIGH", "VOLUME"),
    "infinity": ("INF", "inf", "Infinity"),
    "other bases": ("0x10", "0b1", "1_000"),
}


def symbols(folder: Path, names: Sequence[str], *, parquet: bool = False) -> Written:
    """A long table of them."""
    bars = {name: walk(100 + n, times_N=days(N)) for n, name in enumerate(names)}
    if parquet:
        whole = pd.concat([frame(b).assign(symbol=name, date=b.times_N) for name, b in bars.items()])
        whole.to_parquet(folder / "bars.parquet", index=False)
        return Written(path=folder / "bars.parquet", truth=Truth(bars=bars))
    rows = [row for s, b in bars.items() for row in lines([[s] * N, b.dates(), *texts(b)])]
    return wrote(folder / "bars.csv", ["symbol,date,open,high,low,close,volume", *rows], Truth(bars=bars))


def symbols_by_date(folder: Path) -> Written:
    """One date after the other."""
    bars = {name: walk(110 + n, times_N=days(N)) for n, name in enumerate(("ZZZ", "AAA", "MMM"))}
    blocks = [lines([[s] * N, b.dates(), *texts(b)]) for s, b in bars.items()]
    rows = [row for block in zip(*blocks, strict=True) for row in block]
    return wrote(folder / "bars.csv", ["ticker,date,open,high,low,close,volume", *rows], Truth(bars=bars))


def symbols_as_integers(folder: Path) -> Written:
    """Numbers in Parquet."""
    bars = {name: walk(120 + n, times_N=days(N)) for n, name in enumerate(("10107", "14593"))}
    whole = pd.concat([frame(b).assign(permno=int(name), date=b.times_N) for name, b in bars.items()])
    whole.to_parquet(folder / "bars.parquet", index=False)
    return Written(path=folder / "bars.parquet", truth=Truth(bars=bars))


def symbols_wide(folder: Path) -> Written:
    """As names of columns."""
    bars = {s: walk(130 + n, times_N=days(N)).only("close") for n, s in enumerate(("NA", "0001", "TRUE", "1e5", "=A"))}
    rows = lines([bars["NA"].dates(), *(b.texts("close") for b in bars.values())])
    return wrote(folder / "closes.csv", ["Date,NA,0001,TRUE,1e5,=A", *rows], Truth(bars=bars))


# --- Dates -----------------------------------------------------------------------------------------------------------


DATES = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%-d.%-m.%Y", "%-m/%-d/%Y", "%-d/%-m/%Y", "%Y-%-m-%-d", "%d.%m.%y", "%m/%d/%y", "%d/%m/%y", "%d-%b-%Y"),
    *("%d-%b-%y", "%d %b %Y", "%b %d, %Y", "%b %-d, %Y", "%B %d, %Y", "%d %B %Y", "%-d %B %Y", "%a %b %d %Y"),
    *("%A, %B %d, %Y", "%a, %d %b %Y", "%Y-%m-%d 00:00:00", "%Y-%m-%dT00:00:00", "%Y-%m-%dT00:00:00Z"),
    *("%d%b%Y", "%Y-%b-%d", "%d.%m.%Y 00:00", "%m/%d/%Y 12:00:00 AM"),
)


def dates(folder: Path, form: str) -> Written:
    """Days in another form."""
    series = daily(6)
    return wrote(folder / "bars.csv", table(series, dates=series.dates(form)), one(series))


def periods(folder: Path, form: str, freq: str, start: str) -> Written:
    """Longer bars, dated by their first day."""
    times_N = pd.date_range(start, periods=N, freq=freq).to_numpy().astype("datetime64[us]")
    series = walk(7, times_N=times_N)
    return wrote(folder / "bars.csv", table(series, dates=series.dates(form)), one(series))


PERIODS: dict[str, tuple[str, str, str]] = {
    "months, day first": ("%d/%m/%Y", "MS", "1999-01-01"),
    "months, month first": ("%m/%d/%Y", "MS", "1999-01-01"),
    "months, the fifth, day first": ("%d.%m.%Y", "MS", "1999-01-01"),
    "months without a day": ("%Y-%m", "MS", "1999-01-01"),
    "months by name": ("%b %Y", "MS", "1999-01-01"),
    "quarters, day first": ("%d/%m/%Y", "QS", "1950-01-01"),
    "quarters, month first": ("%m/%d/%Y", "QS", "1950-01-01"),
    "weeks, day first": ("%d/%m/%Y", "W-FRI", "2010-01-01"),
    "years, the same either way": ("%d/%m/%Y", "YS", "1805-01-01"),
}


# --- Times -----------------------------------------------------------------------------------------------------------


def stamps(folder: Path, form: str) -> Written:
    """Moments of UTC in another form."""
    series = hourly(8)
    return wrote(folder / "bars.csv", table(series, dates=series.dates(form)), one(series))


STAMPS = (
    *("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S.000", "%Y-%m-%d %H:%M:%S.000000", "%Y%m%d %H%M%S"),
    *("%Y%m%d %H:%M:%S", "%Y%m%dT%H%M%S", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S", "%m/%d/%Y %H:%M"),
    *("%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%-m/%-d/%Y %-H:%M", "%Y.%m.%d %H:%M:%S", "%d-%b-%Y %H:%M"),
    *("%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S+00:00", "%Y-%m-%dT%H:%M:%S+0000", "%Y-%m-%d %H:%M:%S UTC"),
    *("%Y-%m-%d %H:%M:%S GMT", "%Y-%m-%dT%H:%M:%S.000Z", "%d.%m.%Y %H:%M:%S.000"),
)


def shifted(folder: Path, hour: str) -> Written:
    """Moments of a clock that is ahead or behind, written with its offset."""
    series = hourly(9)
    sign = -1 if hour[0] == "-" else 1
    ahead = sign * (int(hour[1:3]) * 60 + int(hour[-2:] if len(hour) > 3 else 0)) * MINUTE
    local = series.at(series.times_N + ahead).dates("%Y-%m-%dT%H:%M:%S")
    return wrote(folder / "bars.csv", table(series, dates=[text + hour for text in local]), one(series))


OFFSETS = ("+01:00", "-05:00", "+0530", "+05:45", "-03:30", "+09", "+14:00")

EXCHANGES = {
    "TYO": "Asia/Tokyo",
    "FRA": "Europe/Berlin",
    "NYC": "America/New_York",
    "SYD": "Australia/Sydney",
    "BOM": "Asia/Kolkata",
    "SAO": "America/Sao_Paulo",
}


def midnights(folder: Path, zones: Mapping[str, str], form: str) -> Written:
    """Midnights of every exchange's own clock are its session dates."""
    bars = {name: walk(140 + n, times_N=days(N)) for n, name in enumerate(zones)}
    rows = []
    for name, series in bars.items():
        moments = aware(series.times_N, zones[name])
        written = [str(t) if form == "space" else t.isoformat() if form == "T" else t.strftime(form) for t in moments]
        rows += lines([[name] * N, written, *texts(series)])
    return wrote(folder / "world.csv", ["symbol,date,open,high,low,close,volume", *rows], Truth(bars=bars))


def midnights_of_one(folder: Path) -> Written:
    series = daily(10)
    rows = table(series, dates=offsets(series.times_N, "Asia/Tokyo"))
    return wrote(folder / "tokyo.csv", rows, one(series))


def hours_of_two_exchanges(folder: Path) -> Written:
    """Moments with offsets of their own are moments of UTC."""
    clock_N = session_hours(35)
    zones = {"FRA": "Europe/Berlin", "NYC": "America/New_York"}
    bars = {name: walk(150 + n, times_N=utc(clock_N, zone)) for n, (name, zone) in enumerate(zones.items())}
    rows = [row for name, b in bars.items()
            for row in lines([[name] * len(clock_N), offsets(clock_N, zones[name]), *texts(b)])]  # fmt: skip
    return wrote(folder / "two.csv", ["symbol,date,open,high,low,close,volume", *rows], Truth(bars=bars))


def epochs(folder: Path, unit: str, form: str, name: str, start: str) -> Written:
    """Numbers since 1970."""
    series = walk(11, times_N=hours(N, start))
    cells = [form.format(int(text)) for text in series.epochs(unit)]
    return wrote(folder / "bars.csv", table(series, dates=cells, header=(name, *OHLCV)), one(series))


EPOCHS: dict[str, tuple[str, str, str, str]] = {
    "seconds": ("s", "{}", "timestamp", "2024-10-01"),
    "milliseconds": ("ms", "{}", "timestamp", "2024-10-01"),
    "microseconds": ("us", "{}", "timestamp", "2024-10-01"),
    "nanoseconds": ("ns", "{}", "timestamp", "2024-10-01"),
    "seconds with a point": ("s", "{}.0", "time", "2024-10-01"),
    "milliseconds with a point": ("ms", "{}.0", "time", "2024-10-01"),
    "seconds of the nineties": ("s", "{}", "unix", "1996-03-01"),
    "seconds of the seventies": ("s", "{}", "unix", "1975-03-01"),
    "milliseconds of 1999": ("ms", "{}", "date", "1999-03-01"),
}


def clocks(folder: Path, day: str, clock: str, names: tuple[str, str]) -> Written:
    """Date and clock in two columns."""
    series = walk(12, times_N=session_hours(35))
    rows = lines([series.dates(day), series.dates(clock), *texts(series)])
    return wrote(folder / "bars.csv", [",".join([*names, *OHLCV]), *rows], one(series))


CLOCKS: dict[str, tuple[str, str, tuple[str, str]]] = {
    "09:30:00": ("%Y-%m-%d", "%H:%M:%S", ("Date", "Time")),
    "09:30": ("%Y-%m-%d", "%H:%M", ("date", "time")),
    "9:30": ("%m/%d/%Y", "%-H:%M", ("Date", "Time")),
    "093000": ("%Y%m%d", "%H%M%S", ("date", "time")),
    "93000": ("%Y%m%d", "%-H%M%S", ("date", "time")),
    "0930": ("%Y%m%d", "%H%M", ("DATE", "TIME")),
    "930": ("%Y-%m-%d", "%-H%M", ("Date", "Time")),
    "9:30 AM": ("%m/%d/%Y", "%-I:%M %p", ("Date", "Time")),
    "09:30:00.000": ("%d.%m.%Y", "%H:%M:%S.000", ("Date", "Time")),
    "German names": ("%d.%m.%Y", "%H:%M", ("Datum", "Uhrzeit")),
}


def hour_column(folder: Path) -> Written:
    """Hours from 0 to 23."""
    series = hourly(13)
    rows = lines([series.dates(), series.dates("%-H"), *texts(series)])
    return wrote(folder / "bars.csv", ["date,hour,open,high,low,close,volume", *rows], one(series))


def clock_first(folder: Path) -> Written:
    """The clock stands before the date."""
    series = walk(14, times_N=session_hours(35))
    rows = lines([series.dates("%H:%M"), series.dates(), *texts(series)])
    return wrote(folder / "bars.csv", ["time,date,open,high,low,close,volume", *rows], one(series))


# --- Text files ------------------------------------------------------------------------------------------------------


def coded(folder: Path, encoding: str, end: str) -> Written:
    """German names and decimal commas in another encoding."""
    series = daily(15)
    cells = {name: [f"{v:.2f}".replace(".", ",") for v in series.fields[name]] for name in OHLC}
    header = ("Datum", "Eröffnung", "Hoch", "Tief", "Schluss", "Stück")
    rows = table(series, prices=cells, header=header, sep=";")
    return wrote(folder / "kurse.csv", rows, one(series), encoding=encoding, end=end)


CODED: dict[str, tuple[str, str]] = {
    "UTF-8 with a mark": ("utf-8-sig", "\n"),
    "UTF-16": ("utf-16", "\r\n"),
    "Windows": ("cp1252", "\r\n"),
    "Latin": ("latin-1", "\n"),
    "carriage returns alone": ("utf-8", "\r"),
    "carriage returns and line feeds": ("utf-8", "\r\n"),
}


def edited(folder: Path, edit: Callable[[list[str]], list[str]], name: str = "bars.csv") -> Written:
    """Lines that other programs add."""
    series = daily(16)
    return wrote(folder / name, edit(table(series)), one(series))


def _with(position: int, *rows: str) -> Callable[[list[str]], list[str]]:
    return lambda lines: [*lines[:position], *rows, *lines[position:]]


END = N + 1
EDITS: dict[str, Callable[[list[str]], list[str]]] = {
    "sep=,": _with(0, "sep=,"),
    "a title": _with(0, "Daily prices of Example AG"),
    "a title and an empty line": _with(0, "Daily prices of Example AG", ""),
    "a title that is padded": _with(0, "Example AG,,,,,"),
    "five lines of what was asked": _with(0, "Ticker:,EXA", "From:,2019-01-02", "To:,2019-11-05", "Currency:,EUR", ""),
    "comments": _with(0, "# downloaded on 2020-01-01", "# prices are not adjusted"),
    "an address": _with(0, "https://www.example.com/prices"),
    "empty lines before": _with(0, "", ""),
    "empty lines between": _with(100, "", ""),
    "empty lines at the end": _with(END, "", "", ""),
    "lines of separators at the end": _with(END, ",,,,,", ",,,,,"),
    "a source at the end": _with(END, "Source: Example Exchange"),
    "a padded source at the end": _with(END, "Source: Example Exchange,,,,,"),
    "an empty line and a source at the end": _with(END, "", "Source: Example Exchange"),
    "three lines at the end": _with(END, "", "Copyright Example Exchange", "All rights reserved"),
    "a quoted disclaimer at the end": _with(END, '"No warranty, of any kind, is given"'),
    "the header again in the middle": lambda rows: [*rows[:100], rows[0], *rows[100:]],
    "the header again three times": lambda rows: [
        *rows[:50],
        rows[0],
        *rows[50:90],
        rows[0],
        *rows[90:150],
        rows[0],
        *rows[150:],
    ],
    "a separator behind every line": lambda rows: [row + "," for row in rows],
    "a separator behind every line but the header": lambda rows: [rows[0], *(row + "," for row in rows[1:])],
    "two empty columns": lambda rows: [row + ",," for row in rows],
    "everything quoted": lambda rows: [",".join(f'"{cell}"' for cell in row.split(",")) for row in rows],
    "spaces behind commas": lambda rows: [row.replace(",", ", ") for row in rows],
    "spaces before commas": lambda rows: [row.replace(",", " ,") for row in rows],
    "newest first": lambda rows: [rows[0], *rows[:0:-1]],
    "bars": lambda rows: [row.replace(",", "|") for row in rows],
    "tabs": lambda rows: [row.replace(",", "\t") for row in rows],
    "capitals": lambda rows: [rows[0].upper(), *rows[1:]],
    "units in the names": lambda rows: ["Date,Open (USD),High (USD),Low (USD),Close (USD),Volume [shares]", *rows[1:]],
    "names with the word price": lambda rows: ["Date,OpenPrice,HighPrice,LowPrice,ClosePrice,Volume", *rows[1:]],
    "names of quantmod": lambda rows: ['"","SPY.Open","SPY.High","SPY.Low","SPY.Close","SPY.Volume"', *rows[1:]],
    "a counter first": lambda rows: ["," + rows[0], *(f"{n},{row}" for n, row in enumerate(rows[1:]))],
    "a column of text": lambda rows: [rows[0] + ",note", *(row + ",checked" for row in rows[1:])],
    "a column of text with commas": lambda rows: [rows[0] + ",note", *(row + ',"a, b"' for row in rows[1:])],
    "a column of text with line ends": lambda rows: [rows[0] + ",note", *(row + ',"a\nb"' for row in rows[1:])],
    "a column of truths": lambda rows: [rows[0] + ",is_open", *(row + ",True" for row in rows[1:])],
    "a column that is empty": lambda rows: [rows[0] + ",vwap", *(row + "," for row in rows[1:])],
    "an exact repetition of a line": lambda rows: [*rows, rows[-1]],
    "no header": lambda rows: rows[1:],
    "names in French": lambda rows: ["Date,Ouverture,Plus haut,Plus bas,Clôture,Volume", *rows[1:]],
    "names in Spanish": lambda rows: ["Fecha,Apertura,Máximo,Mínimo,Cierre,Volumen", *rows[1:]],
    "names in Italian": lambda rows: ["Data,Apertura,Massimo,Minimo,Chiusura,Volume", *rows[1:]],
}


def named(folder: Path, name: str) -> Written:
    """A name that other programs stumble over."""
    series = daily(17)
    return wrote(folder / name, table(series, sep="\t" if name.endswith(".tsv") else ","), one(series))


NAMES = (
    "bars[1].csv",
    "BARS.CSV",
    "bars",
    "bars.txt",
    "bars.tsv",
    "my bars (2).csv",
    "кот.csv",
    "SPY.US.csv",
    "a.b.dat",
)


def packed(folder: Path, encoding: str) -> Written:
    """Compressed."""
    written = edited(folder, list, "bars.csv")
    path = folder / "bars.csv.gz"
    path.write_bytes(gzip.compress(written.path.read_text().encode(encoding)))
    written.path.unlink()
    return Written(path=path, truth=written.truth)


# --- Several files ---------------------------------------------------------------------------------------------------


def mixed_endings(folder: Path) -> Written:
    """One file a symbol, of several kinds."""
    bars = {"AAA": daily(18), "BBB": daily(19), "CCC": daily(20)}
    place = folder / "stocks"
    wrote(place / "AAA.csv", table(bars["AAA"]), one(bars["AAA"]))
    (place / "BBB.csv.gz").write_bytes(gzip.compress("\n".join(table(bars["BBB"])).encode()))
    frame(bars["CCC"]).rename(columns=str.lower).assign(date=days(N)).to_parquet(place / "CCC.parquet", index=False)
    return Written(path=place, truth=Truth(bars=bars))


def one_file_a_year(folder: Path) -> Written:
    """The symbols stand in the files."""
    bars = {"AAA": walk(21, times_N=days(500)), "BBB": walk(22, times_N=days(500))}
    for year in (2019, 2020):
        rows = []
        for name, series in bars.items():
            part = series.take(series.times_N.astype("datetime64[Y]") == np.datetime64(str(year)))
            rows += lines([[name] * len(part.times_N), part.dates(), *texts(part)])
        wrote(folder / "years" / f"{year}.csv", ["symbol,date,open,high,low,close,volume", *rows], one(bars["AAA"]))
    ours = {n: b.take(b.times_N < np.datetime64("2021-01-01")) for n, b in bars.items()}
    return Written(path=folder / "years", truth=Truth(bars=ours))


def other_order_of_columns(folder: Path) -> Written:
    """The same columns in another order in every file."""
    bars = {"AAA": daily(23), "BBB": daily(24)}
    wrote(folder / "two" / "AAA.csv", table(bars["AAA"]), one(bars["AAA"]))
    rows = lines([bars["BBB"].dates(), *texts(bars["BBB"], OHLCV[::-1])])
    wrote(folder / "two" / "BBB.csv", [",".join(["date", *OHLCV[::-1]]), *rows], one(bars["BBB"]))
    return Written(path=folder / "two" / "*.csv", truth=Truth(bars=bars))


# --- Parquet, Feather ------------------------------------------------------------------------------------------------


def typed(folder: Path, columns: Mapping[str, Any], fields: Mapping[str, Float] | None = None) -> Written:
    """Columns of other types in Parquet."""
    series = daily(25)
    arrays = {"date": pa.array(series.times_N), **{name: pa.array(v) for name, v in series.fields.items()}}
    made = {name: made(series) if callable(made) else made for name, made in columns.items()}
    pq.write_table(pa.table({**arrays, **made}), folder / "bars.parquet")
    truth = one(Series(times_N=series.times_N, fields={**series.fields, **(fields or {})}))
    return Written(path=folder / "bars.parquet", truth=truth)


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


def adjusted_only(folder: Path) -> Written:
    """The only price is an adjusted one."""
    series = daily(30).only("close", "volume")
    rows = lines([series.dates(), *texts(series, ("close", "volume"))])
    return wrote(folder / "SPY.csv", ["Date,Adj Close,Volume", *rows], one(series))


def open_beside_close_time(folder: Path) -> Written:
    """A bar is complete at its close time."""
    series = hourly(31)
    opens = series.at(series.times_N - 60 * MINUTE).dates("%Y-%m-%d %H:%M:%S")
    rows = lines([opens, series.dates("%Y-%m-%d %H:%M:%S"), *texts(series)])
    return wrote(folder / "bars.csv", ["open_time,close_time,open,high,low,close,volume", *rows], one(series))


def market_value_beside_the_price(folder: Path) -> Written:
    """coinmarketcap: a price with a sign between what is no price."""
    series = daily(32).only("close", "volume")
    cells = [[f"${v * 19e6:,.0f}" for v in series.fields["close"]], [f"${v:,.0f}" for v in series.fields["volume"]]]
    rows = lines([series.dates("%b %d, %Y"), *cells, [f"${v:,.2f}" for v in series.fields["close"]]])
    return wrote(folder / "btc.csv", ["Date,Market Cap,Volume,Close", *rows], one(series))


def _of(write: Callable[..., Written], *values: Any, **named: Any) -> Shape:
    return lambda folder: write(folder, *values, **named)


def _shapes() -> dict[str, Shape]:
    made: dict[str, Shape] = {
        **{f"number: {name}": _of(prices, *values) for name, values in NUMBERS.items()},
        **{f"volume: {name}": _of(volumes, *values) for name, values in VOLUMES.items()},
        **{f"volume missing: {blank or 'empty'}": _of(volume_with_holes, blank) for blank in BLANKS},
        **{f"change: {name}": _of(changes, *values) for name, values in CHANGES.items()},
        **{f"symbols: {name}": _of(symbols, names) for name, names in SYMBOLS.items()},
        **{f"date: {form}": _of(dates, form) for form in DATES},
        **{f"period: {name}": _of(periods, *values) for name, values in PERIODS.items()},
        **{f"time: {form}": _of(stamps, form) for form in STAMPS},
        **{f"offset: {hour}": _of(shifted, hour) for hour in OFFSETS},
        **{f"epoch: {name}": _of(epochs, *values) for name, values in EPOCHS.items()},
        **{f"clock: {name}": _of(clocks, *values) for name, values in CLOCKS.items()},
        **{f"encoding: {name}": _of(coded, *values) for name, values in CODED.items()},
        **{f"lines: {name}": _of(edited, edit) for name, edit in EDITS.items()},
        **{f"file name: {name}": _of(named, name) for name in NAMES},
        **{f"Parquet: {name}": _of(typed, columns) for name, columns in TYPED.items()},
        "symbols: in Parquet": _of(symbols, ("NA", "0001", "TRUE"), parquet=True),
        "midnights: of six exchanges": _of(midnights, EXCHANGES, "space"),
        "midnights: with T": _of(midnights, EXCHANGES, "T"),
        "midnights: offset without colon": _of(midnights, EXCHANGES, "%Y-%m-%dT%H:%M:%S%z"),
        "packed: UTF-8": _of(packed, "utf-8"),
        "packed: UTF-16": _of(packed, "utf-16"),
    }
    single = (
        *(huge_volume, symbols_by_date, symbols_as_integers, symbols_wide, midnights_of_one, hours_of_two_exchanges),
        *(hour_column, clock_first, mixed_endings, one_file_a_year, other_order_of_columns, float_prices),
        *(huge_volume_in_parquet, indexed, unnamed_index, two_levels, feather_with_text_dates, adjusted_only),
        *(open_beside_close_time, market_value_beside_the_price),
    )
    return made | {shape.__name__.replace("_", " "): shape for shape in single}


ODD = _shapes()
MAY_ASK = frozenset({"lines: names in French", "lines: names in Spanish", "lines: names in Italian"})
"""Where a question is as good as an answer."""
