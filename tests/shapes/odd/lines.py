"""Headers, lines, encodings and files in other forms."""

import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from shapes.truth import OHLC, OHLCV, Shape, Truth, Written, days, one, walk
from shapes.writing import (
    N,
    daily,
    frame,
    lines,
    of,
    table,
    texts,
    wrote,
)


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
    return replace(written, path=path)


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


def adjusted_only(folder: Path) -> Written:
    """The only price is an adjusted one."""
    series = daily(30).only("close", "volume")
    rows = lines([series.dates(), *texts(series, ("close", "volume"))])
    return wrote(folder / "SPY.csv", ["Date,Adj Close,Volume", *rows], one(series))


def market_value_beside_the_price(folder: Path) -> Written:
    """coinmarketcap: a price with a sign between what is no price."""
    series = daily(32).only("close", "volume")
    cells = [[f"${v * 19e6:,.0f}" for v in series.fields["close"]], [f"${v:,.0f}" for v in series.fields["volume"]]]
    rows = lines([series.dates("%b %d, %Y"), *cells, [f"${v:,.2f}" for v in series.fields["close"]]])
    return wrote(folder / "btc.csv", ["Date,Market Cap,Volume,Close", *rows], one(series))


SHAPES: dict[str, Shape] = {
    **{f"encoding: {name}": of(coded, *values) for name, values in CODED.items()},
    **{f"lines: {name}": of(edited, edit) for name, edit in EDITS.items()},
    **{f"file name: {name}": of(named, name) for name in NAMES},
    "packed: UTF-8": of(packed, "utf-8"),
    "packed: UTF-16": of(packed, "utf-16"),
    "files: of several kinds": mixed_endings,
    "files: one a year": one_file_a_year,
    "files: columns in another order": other_order_of_columns,
    "columns: an adjusted close alone": adjusted_only,
    "columns: market value beside the price": market_value_beside_the_price,
}
