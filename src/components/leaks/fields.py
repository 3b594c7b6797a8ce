"""The other fields of a bar, recognised by their names: what is new in the next volume, range, gap and extremes."""

import re
from collections.abc import Iterator

import numpy as np

from components.leaks.layout import Table
from components.leaks.series import innovations
from components.values import Float

VOLUME = re.compile(r"volume|vol\.?|turnover|tick_?count|trades", re.IGNORECASE)


NEAR = 0.8
"""Share of the price, and its reciprocal, between which a field of the same bar lies."""


def named(table: Table, name: str) -> str | None:
    """The column of this name, whatever its case."""
    return next((column for column in table.columns if column.lower() == name), None)


def _beside(table: Table, name: str | None, price_R: Float) -> str | None:
    """The column, if it lies beside the price: bars of something else are none of its fields."""
    if name is None:
        return None
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio_R = table.columns[name] / price_R
    known_R = np.isfinite(ratio_R)
    return name if known_R.any() and NEAR < float(np.median(ratio_R[known_R])) < 1 / NEAR else None


def volume_of(table: Table) -> str | None:
    """The first column that is called a volume."""
    return next((column for column in table.columns if VOLUME.fullmatch(column)), None)


def next_fields(table: Table, price_R: Float) -> Iterator[tuple[str, tuple[str, ...], Float]]:
    """(what it is, columns that it is made of, (R,) ranks of what is new in it on the next row)."""
    high, low, opening = (_beside(table, named(table, name), price_R) for name in ("high", "low", "open"))
    volume = volume_of(table)
    with np.errstate(invalid="ignore", divide="ignore"):
        before_R = table.later(price_R, -1)
        if volume is not None and np.nanmin(table.columns[volume]) >= 0:
            yield f"the next {volume}", (volume,), _news(table, np.log1p(table.columns[volume]))
        if high is not None and low is not None:
            top_R, bottom_R = table.columns[high], table.columns[low]
            spread_R = top_R - bottom_R
            yield "the next range", (high, low), _news(table, np.log(np.maximum(spread_R / price_R, 1e-9)))
            yield "where the next close lies in its range", (high, low), _news(table, (price_R - bottom_R) / spread_R)
        for name in (opening, high, low):
            if name is not None:
                yield f"the next {name} against the price now", (name,), _news(table, table.columns[name] / before_R)


def _news(table: Table, values_R: Float) -> Float:
    values_R = np.where(np.isfinite(values_R), values_R, np.nan)
    made_R = np.full(table.n_rows, np.nan)
    for rows in table.parts:
        made_R[rows] = innovations(values_R[rows], np.empty((rows.stop - rows.start, 0)))
    return table.ranks(table.later(made_R, 1))
