"""Extremes of a window and their positions."""

import numpy as np

from components.expressions.kernels import Float, Int, bars_of, helper, run_start


@helper
def upper(a: float, b: float) -> float:
    """The greater of two values; NaN if one of them is."""
    return a if a >= b or a != a else b


def max_(x: Float, offsets: Int, firsts: Int, w: int, out: Float) -> None:
    """Greatest value."""
    before_W, after_W = np.empty(w), np.empty(w)
    for s in range(len(offsets) - 1):
        xs, result = bars_of(x, offsets, s), bars_of(out, offsets, s)
        for b in range(run_start(firsts[s], w), len(xs), w):
            before = after = xs[b]
            before_W[w - 1] = after_W[0] = xs[b]
            for k in range(1, w):
                before = upper(before, xs[max(b - k, 0)])
                before_W[w - 1 - k] = before
                after = upper(after, xs[min(b + k, len(xs) - 1)])
                after_W[k] = after
            for k in range(min(w, len(xs) - b)):
                result[b + k] = upper(before_W[k], after_W[k])
        result[: w - 1] = np.nan


def argmax(x: Float, offsets: Int, firsts: Int, w: int, out: Float) -> None:
    """Position of the greatest value, 1 = oldest bar; the oldest of equal ones."""
    # Rows: the greatest value, and how many bars after b it stands.
    before_PW, after_PW = np.empty((2, w)), np.empty((2, w))
    for s in range(len(offsets) - 1):
        xs, result = bars_of(x, offsets, s), bars_of(out, offsets, s)
        for b in range(run_start(firsts[s], w), len(xs), w):
            before = after = xs[b]
            before_place = after_place = 0.0
            before_PW[0, w - 1] = after_PW[0, 0] = xs[b]
            before_PW[1, w - 1] = after_PW[1, 0] = 0.0
            for k in range(1, w):
                value = xs[max(b - k, 0)]
                stays = value < before or before != before
                before, before_place = before if stays else value, before_place if stays else -k
                before_PW[0, w - 1 - k], before_PW[1, w - 1 - k] = before, before_place
                value = xs[min(b + k, len(xs) - 1)]
                stays = value <= after or after != after
                after, after_place = after if stays else value, after_place if stays else k
                after_PW[0, k], after_PW[1, k] = after, after_place
            for k in range(min(w, len(xs) - b)):
                older = before_PW[0, k] >= after_PW[0, k]
                place = (before_PW[1, k] if older else after_PW[1, k]) - k + w
                known = before_PW[0, k] + after_PW[0, k]
                result[b + k] = place if known == known else np.nan
        result[: w - 1] = np.nan


def bars_since(c: Float, offsets: Int, w: int, out: Float) -> None:
    """Bars since c was last not 0, w if it was not within the window."""
    for s in range(len(offsets) - 1):
        cs, result = bars_of(c, offsets, s), bars_of(out, offsets, s)
        true, unknown = -w, -1
        for i in range(len(cs)):
            if cs[i] != cs[i]:
                unknown = i
            elif cs[i] != 0.0:
                true = i
            result[i] = np.nan if i - unknown < w else min(i - true, w)
