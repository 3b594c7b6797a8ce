"""Series of many symbols, each joined to the bars of its own symbol.

Shape legend: R rows of the bars, K observations of one symbol.
"""

from collections.abc import Callable

import numpy as np

from components.bars import Bars
from components.errors import DataError
from components.panel import Float, Int, Time
from components.structure import duplicates

Observed = tuple[Time, Float]
SHOWN = 5


def by_symbol(
    bars: Bars, observed: Bars, field: str, as_of: Callable[[Observed, Time], Float], decided_R: Time
) -> tuple[Float, tuple[str, ...]]:
    """(R,) what each bar's own symbol had at its decision; NaN where nothing is known of the symbol; and what to know.

    observed: of any symbols, judged by their times alone; as_of: from times and values of one symbol, and decisions, to
    the value at each. Raises DataError where two observations of a symbol bear one time, or no symbol is in both.
    """
    ordered = observed.ordered()
    for defect in duplicates(ordered):
        row = int(defect.rows[0])
        raise DataError(
            f"{ordered.source(row)}: two rows of symbol {ordered.symbol(row)} at {ordered.time(row)}; keep one, or "
            "where they are of different periods read the table with data=releases"
        )
    values_R = np.full(bars.n_rows, np.nan)
    places = {name: code for code, name in enumerate(ordered.symbols)}
    known = np.unique(ordered.codes_R)
    names = [bars.symbols[code] for code in np.unique(bars.codes_R)]
    ours, theirs = _rows_of(bars), _rows_of(ordered)
    for code, name in enumerate(bars.symbols):
        if (place := places.get(name)) is None:
            continue
        own_R, own_K = ours[code], theirs[place]
        values_K = ordered.fields[field][own_K]
        there_K = np.isfinite(values_K)
        values_R[own_R] = as_of((ordered.timestamps_R[own_K][there_K], values_K[there_K]), decided_R[own_R])
    absent = sorted(set(names) - {ordered.symbols[code] for code in known})
    if len(absent) == len(names):
        there = ", ".join(sorted(ordered.symbols[code] for code in known)[:SHOWN])
        raise DataError(
            f"{observed.where}: no row is about a symbol of the bars; symbols there: {there or 'none'}; in the bars: "
            f"{', '.join(sorted(names)[:SHOWN])}; spell them alike"
        )
    if not absent:
        return values_R, ()
    more = f" and {len(absent) - SHOWN} more" if len(absent) > SHOWN else ""
    return values_R, (f"no {field} of {len(absent)} of {len(names)} symbols: {', '.join(absent[:SHOWN])}{more}",)


def _rows_of(bars: Bars) -> list[Int]:
    """The rows of each symbol, in order."""
    counts_S = np.bincount(bars.codes_R, minlength=len(bars.symbols))
    return np.split(np.argsort(bars.codes_R, kind="stable"), np.cumsum(counts_S)[:-1])
