"""Files that nobody can read without guessing: each ends in one line that says where, what, and what to do.

A file is tried by `init`, by a run with `data=files` and by `leaktest --table`; `says` are the parts of the line,
alternatives between bars. Where the bars may also be read with a plain word about them, `told` is that word.
"""

import datetime as dt
import gzip
import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq

from shapes.odd import N, daily, table
from shapes.truth import OHLC, OHLCV, Series, Time, days, hours, walk
from shapes.vendors import frame, lines, offsets, texts

INIT, FILES, LEAKTEST = "init", "files", "leaktest"
EVERY = (INIT, FILES, LEAKTEST)
ROW = 100
"""The row that is spoilt, counted from 1; it is line 101."""
LINE = f"line {ROW + 1}"
REMEDY = (
    "needs|must|data\\.[a-z_]+|mend|drop|rename|give|set |name |choose|write|keep|sort|unpack|add|say|use|split|save|export|remove|join|"
    "check|quote|fill|put|take|convert|close|repair|call|see|download"
)


@dataclass(frozen=True, kw_only=True)
class Bad:
    """One file.

    write     writes it into a folder and says how a user would name it
    says      parts of the line, each with alternatives between bars
    verbs     who has to refuse it
    settings  of `data=files` beside those that fit the plain table
    symbol    column of the symbols, as `leaktest` and the settings have it
    told      what a reading says of it where it is allowed to go on
    """

    write: Callable[[Path], Path]
    says: tuple[str, ...]
    verbs: tuple[str, ...] = EVERY
    settings: Mapping[str, Any] = field(default_factory=dict)
    symbol: str | None = None
    target: str = "close"
    told: str | None = None


def rows() -> list[str]:
    """A plain file, all of it right."""
    return table(daily(50))


def saved(content: bytes | str | Sequence[str], name: str = "bars.csv") -> Callable[[Path], Path]:
    """Writes a file of this content."""

    def write(folder: Path) -> Path:
        data = content if isinstance(content, bytes | str) else "\n".join(content) + "\n"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return path

    return write


def cell(column: str, text: str, row: int = ROW) -> Callable[[Path], Path]:
    """A plain file with one cell replaced."""
    return saved(with_cell(rows(), column, text, row))


def with_cell(whole: Sequence[str], column: str, text: str, row: int = ROW) -> list[str]:
    cells = whole[row].split(",")
    cells[whole[0].split(",").index(column)] = text
    return [*whole[:row], ",".join(cells), *whole[row + 1 :]]


def each(column: str, change: Callable[[int, str], str]) -> Callable[[Path], Path]:
    """A plain file with one column changed: (row, text) -> text."""
    whole = rows()
    place = whole[0].split(",").index(column)
    changed = [whole[0]]
    for number, line in enumerate(whole[1:], 1):
        cells = line.split(",")
        cells[place] = change(number, cells[place])
        changed.append(",".join(cells))
    return saved(changed)


def dated(texts_N: Sequence[str], series: Series | None = None, name: str = "bars.csv") -> Callable[[Path], Path]:
    """A plain file with other dates."""
    return saved(table(series or daily(50), dates=texts_N), name)


# --- Numbers ---------------------------------------------------------------------------------------------------------

NO_NUMBERS = {
    "a word": "n/k",
    "two points": "1.2.3",
    "a letter behind": "12a",
    "groups of one digit": '"1,2,3"',
    "infinity": "inf",
    "minus infinity": "-Infinity",
    "beyond floats": "1e999",
    "another base": "0x1F",
    "a fraction": "99 1/2",
    "an error of a spreadsheet": "#REF!",
    "a division by zero": "#DIV/0!",
    "a formula": "=A1*2",
    "a date": "2019-05-01",
    "a clock": "12:30",
    "a truth": "True",
    "a range": "99-101",
    "two numbers": "99.1 99.2",
    "an asterisk": "99.1*",
    "a question mark": "?",
    "a comparison": ">99",
    "a sign alone": "+",
    "two signs": "--5",
    "an exponent alone": "e5",
    "a currency alone": "$",
    "an unknown unit": "99 apples",
    "a NUL": "99\x00",
    "a bracket that stays open": "(99.1",
    "digits without end": "9" * 200_000,
}


