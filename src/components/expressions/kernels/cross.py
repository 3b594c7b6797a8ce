"""Cross-sections: the symbols of one timestamp compared with each other."""

import numpy as np

from components.expressions.kernels import Float, Int, helper


@helper
def present(x: Float, rows: Int, first: int, last: int, found: Int, out: Float) -> int:
    """Collects the rows that have a value, their number; the others become NaN."""
    count = 0
    for n in range(first, last):
        row = rows[n]
        if x[row] == x[row]:
            found[count] = row
            count += 1
        else:
            out[row] = np.nan
    return count


@helper
def most(offsets: Int) -> int:
    """Rows of the date that has most."""
    rows = 0
    for d in range(len(offsets) - 1):
        rows = max(rows, offsets[d + 1] - offsets[d])
    return rows


def rank(x: Float, rows: Int, offsets: Int, out: Float) -> None:
    """Rank among the symbols that have a value, divided by their number; average of ties."""
    found = np.empty(most(offsets), np.int64)
    values = np.empty(len(found))
    for d in range(len(offsets) - 1):
        count = present(x, rows, offsets[d], offsets[d + 1], found, out)
        for n in range(count):
            values[n] = x[found[n]]
        values[:count].sort()
        for n in range(count):
            value = x[found[n]]
            less = np.searchsorted(values[:count], value)
            not_greater = np.searchsorted(values[:count], value, "right")
            out[found[n]] = (less + not_greater + 1) / (2.0 * count)


def zscore(x: Float, rows: Int, offsets: Int, out: Float) -> None:
    """(x - mean) / standard deviation with n - 1 degrees of freedom, NaN where all are equal."""
    centre(x, rows, offsets, True, out)


def demean(x: Float, rows: Int, offsets: Int, out: Float) -> None:
    """x minus the mean."""
    centre(x, rows, offsets, False, out)


@helper
def centre(x: Float, rows: Int, offsets: Int, scaled: bool, out: Float) -> None:
    """x minus the mean of its date, divided by the standard deviation if scaled."""
    found = np.empty(most(offsets), np.int64)
    for d in range(len(offsets) - 1):
        count = present(x, rows, offsets[d], offsets[d + 1], found, out)
        if count == 0:
            continue
        first = x[found[0]]
        total = squares = 0.0
        for n in range(count):
            total += x[found[n]] - first
        for n in range(count):
            centred = x[found[n]] - first - total / count
            out[found[n]] = centred
            squares += centred * centred
        if scaled:
            deviation = np.sqrt(squares / (count - 1)) if squares > 0.0 else np.nan
            for n in range(count):
                out[found[n]] /= deviation
