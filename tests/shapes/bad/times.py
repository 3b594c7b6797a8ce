"""Dates and times that are none, or that nobody can tell."""

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from shapes.bad.base import FILES, INIT, LINE, ROW, Bad, cell, dated, rows, saved
from shapes.truth import days, hours, walk
from shapes.writing import (
    N,
    daily,
    hourly,
    lines,
    offsets,
    table,
    texts,
)

NO_DATES = {
    "month 13": "2019-13-03",
    "30 February": "2019-02-30",
    "empty": "",
    "a word": "yesterday",
    "a number": "17",
    "year 19": "0019-05-22",
    "year 1066": "1066-10-14",
    "year 2262": "2262-01-01",
    "year 9999": "9999-12-31",
    "another form": "22/05/2019",
    "a missing value": "NaT",
    "a range": "2019-05-20/2019-05-22",
    "a letter for a digit": "2O19-05-22",
    "an error of a spreadsheet": "########",
    "an offset beyond the earth": "2019-05-22T00:00:00+25:00",
}


def times() -> dict[str, Bad]:
    series = hourly(53)
    plain, utc = (
        series.dates("%Y-%m-%d %H:%M:%S"),
        [str(t) for t in pd.DatetimeIndex(series.times_N).tz_localize("UTC")],
    )
    found = {
        f"date: {name}": Bad(
            write=cell("date", text),
            says=(LINE, "date|year|offset"),
        )
        for name, text in NO_DATES.items()
    }
    for text in ("1899-12-30", "1900-01-01", "1970-01-01"):
        # What programs write for a day that they do not know stands out of order.
        found[f"date: zero is {text}"] = Bad(
            write=cell("date", text), says=(f"{LINE}|{text}", "order|sorted"), verbs=(INIT, FILES), told=text
        )
    mixture = "offset|zone|aware"
    for name, place in (("first", 0), ("in the middle", ROW - 1), ("last", N - 1)):
        one_naive = [p if n == place else u for n, (p, u) in enumerate(zip(plain, utc, strict=True))]
        one_aware = [u if n == place else p for n, (p, u) in enumerate(zip(plain, utc, strict=True))]
        says = (mixture, f"line {place + 2}")
        found[f"offset: missing {name}"] = Bad(write=dated(one_naive, series), says=says)
        found[f"offset: only {name}"] = Bad(write=dated(one_aware, series), says=says)
    for early, late in (("s", "ms"), ("ms", "us"), ("us", "ns"), ("ms", "s"), ("s", "ns")):
        for row in (2, ROW, N):
            mixed = [*series.epochs(early)[: row - 1], *series.epochs(late)[row - 1 :]]
            bad = Bad(
                write=dated(mixed, series),
                says=(f"line {row + 1}" if row > 2 else "line [23]", "unit|seconds|unix|epoch|scale|scaled"),
                settings={"date_format": f"unix_{early}"},
            )
            found[f"epoch: {early}, from row {row} on {late}"] = bad
    long = walk(54, times_N=hours(5_000))
    late_N = [*long.epochs("ms")[:4_000], *long.epochs("us")[4_000:]]
    found["epoch: ms, us far behind"] = Bad(
        write=dated(late_N, long), says=("line 4,?002", "unit|seconds|unix|epoch"), settings={"date_format": "unix_ms"}
    )
    zero = ["0" if n == ROW - 1 else text for n, text in enumerate(series.epochs("ms"))]
    found["epoch: a zero"] = Bad(
        write=dated(zero, series),
        says=(f"{LINE}|1970-01-01",),
        settings={"date_format": "unix_ms"},
        verbs=(INIT, FILES),
    )
    far_N = [*long.dates("%Y-%m-%d %H:%M:%S")[:-1], "2025-04-27 10:00:00+01:00"]
    found["offset: once, far behind"] = Bad(write=dated(far_N, long), says=("offset|zone|aware", "line 5,?001"))
    for right, wrong in (("s", "ms"), ("ms", "us"), ("us", "s"), ("ms", "s"), ("ns", "us")):
        found[f"epoch: {right} called {wrong}"] = Bad(
            write=dated(series.epochs(right), series),
            says=("line 2", "unix|second|date_format"),
            settings={"date_format": f"unix_{wrong}"},
            verbs=(FILES,),
        )
    return {**found, **other_times()}