def numbers() -> dict[str, Bad]:
    found = {
        f"number: {name}": Bad(write=cell("close", text), says=(LINE, "close")) for name, text in NO_NUMBERS.items()
    }
    mixed = Bad(write=mixed_marks, says=(LINE, "close|1.234,56"))
    return {
        **found,
        "number: comma and point in turn": mixed,
        "number: point among decimal commas": Bad(write=point_among_commas, says=(LINE, "5432.10"), settings=GERMAN),
        "number: two currencies": Bad(write=two_currencies, says=(LINE, "€|EUR|currenc")),
        "number: all close to zero": Bad(write=each("close", tiny), says=("close|open|low",), verbs=(INIT, FILES)),
        "number: beyond all markets": Bad(write=all_prices(lambda v: v * 1e300), says=("close|open|high|low|beyond",)),
        "number: words for every close": Bad(
            write=each("close", lambda _, text: f"about {text}"), says=("close", "line 2|no number|cannot be read")
        ),
        "number: three digits behind a comma": Bad(
            write=ambiguous_thousands, says=("1,\\d{3}", "decimal|thousand|data.decimal"), verbs=(INIT,)
        ),
    }


GERMAN = {"decimal": ","}


def tiny(row: int, text: str) -> str:
    return f"{float(text) * 1e-320:.3e}"


def all_prices(change: Callable[[float], float]) -> Callable[[Path], Path]:
    series = daily(50)
    written = {name: [f"{change(v):.6e}" for v in series.fields[name]] for name in OHLC}
    return saved(table(series, prices=written))


def mixed_marks(folder: Path) -> Path:
    """1,234.56 throughout, and 1.234,56 once."""
    series = daily(51, level=5_000)
    written = {name: [f"{v:,.2f}" for v in series.fields[name]] for name in OHLC}
    written["close"][ROW - 1] = "1.234,56"
    return saved(table(series, prices=written))(folder)


def point_among_commas(folder: Path) -> Path:
    """1.234,56 throughout, and 5432.10 once."""
    series = daily(51, level=5_000)
    written = {name: [f"{v:.2f}".replace(".", ",") for v in series.fields[name]] for name in OHLC}
    written["close"][ROW - 1] = "5432.10"
    return saved(table(series, prices=written, sep=";"))(folder)


def two_currencies(folder: Path) -> Path:
    series = daily(51)
    written = {name: [f"${v:.2f}" for v in series.fields[name]] for name in OHLC}
    written["close"][ROW - 1] = written["close"][ROW - 1].replace("$", "€")
    return saved(table(series, prices=written))(folder)


def ambiguous_thousands(folder: Path) -> Path:
    """1,234 everywhere: a thousand or one and a bit?"""
    series = daily(52, level=1_900, decimals=0)
    written = {name: [f"{v / 1_000:.3f}".replace(".", ",") for v in series.fields[name]] for name in OHLC}
    return saved(table(series, prices=written, sep=";"))(folder)


# --- Dates and times -------------------------------------------------------------------------------------------------

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
        f"date: {name}": Bad(write=cell("date", text), says=(LINE, "date|year")) for name, text in NO_DATES.items()
    }
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
    for right, wrong in (("s", "ms"), ("ms", "us"), ("us", "s"), ("ms", "s"), ("ns", "us")):
        found[f"epoch: {right} called {wrong}"] = Bad(
            write=dated(series.epochs(right), series),
            says=("line 2", "unix|second|date_format"),
            settings={"date_format": f"unix_{wrong}"},
            verbs=(FILES,),
        )
    return {**found, **other_times()}


def hourly(seed: int) -> Series:
    return walk(seed, times_N=hours(N))


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
            write=dated(both_ways, walk(57, times_N=years_N)), says=("day", "month", "data.date_format"), verbs=(INIT,)
        ),
        "date: days and months exchanged up to the twelfth": Bad(
            write=dated(exchanged), says=("line \\d+|2019-", "order|sorted|month"), verbs=(INIT, FILES)
        ),
        "date: all the same": Bad(write=dated(["2019-01-02"] * N), says=("2019-01-02", "twice|duplicate|same")),
        "date: a tenth of the days twice": Bad(
            write=dated([t if n % 10 else daily(50).dates()[n + 1] for n, t in enumerate(daily(50).dates())]),
            says=("2019-", "twice|duplicate|same"),
        ),
        "date: a clock of minute 75": Bad(write=clocks("%H%M", {ROW: "0975"}), says=(LINE, "0975|975"), verbs=(INIT,)),
        "date: a clock of hour 99": Bad(write=clocks("%H%M", {ROW: "9900"}), says=(LINE, "9900"), verbs=(INIT,)),
        "date: hour 25 of a day": Bad(
            write=clocks("%-H", {ROW: "25"}, name="hour"), says=(LINE, "25"), verbs=(INIT,)
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
        "date: a column of closes": Bad(
            write=saved(rows()), says=("close", "date|time"), verbs=(FILES,), settings={"time_column": "close"}
        ),
    }  # fmt: skip


