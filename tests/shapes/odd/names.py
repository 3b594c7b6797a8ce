"""Symbols that are text all the same."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from shapes.truth import Shape, Truth, Written, days, walk
from shapes.writing import (
    N,
    frame,
    lines,
    of,
    texts,
    wrote,
)

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


def numbers_first(folder: Path) -> Written:
    """Thousands of rows of symbols that are numbers, then words."""
    names = ("0005", "0700", "0941", *(f"{n:04d}" for n in range(1000, 1009)), "NA", "AAPL")
    bars = {name: walk(300 + n, times_N=days(N)) for n, name in enumerate(names)}
    rows = [row for s, b in bars.items() for row in lines([[s] * N, b.dates(), *texts(b)])]
    return wrote(folder / "bars.csv", ["symbol,date,open,high,low,close,volume", *rows], Truth(bars=bars))


SHAPES: dict[str, Shape] = {
    **{f"symbols: {name}": of(symbols, names) for name, names in SYMBOLS.items()},
    "symbols: numbers first, words far behind": numbers_first,
    "symbols: in Parquet": of(symbols, ("NA", "0001", "TRUE"), parquet=True),
    "symbols: whole numbers in Parquet": symbols_as_integers,
    "symbols: one date after the other": symbols_by_date,
    "symbols: as names of columns": symbols_wide,
}
