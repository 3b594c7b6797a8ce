"""Dates and times in other forms."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from shapes.truth import OHLCV, Shape, Truth, Written, days, hours, one, walk
from shapes.writing import (
    MINUTE,
    N,
    aware,
    daily,
    hourly,
    lines,
    of,
    offsets,
    session_hours,
    table,
    texts,
    utc,
    wrote,
)

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


def open_beside_close_time(folder: Path) -> Written:
    """A bar is complete at its close time."""
    series = hourly(31)
    opens = series.at(series.times_N - 60 * MINUTE).dates("%Y-%m-%d %H:%M:%S")
    rows = lines([opens, series.dates("%Y-%m-%d %H:%M:%S"), *texts(series)])
    return wrote(folder / "bars.csv", ["open_time,close_time,open,high,low,close,volume", *rows], one(series))


def decided_late(folder: Path, form: str) -> Written:
    """Only the last rows tell days from months."""
    times_N = hours(12 * 24 * 8 + 200, "2021-03-01", step="450s")
    series = walk(34, times_N=times_N)
    return wrote(folder / "bars.csv", table(series, dates=series.dates(form)), one(series))


def hours_to_24(folder: Path) -> Written:
    """Hours from 1 to 24, each the end of a bar."""
    series = walk(35, times_N=hours(N, "2024-10-01 01:00"))
    start = series.at(series.times_N - 60 * MINUTE)
    ends = [str(int(hour) + 1) for hour in start.dates("%-H")]
    rows = lines([start.dates(), ends, *texts(series)])
    return wrote(folder / "bars.csv", ["date,hour,open,high,low,close,volume", *rows], one(series))


SHAPES: dict[str, Shape] = {
    **{f"date: {form}": of(dates, form) for form in DATES},
    **{f"period: {name}": of(periods, *values) for name, values in PERIODS.items()},
    **{f"time: {form}": of(stamps, form) for form in STAMPS},
    **{f"offset: {hour}": of(shifted, hour) for hour in OFFSETS},
    **{f"epoch: {name}": of(epochs, *values) for name, values in EPOCHS.items()},
    **{f"clock: {name}": of(clocks, *values) for name, values in CLOCKS.items()},
    "clock: hours from 0 to 23": hour_column,
    "clock: hours from 1 to 24": hours_to_24,
    "far behind: day first": of(decided_late, "%d/%m/%Y %H:%M:%S"),
    "far behind: month first": of(decided_late, "%m/%d/%Y %H:%M:%S"),
    "clock: before the date": clock_first,
    "midnights: of six exchanges": of(midnights, EXCHANGES, "space"),
    "midnights: with T": of(midnights, EXCHANGES, "T"),
    "midnights: offset without colon": of(midnights, EXCHANGES, "%Y-%m-%dT%H:%M:%S%z"),
    "midnights: of one exchange": midnights_of_one,
    "offset: two exchanges": hours_of_two_exchanges,
    "time: open beside close": open_beside_close_time,
}