def clocks(form: str, spoilt: Mapping[int, str], name: str = "time") -> Callable[[Path], Path]:
    series = hourly(56)
    cells = [spoilt.get(n, text) for n, text in enumerate(series.dates(form), 1)]
    return saved([f"date,{name},open,high,low,close,volume", *lines([series.dates("%Y%m%d"), cells, *texts(series)])])


def naive_beside_aware(folder: Path) -> Path:
    series = hourly(53)
    saved(table(series, dates=series.dates("%Y-%m-%d %H:%M:%S")), "two/AAA.csv")(folder)
    saved(table(series, dates=offsets(series.times_N, "Asia/Tokyo")), "two/BBB.csv")(folder)
    return folder / "two" / "*.csv"


# --- Headers, columns and lines --------------------------------------------------------------------------------------


def renamed(**names: str) -> Callable[[Path], Path]:
    """A plain file with other names of columns."""
    whole = rows()
    header = ",".join(names.get(name, name) for name in whole[0].split(","))
    return saved([header, *whole[1:]])


def line(text: str, row: int = ROW) -> Callable[[Path], Path]:
    """A plain file with one line replaced."""
    whole = rows()
    return saved([*whole[:row], text, *whole[row + 1 :]])


def structures() -> dict[str, Bad]:
    whole = rows()
    short = whole[ROW].rpartition(",")[0]
    shorter = whole[ROW].replace(",", "", 1)
    text = ("\n".join(whole) + "\n").encode()
    packed = gzip.compress(text)
    wide = [",".join(["date", *(f"S{n}" for n in range(10_500))]), *(d + ",1" * 10_500 for d in daily(50).dates()[:3])]
    return {
        "columns: two closes": Bad(write=renamed(volume="close"), says=("close", "two|twice|both|second|equal|same")),
        "columns: close and Close": Bad(write=renamed(volume="Close"), says=("close", "Close", "two|case|both|twice|differ")),
        "columns: two dates": Bad(write=renamed(volume="date"), says=("date", "two|twice|both|second|equal|same")),
        "columns: DATE and date": Bad(write=renamed(volume="DATE"), says=("DATE", "date", "two|case|both|twice|differ")),
        "columns: two volumes": Bad(write=renamed(open="volume"), says=("volume", "two|twice|both|second|equal|same")),
        "columns: none for the close": Bad(
            write=renamed(close="x", volume="y"), says=("close",), verbs=(INIT, FILES)
        ),
        "columns: nothing but volumes": Bad(
            write=saved(columns(date=None, volume=None, **{"market cap": "close"})), says=("price|close", "Volume|volume"),
            verbs=(INIT,),
        ),
        "columns: a volume alone": Bad(write=saved(columns(date=None, volume=None)), says=("price|close",), verbs=(INIT,)),
        "columns: turnover alone": Bad(
            write=saved(columns(Datum="date", Umsatz="volume")), says=("price|close|Preis|Kurs",), verbs=(INIT,)
        ),
        "columns: bid and ask": Bad(
            write=saved(columns(date=None, bid="low", ask="high")), says=("bid", "ask", "data.columns|close"), verbs=(INIT,)
        ),
        "columns: morning and afternoon": Bad(
            write=saved(columns(Date="date", **{"USD (AM)": "open", "USD (PM)": "close"})),
            says=("USD \\(AM\\)", "USD \\(PM\\)"), verbs=(INIT,),
        ),
        "columns: two of numbers, no names": Bad(
            write=saved(columns(date=None, x="open", y="close")[1:]), says=("line 1|header|names",), verbs=(INIT,)
        ),
        "columns: close and last": Bad(
            write=saved(columns(date=None, close="close", last="open")), says=("close", "last"), verbs=(INIT,),
            told="close = 'close'|price.*close|'close'",
        ),
        "columns: text alone": Bad(write=saved([",".join(["a", "b"]), *["x,y"] * N]), says=("date|time",), verbs=(INIT,)),
        "columns: dates alone": Bad(write=saved(["date", *daily(50).dates()]), says=("close|price|number|column",), verbs=(INIT, FILES)),
        "columns: too many": Bad(write=saved(wide), says=("10,501", "10,000")),
        "line: one value less": Bad(write=line(short), says=(LINE, "5 values|values|cells|columns")),
        "line: one separator less": Bad(write=line(shorter), says=(LINE, "5 values|values|cells|columns|date")),
        "line: one value more": Bad(write=line(whole[ROW] + ",7"), says=(LINE, "7 values|values|cells|columns")),
        "line: another separator": Bad(write=line(whole[ROW].replace(",", ";")), says=(LINE, "value|cells|columns")),
        "line: a quote that stays open": Bad(
            write=line(whole[ROW].replace(",", ',"', 1)), says=(f"{LINE}|line \\d+", "quote|value|cells|read|date")
        ),
        "line: a decimal comma between commas": Bad(
            write=line(whole[ROW].replace(".", ",")), says=(LINE, "values|cells|columns")
        ),
        "line: cut off": Bad(write=saved(text[:-20]), says=(f"line {N + 1}|line {N}", "value|cells|columns|ends")),
        "line: bytes of no encoding": Bad(
            write=saved(text.replace(b"2019-05", b"2019\xff\x81\x9d05", 1)), says=("line \\d+|encod|byte",),
        ),
        "line: the last half is missing": Bad(
            write=saved([row.rpartition(",")[0] if n > ROW else row for n, row in enumerate(whole)]),
            says=(f"line {ROW + 2}", "values|cells|columns"),
        ),
        "file: empty": Bad(write=saved(""), says=("empty|no rows|no column|no lines|no data",)),
        "file: spaces alone": Bad(write=saved(" \n\n  \n"), says=("empty|no rows|no column|no lines|no data|columns",)),
        "file: a header alone": Bad(write=saved(whole[:1]), says=("no rows|no bars|row",)),
        "file: a header and one row": Bad(write=saved(whole[:2]), says=("1 bar|bars|few|rows|row",), verbs=(INIT,)),
        "file: a picture": Bad(write=saved(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20), says=("",)),
        "file: random bytes": Bad(write=saved(np.random.default_rng(1).bytes(5_000)), says=("",)),
        "file: a page": Bad(write=saved("<!DOCTYPE html><html><body><h1>Log in</h1></body></html>\n"), says=("",)),
        "file: an answer in JSON": Bad(
            write=saved('{\n    "Information": "Thank you for using our service! Our limit is 25 requests per day."\n}\n'),
            says=("",),
        ),
        "file: JSON in lines": Bad(
            write=saved([json.dumps({"date": d, "close": 1}) for d in daily(50).dates()]), says=("",)
        ),
        "file: an archive": Bad(write=zipped, says=("unpack|zip|archive|read",)),
        "file: compressed and cut off": Bad(write=saved(packed[:-400], "bars.csv.gz"), says=("unpack|cut|damaged",)),
        "file: compressed and spoilt": Bad(
            write=saved(packed[:200] + bytes(50) + packed[250:], "bars.csv.gz"), says=("unpack|damaged",)
        ),
        "file: called compressed": Bad(write=saved(text, "bars.csv.gz"), says=("unpack|compress|gzip",)),
        "file: compressed zeros without end": Bad(
            write=saved(gzip.compress(bytes(600_000_000), 1), "bars.csv.gz"), says=("inflate|200|large|unpack",)
        ),
        "file: absent": Bad(write=lambda folder: folder / "absent.csv", says=("no such file|not found|exist",)),
        "file: a link to nothing": Bad(write=link, says=("no such file|exist|link",)),
        "file: a pattern that fits nothing": Bad(
            write=lambda folder: folder / "*.csv", says=("no file|no such file|fits",), verbs=(INIT, FILES)
        ),
        "file: an empty folder": Bad(write=empty_folder, says=("no file|empty|folder",)),
        "file: a folder of pictures": Bad(write=folder_of_pictures, says=("no file|folder|no table|CSV",), verbs=(INIT, FILES)),
        "file: a folder with one of another shape": Bad(write=another_shape, says=("BBB.csv", "close|column|shape")),
        "file: two files of one symbol that disagree": Bad(
            write=disagreeing, says=("2019|AAA", "twice|duplicate|disagree|differ|both"), verbs=(INIT, FILES), symbol="symbol"
        ),
        "setting: a column that is not there": Bad(
            write=saved(whole), says=("Adj Close", "columns"), verbs=(FILES,), settings={"columns": {"close": "Adj Close"}}
        ),
        "setting: a symbol column that is not there": Bad(
            write=saved(whole), says=("ticker", "columns"), verbs=(FILES,), settings={"symbol_column": "ticker"}
        ),
        "setting: a field that is not there": Bad(
            write=saved(whole), says=("vwap", "field|column"), verbs=(FILES,), settings={"select": ["close", "vwap"]}
        ),
        "setting: the wrong decimal sign": Bad(
            write=saved(whole), says=("line 2", "decimal|number"), verbs=(FILES,), settings=GERMAN
        ),
    }  # fmt: skip