def other_times() -> dict[str, Bad]:
    ahead = walk(55, times_N=days(N, "2097-01-02"))
    years_N = pd.date_range("1805-01-01", periods=N, freq="YS").to_numpy()
    both_ways = [f"04/05/{pd.Timestamp(t).year}" for t in years_N]
    exchanged = [t if int(t[8:]) > 12 else f"{t[:4]}-{t[8:]}-{t[5:7]}" for t in daily(50).dates()]
    clock = hourly(56)
    return {
        "date: the next century": Bad(
            write=dated(ahead.dates(), ahead), says=("2097", "future|now|later|today"), verbs=(INIT, FILES),
            told="future|beyond now|beyond today|not come|later than",
        ),
        "date: fits day first and month first": Bad(
            write=dated(both_ways, walk(57, times_N=years_N)), says=("%d/%m/%Y", "%m/%d/%Y", "data.date_format"), verbs=(INIT,)
        ),
        "date: days and months exchanged up to the twelfth": Bad(
            write=dated(exchanged), says=("line \\d+|2019-", "order|sorted|month"), verbs=(INIT, FILES)
        ),
        "date: all the same": Bad(write=dated(["2019-01-02"] * N), says=("2019-01-02", "twice|second|duplicate|same")),
        "date: a tenth of the days twice": Bad(
            write=dated([t if n % 10 else daily(50).dates()[n + 1] for n, t in enumerate(daily(50).dates())]),
            says=("2019-", "twice|second|duplicate|same"),
        ),
        "date: a clock of minute 75": Bad(write=clocks("%H%M", {ROW: "0975"}), says=(f"{LINE}|clock",), verbs=(INIT,)),
        "date: a clock of hour 99": Bad(write=clocks("%H%M", {ROW: "9900"}), says=(f"{LINE}|clock",), verbs=(INIT,)),
        "date: hour 25 of a day": Bad(
            write=clocks("%-H", {ROW: "25"}, name="hour"), says=(f"{LINE}|clock",), verbs=(INIT,)
        ),
        "date: an unknown zone": Bad(
            write=dated(clock.dates("%Y-%m-%d %H:%M"), clock), says=("Mars/Phobos", "time_zone"), verbs=(FILES,),
            settings={"time_zone": "Mars/Phobos"},
        ),
        "date: an hour that the clock never shows": Bad(
            write=dated(walk(58, times_N=hours(N, "2024-03-08")).dates("%Y-%m-%d %H:%M"), walk(58, times_N=hours(N, "2024-03-08"))),
            says=("2024-03-10", "time_zone|clock"), verbs=(FILES,), settings={"time_zone": "America/New_York"},
        ),
        "date: another form than the setting says": Bad(
            write=dated(daily(50).dates("%d.%m.%Y")), says=("line 2", "date_format"), verbs=(FILES,),
            settings={"date_format": "%m/%d/%Y"},
        ),
        "date: two files, one with offsets": Bad(
            write=naive_beside_aware, says=("offset|zone|aware", "AAA|BBB"), verbs=(INIT, FILES)
        ),
        "date: no column": Bad(
            write=saved([line.partition(",")[2] for line in rows()]), says=("date|time", "open"), settings={}
        ),
        "date: Saturdays among sessions": Bad(
            write=dated(saturdays()), says=("Saturday|weekend",), verbs=(INIT, FILES), told="Saturday|weekend"
        ),
        "date: a column of closes": Bad(
            write=saved(rows()), says=("close", "date|time"), verbs=(FILES,), settings={"time_column": "close"}
        ),
    }  # fmt: skip


def saturdays() -> list[str]:
    """Some Fridays a day late."""
    times_N = daily(50).times_N.copy()
    friday_N = (times_N.astype("datetime64[D]").astype(np.int64) + 3) % 7 == 4
    late = np.flatnonzero(friday_N)[::8]
    times_N[late] += np.timedelta64(1, "D")
    return daily(50).at(times_N).dates()


def clocks(form: str, spoilt: Mapping[int, str], name: str = "time") -> Callable[[Path], Path]:
    series = hourly(56)
    cells = [spoilt.get(n, text) for n, text in enumerate(series.dates(form), 1)]
    return saved([f"date,{name},open,high,low,close,volume", *lines([series.dates("%Y%m%d"), cells, *texts(series)])])


def naive_beside_aware(folder: Path) -> Path:
    series = hourly(53)
    saved(table(series, dates=series.dates("%Y-%m-%d %H:%M:%S")), "two/AAA.csv")(folder)
    saved(table(series, dates=offsets(series.times_N, "Asia/Tokyo")), "two/BBB.csv")(folder)
    return folder / "two" / "*.csv"
