"""Extremes of a window and their positions."""

import numpy as np

from components.expressions.kernels import Float, Int, helper


@helper
def upper(a: float, b: float) -> float:
    """The greater of two values; NaN if one of them is."""
    return a if a >= b or a != a else b


def max_(x: Float, offsets: Int, w: int, out: Float) -> None:
    """Greatest value."""
    before = np.empty(w)
    for s in range(len(offsets) - 1):
        start, end = offsets[s], offsets[s + 1]
        for b in range(start, end, w):
            best = x[b] if b > start else np.nan
            before[w - 1] = x[b]
            for k in range(w - 2, -1, -1):
                if b > start:
                    best = upper(best, x[b + k - w + 1])
                before[k] = best
            best = x[b]
            for k in range(min(w, end - b)):
                best = upper(best, x[b + k])
                out[b + k] = upper(before[k], best)


def argmax(x: Float, offsets: Int, w: int, out: Float) -> None:
    """Position of the greatest value, 1 = oldest bar; the oldest of equal ones."""
    before = np.empty(w, np.int64)
    for s in range(len(offsets) - 1):
        start, end = offsets[s], offsets[s + 1]
        for b in range(start, end, w):
            place = b
            before[w - 1] = b
            for k in range(w - 2, -1, -1):
                j = b + k - w + 1
                if b > start and not x[j] < x[place] and x[place] == x[place]:
                    place = j
                before[k] = place
            place = b
            for k in range(min(w, end - b)):
                i = b + k
                if not x[i] <= x[place] and x[place] == x[place]:
                    place = i
                winner = before[k] if x[before[k]] >= x[place] or x[before[k]] != x[before[k]] else place
                full = i - start >= w - 1 and x[winner] == x[winner]
                out[i] = winner - (i - w) if full else np.nan


def bars_since(c: Float, offsets: Int, w: int, out: Float) -> None:
    """Bars since c was last not 0, w if it was not within the window."""
    for s in range(len(offsets) - 1):
        start = offsets[s]
        true, unknown = start - w, start - 1
        for i in range(start, offsets[s + 1]):
            if c[i] != c[i]:
                unknown = i
            elif c[i] != 0.0:
                true = i
            out[i] = np.nan if i - unknown < w else min(i - true, w)