def columns(**names: str | None) -> list[str]:
    """Lines of some columns under their own or other names."""
    series = daily(50)
    cells = {"date": series.dates(), **{name: series.texts(name) for name in OHLCV}}
    return lines([[name, *cells[column or name]] for name, column in names.items()])


def zipped(folder: Path) -> Path:
    with zipfile.ZipFile(folder / "bars.csv", "w") as archive:
        archive.writestr("inside.csv", "\n".join(rows()))
        archive.writestr("too.csv", "\n".join(rows()))
    return folder / "bars.csv"


def link(folder: Path) -> Path:
    (folder / "bars.csv").symlink_to(folder / "gone.csv")
    return folder / "bars.csv"


def empty_folder(folder: Path) -> Path:
    (folder / "stocks").mkdir()
    return folder / "stocks"


def folder_of_pictures(folder: Path) -> Path:
    saved(b"\x89PNG", "stocks/a.png")(folder)
    saved("Read me", "stocks/README.md")(folder)
    return folder / "stocks"


def another_shape(folder: Path) -> Path:
    saved(rows(), "stocks/AAA.csv")(folder)
    saved(["date,volume", *lines([daily(50).dates(), daily(50).texts("volume", ".0f")])], "stocks/BBB.csv")(folder)
    return saved(rows(), "stocks/CCC.csv")(folder).parent


