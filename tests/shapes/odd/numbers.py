"""Numbers in other forms."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from shapes.truth import OHLC, Series, Shape, Written, hours, one, walk
from shapes.writing import (
    N,
    daily,
    german,
    of,
    table,
    wrote,
)


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


LONG = 2_600
"""More rows than anybody looks at before reading."""


def far(folder: Path, column: str, form: Callable[[float], str], sep: str, level: float) -> Written:
    """A form that only the last rows show."""
    series = walk(33, times_N=hours(LONG, "2020-01-01"), level=level)
    plain = (lambda v: f"{v:.2f}".replace(".", ",")) if sep == ";" else (lambda v: f"{v:.2f}")
    written = {name: [plain(v) for v in series.fields[name]] for name in OHLC}
    written["volume"] = series.texts("volume", ".0f")
    written[column] = [*written[column][:-300], *(form(v) for v in series.fields[column][-300:])]
    return wrote(
        folder / "bars.csv", table(series, prices=written, sep=sep, dates=series.dates("%Y-%m-%d %H:%M")), one(series)
    )


FAR: dict[str, tuple[str, Callable[[float], str], str, float]] = {
    "thousands by comma": ("close", lambda v: f"{v:,.2f}", ",", 5_000),
    "thousands by point, decimal comma": ("close", lambda v: german([f"{v:,.2f}"])[0], ";", 5_000),
    "decimals of a volume": ("volume", lambda v: f"{v:.1f}", ",", 100),
    "millions": ("volume", lambda v: f"{v / 1e6:.2f}M", ",", 100),
    "powers of ten": ("volume", lambda v: f"{v:.4E}", ",", 100),
}

SHAPES: dict[str, Shape] = {
    **{f"number: {name}": of(prices, *values) for name, values in NUMBERS.items()},
    **{f"volume: {name}": of(volumes, *values) for name, values in VOLUMES.items()},
    **{f"volume missing: {blank or 'empty'}": of(volume_with_holes, blank) for blank in BLANKS},
    **{f"change: {name}": of(changes, *values) for name, values in CHANGES.items()},
    **{f"far behind: {name}": of(far, *values) for name, values in FAR.items()},
    "volume: beyond 2^53": huge_volume,
}
