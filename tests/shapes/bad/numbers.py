"""Cells that are no numbers, or whose number nobody can tell."""

from collections.abc import Callable
from pathlib import Path

from shapes.bad.base import FILES, GERMAN, INIT, LINE, ROW, Bad, cell, each, rows, saved, with_cell
from shapes.truth import OHLC, hours, walk
from shapes.writing import (
    N,
    daily,
    lines,
    table,
)

NO_NUMBERS = {
    "a word": "n/k",
    "two points": "1.2.3",
    "a letter behind": "12a",
    "groups of one digit": '"1,2,3"',
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
        f"number: {name}": Bad(
            write=cell("close", text), says=(LINE, "close" if len(text) < 20 and "\x00" not in text else "")
        )
        for name, text in NO_NUMBERS.items()
    }
    for text in ("inf", "-Infinity"):
        # Other programs write it for what they could not divide: no price, and missing at best.
        found[f"number: {text}"] = Bad(
            write=cell("close", text), says=("close",), verbs=(INIT, FILES), told=f"missing|{text}"
        )
    mixed = Bad(write=mixed_marks, says=(LINE, "close|1.234,56"))
    return {
        **found,
        "number: comma and point in turn": mixed,
        "number: point among decimal commas": Bad(write=point_among_commas, says=(LINE, "5432.10"), settings=GERMAN),
        "number: two currencies": Bad(write=two_currencies, says=(LINE, "€|EUR|currenc")),
        "number: percent among numbers": Bad(write=percent_among_numbers, says=(LINE, "change|%"), told=LINE),
        "number: a word far behind": Bad(write=far_behind("n/k"), says=("line 2,?502", "close")),
        "number: another decimal mark far behind": Bad(write=far_behind('"99,5"'), says=("line 2,?502", "close|99,5")),
        "number: a word in a wide table": Bad(write=word_in_wide, says=(LINE, "S3|n/k"), verbs=(INIT,)),
        "number: all close to zero": Bad(write=each("close", tiny), says=("close|open|low",), verbs=(INIT, FILES)),
        "number: beyond all markets": Bad(write=all_prices(lambda v: v * 1e300), says=("close|open|high|low|beyond",)),
        "number: words for every close": Bad(
            write=each("close", lambda _, text: f"about {text}"), says=("close", "line 2|no number|cannot be read")
        ),
        "number: three digits behind a comma": Bad(
            write=ambiguous_thousands, says=("1,\\d{3}", "decimal|thousand|data.decimal"), verbs=(INIT,)
        ),
    }


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


def percent_among_numbers(folder: Path) -> Path:
    """0.52 throughout, and 0.52% once: which of them is what it seems?"""
    changes = ["change", *("0.52%" if n == ROW else "0.52" for n in range(1, N + 1))]
    return saved([f"{row},{cell}" for row, cell in zip(rows(), changes, strict=True)])(folder)


def far_behind(text: str) -> Callable[[Path], Path]:
    """One bad cell in row 2,501."""
    series = walk(53, times_N=hours(2_600, "2020-01-01"))
    whole = table(series, dates=series.dates("%Y-%m-%d %H:%M"))
    return saved(with_cell(whole, "close", text, 2_501))


def word_in_wide(folder: Path) -> Path:
    names = [f"S{n}" for n in range(6)]
    series = [daily(70 + n).texts("close") for n in range(6)]
    series[3][ROW - 1] = "n/k"
    return saved([",".join(["Date", *names]), *lines([daily(70).dates(), *series])])(folder)