def disagreeing(folder: Path) -> Path:
    for name, seed in (("one", 60), ("two", 61)):
        cells = lines([["AAA"] * N, daily(seed).dates(), *texts(daily(seed))])
        saved(["symbol,date,open,high,low,close,volume", *cells], f"parts/{name}.csv")(folder)
    return folder / "parts" / "*.csv"


# --- Values that are numbers and cannot be right -----------------------------------------------------------------------


def values() -> dict[str, Bad]:
    data = (INIT, FILES)
    some = lambda change: lambda n, text: change(text) if n % 12 == 5 else text  # noqa: E731
    return {
        "value: a twelfth of the closes missing": Bad(write=each("close", some(lambda _: "")), says=("close", "missing"), verbs=data),
        "value: a twelfth of the closes zero": Bad(write=each("close", some(lambda _: "0")), says=("close", "0|zero|positive"), verbs=data),
        "value: a twelfth of the closes negative": Bad(
            write=each("close", some(lambda t: "-" + t)), says=("close", "negative|positive|-"), verbs=data
        ),
        "value: a twelfth of the closes tenfold": Bad(
            write=each("close", some(lambda t: f"{float(t) * 10:.2f}")), says=("close|high", "outside|above|range"), verbs=data
        ),
        "value: high and low exchanged": Bad(write=renamed(high="low", low="high"), says=("high", "low"), verbs=data),
        "value: close and volume exchanged": Bad(
            write=renamed(close="volume", volume="close"), says=("close", "outside|high|range"), verbs=data
        ),
        "value: every volume negative": Bad(
            write=each("volume", lambda _, t: "-" + t), says=("volume", "negative|-"), verbs=data
        ),
        "value: no close at all": Bad(write=each("close", lambda *_: ""), says=("close", "missing|empty|no number|no value")),
        "value: no symbol in one row": Bad(
            write=saved(with_cell(long_rows(), "symbol", "")), says=(LINE, "symbol"), symbol="symbol"
        ),
        "value: a symbol of spaces": Bad(
            write=saved(with_cell(long_rows(), "symbol", "  ")), says=(LINE, "symbol"), symbol="symbol"
        ),
        "value: a bar of one symbol twice": Bad(
            write=saved([*long_rows(), *long_rows()[1:]]), says=("AAA", "twice|duplicate|same"), symbol="symbol",
            verbs=data,
        ),
        "value: a column that separates no symbols": Bad(
            write=saved([row.replace("BBB", "AAA") for row in long_rows()]), says=("twice|duplicate|same",), symbol="symbol",
        ),
        "value: symbols that never meet": Bad(
            write=never_meeting, says=("together|share|meet|common|cross",), verbs=(INIT,), symbol="symbol",
            told="together|share|meet|common|same time|cross",
        ),
    }  # fmt: skip


