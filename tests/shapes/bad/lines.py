"""Headers, columns, lines and files."""

import gzip
import json
import zipfile
from pathlib import Path

import numpy as np

from shapes.bad.base import FILES, GERMAN, INIT, LINE, ROW, Bad, columns, line, renamed, rows, saved
from shapes.vendors.crypto import binance_klines_ms
from shapes.writing import (
    N,
    daily,
    lines,
    texts,
)


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
            says=("USD \\(AM\\)", "USD \\(PM\\)"), verbs=(INIT,), told="one column each",
        ),
        "columns: two of numbers, no names": Bad(
            write=saved(columns(date=None, x="open", y="close")[1:]), says=("line 1|header|names|column_2",), verbs=(INIT,)
        ),
        "columns: close and last": Bad(
            write=saved(columns(date=None, close="close", last="open")), says=("close", "last"), verbs=(INIT,),
            told="close = 'close'|price.*close|'close'",
        ),
        "columns: text alone": Bad(write=saved([",".join(["a", "b"]), *["x,y"] * N]), says=("date|time",), verbs=(INIT,)),
        "columns: dates alone": Bad(write=saved(["date", *daily(50).dates()]), says=("close|price|number|column",), verbs=(INIT,)),
        "columns: two symbols of a wide table": Bad(
            write=saved(wide_of("AAA", "BBB", "AAA", "CCC")), says=("AAA", "two|twice|both|second|equal|same"), verbs=(INIT,)
        ),
        "columns: two symbols of a wide table, in capitals": Bad(
            write=saved(wide_of("AAA", "BBB", "aaa", "CCC")), says=("AAA", "aaa", "two|case|both|twice|differ"), verbs=(INIT,)
        ),
        "columns: adj close and adj_close": Bad(
            write=saved(columns(date=None, close=None, **{"adj close": "open", "adj_close": "low"})),
            says=("adj close", "adj_close", "two|one|both|twice|same|equal|differ"), verbs=(INIT, FILES),
        ),
        "columns: too many": Bad(write=saved(wide), says=("10,501", "10,000")),
        "line: a source in the middle": Bad(write=line("Source: Example Exchange"), says=(LINE, "Source|value|cells")),
        "line: a padded source in the middle": Bad(write=line("Source: Example Exchange,,,,,"), says=(LINE, "Source")),
        "line: another header in the middle": Bad(
            write=line("date,close,high,low,open,volume"), says=(LINE, "header|close|date|columns|names")
        ),
        "line: a klines file with a short line": Bad(write=short_klines, says=(LINE, "value|cells|columns"), verbs=(INIT,)),
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
            write=disagreeing, says=("2019|AAA", "twice|second|duplicate|disagree|differ|both"), verbs=(INIT, FILES), symbol="symbol"
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


def wide_of(*names: str) -> list[str]:
    """A table of date by symbol."""
    cells = [daily(70 + n).texts("close") for n in range(len(names))]
    return [",".join(["Date", *names]), *lines([daily(70).dates(), *cells])]


def short_klines(folder: Path) -> Path:
    path = binance_klines_ms(folder).path
    whole = path.read_text().splitlines()
    path.write_text("\n".join([*whole[:ROW], whole[ROW].rpartition(",")[0], *whole[ROW + 1 :]]) + "\n")
    return path
