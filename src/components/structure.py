"""What makes bars wrong whatever one computes from them: order, duplicates, impossible prices and ranges.

Every check names the offending rows and says about the first of them what is wrong and what to do.
Shape legend: R rows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from components.bars import Bars, Mask
from components.errors import DataError
from components.panel import Panel
from components.values import Float, Int

PRICES = ("open", "high", "low", "close")
# Vendors store float32: allow its rounding, as a fraction of the price.
ROUNDING = 1e-6
SMALLEST = float(np.finfo(np.float64).tiny)


@dataclass(frozen=True, kw_only=True, eq=False)
class Defect:
    """What one check found. rows: numbers of the bars; says: what is wrong with the first of them; remedy."""

    rows: Int
    says: str
    remedy: str

    def error(self, bars: Bars) -> DataError:
        return DataError(f"{bars.source(int(self.rows[0]))}: {self.says}; {self.remedy}")


Check = Callable[[Bars], Iterator[Defect]]


def strict(bars: Bars) -> Panel:
    """The panel of the bars. Raises DataError on the first defect there is."""
    refuse_empty(bars)
    bars = bars.arranged()
    for check in (duplicates, order, missing_prices, non_positive, negative_volume, inconsistent):
        for defect in check(bars):
            raise defect.error(bars)
    return bars.to_panel()


def refuse_empty(bars: Bars) -> None:
    if bars.n_rows == 0:
        raise DataError(f"{bars.where}: no bars; the table needs at least one row")


def named(bars: Bars, row: int) -> str:
    """A bar, as messages write it."""
    return f"symbol {bars.symbol(row)}, {bars.time(row)}"


def duplicates(bars: Bars) -> Iterator[Defect]:
    """Neighbouring bars of the same symbol and time: all but the first of each."""
    same = (bars.codes_R[1:] == bars.codes_R[:-1]) & (bars.timestamps_R[1:] == bars.timestamps_R[:-1])
    rows = np.flatnonzero(same) + 1
    if len(rows):
        says = f"duplicate bar: {named(bars, rows[0])}"
        yield Defect(rows=rows, says=says, remedy="keep one of the two rows")


def order(bars: Bars) -> Iterator[Defect]:
    """Bars that come after a later bar of their symbol."""
    rank_R = bars.ranks_R()
    rows_R = np.argsort(rank_R, kind="stable")
    same_R = rank_R[rows_R][1:] == rank_R[rows_R][:-1]
    back = np.flatnonzero(same_R & (np.diff(bars.timestamps_R[rows_R]).astype(np.int64) < 0)) + 1
    if len(back):
        row, before = int(rows_R[back[0]]), int(rows_R[back[0] - 1])
        says = f"bars are not sorted: {named(bars, row)} comes after {bars.time(before)}"
        yield Defect(rows=rows_R[back], says=says, remedy="sort the file by symbol and time")


def _prices(bars: Bars) -> Iterator[tuple[str, Float]]:
    yield from ((name, bars.fields[name]) for name in PRICES if name in bars.fields)


def missing_prices(bars: Bars) -> Iterator[Defect]:
    """Prices that are missing or infinite."""
    for name, price_R in _prices(bars):
        rows = np.flatnonzero(~np.isfinite(price_R))
        if len(rows):
            says = f"missing {name}: {named(bars, rows[0])}"
            yield Defect(rows=rows, says=says, remedy="fill the value or drop the bar")


def non_positive(bars: Bars) -> Iterator[Defect]:
    """Prices of zero and less, and those so small that no quotient of them is a number."""
    for name, price_R in _prices(bars):
        rows = np.flatnonzero(price_R < SMALLEST)
        if len(rows):
            says = f"{name} is {price_R[rows[0]]:g}: {named(bars, rows[0])}"
            yield Defect(rows=rows, says=says, remedy="prices must be positive, mend the value or drop the bar")


def negative_volume(bars: Bars) -> Iterator[Defect]:
    """Volume below zero."""
    volume_R = bars.fields.get("volume")
    rows = np.flatnonzero(volume_R < 0) if volume_R is not None else np.empty(0, dtype=np.int64)
    if volume_R is not None and len(rows):
        says = f"volume is {volume_R[rows[0]]:g}: {named(bars, rows[0])}"
        yield Defect(rows=rows, says=says, remedy="volume must not be negative")


def inconsistent(bars: Bars) -> Iterator[Defect]:
    """High below low, or open or close outside of them."""
    high_R, low_R = bars.fields.get("high"), bars.fields.get("low")
    if high_R is None or low_R is None:
        return
    rows = np.flatnonzero(high_R < low_R)
    if len(rows):
        row = int(rows[0])
        says = f"high {high_R[row]:g} is below low {low_R[row]:g}: {named(bars, row)}"
        yield Defect(rows=rows, says=says, remedy="mend the bar (are the columns swapped?)")
    for name in ("open", "close"):
        if name in bars.fields:
            rows = np.flatnonzero(outside(bars.fields[name], high_R, low_R) & (high_R >= low_R))
            if len(rows):
                row = int(rows[0])
                says = (
                    f"{name} {bars.fields[name][row]:g} lies outside low {low_R[row]:g} and high {high_R[row]:g}: "
                    f"{named(bars, row)}"
                )
                yield Defect(rows=rows, says=says, remedy="mend or drop the bar")


def outside(price_R: Float, high_R: Float, low_R: Float) -> Mask:
    """(R,) whether a price lies outside its bar's range."""
    slack_R = ROUNDING * np.abs(price_R)
    return (price_R > high_R + slack_R) | (price_R < low_R - slack_R)