def long_rows() -> list[str]:
    """Two symbols, one after the other."""
    found = ["symbol,date,open,high,low,close,volume"]
    for name, seed in (("AAA", 62), ("BBB", 63)):
        found += lines([[name] * N, daily(seed).dates(), *texts(daily(seed))])
    return found


def never_meeting(folder: Path) -> Path:
    found = ["symbol,date,open,high,low,close,volume"]
    for minutes, (name, seed) in enumerate((("AAA", 62), ("BBB", 63), ("CCC", 64))):
        series = hourly(seed)
        moved = series.at(series.times_N + np.timedelta64(7 * minutes, "m"))
        found += lines([[name] * N, moved.dates("%Y-%m-%d %H:%M"), *texts(series)])
    return saved(found)(folder)


# --- Binary formats --------------------------------------------------------------------------------------------------


def binary(change: Callable[[dict[str, Any]], Any], name: str = "bars.parquet") -> Callable[[Path], Path]:
    """A Parquet file of changed columns: arrays by name -> the same, or a table."""

    def write(folder: Path) -> Path:
        series = daily(65)
        made = change({"date": pa.array(series.times_N), **{k: pa.array(v) for k, v in series.fields.items()}})
        whole = made if isinstance(made, pa.Table) else pa.table(made)
        if name.endswith(".feather"):
            feather.write_feather(whole, folder / name)
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
        "Parquet: no columns": Bad(write=binary(lambda _: pa.table({})), says=("column",)),
        "Parquet: two closes": Bad(write=binary(lambda m: twin(m, "close")), says=("close", "two|twice|both|same|equal")),
        "Parquet: close and Close": Bad(
            write=binary(lambda m: twin(m, "Close")), says=("close", "Close", "two|case|both|twice|differ")
        ),
        "Parquet: truths for closes": Bad(
            write=binary(lambda m: {"date": m["date"], "close": pa.array([True, False] * (N // 2))}), says=("close",)
        ),
        "Parquet: words for closes": Bad(
            write=binary(lambda m: {"date": m["date"], "close": pa.array(["a", "b"] * (N // 2))}), says=("close",)
        ),
        "Parquet: one word among closes": Bad(
            write=binary(lambda m: {**m, "close": pa.array(["n/k" if n == ROW - 1 else f"{v}" for n, v in enumerate(m["close"].to_pylist())])}),
            says=(row, "close"),
        ),
        "Parquet: lists for closes": Bad(
            write=binary(lambda m: {"date": m["date"], "close": pa.array([[1.0]] * N)}), says=("close",)
        ),
        "Parquet: moments for closes": Bad(
            write=binary(lambda m: {"date": m["date"], "close": m["date"]}), says=("close",)
        ),
        "Parquet: bytes for closes": Bad(
            write=binary(lambda m: {"date": m["date"], "close": pa.array([b"\x01"] * N)}), says=("close",)
        ),
        "Parquet: an infinite close": Bad(
            write=binary(at("close", float("inf"))), says=("close", "inf|finite"), told="inf|missing"
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


BAD: dict[str, Bad] = {**numbers(), **times(), **structures(), **values(), **formats()}
