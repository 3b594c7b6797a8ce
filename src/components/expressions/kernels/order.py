"""Order statistics of a window."""

import numpy as np

from components.expressions.kernels import Float, Int, bars_of, helper


@helper
def place(values: Float, value: float) -> int:
    """Number of values that are less than value; counting all of them vectorises, searching does not."""
    less = 0
    for other in values:
        less += other < value
    return less


@helper
def replace(values: Float, hole: int, new: float) -> None:
    """Puts new into sorted values in place of values[hole]."""
    while hole > 0 and values[hole - 1] > new:
        values[hole] = values[hole - 1]
        hole -= 1
    while hole < len(values) - 1 and values[hole + 1] < new:
        values[hole] = values[hole + 1]
        hole += 1
    values[hole] = new


def quantiles(x: Float, offsets: Int, w: int, q_Q: Float, out_QN: Float) -> None:
    """Quantiles of the window, linear between its sorted values."""
    position_Q = (w - 1) * q_Q
    values = np.empty(w)
    for s in range(len(offsets) - 1):
        xs, first = bars_of(x, offsets, s), offsets[s]
        values[:] = np.inf
        missing = -1
        for i in range(len(xs)):
            # Missing values, and those before the first bar, stand as infinite in the sorted window; adding 0
            # makes one zero of two, whose order there would depend on earlier bars.
            old = xs[i - w] + 0.0 if i >= w else np.nan
            old, new = old if old == old else np.inf, xs[i] + 0.0 if xs[i] == xs[i] else np.inf
            replace(values, place(values, old), new)
            if xs[i] != xs[i]:
                missing = i
            for n in range(len(q_Q)):
                low = int(position_Q[n])
                part = position_Q[n] - low
                value = values[low] if part == 0.0 else values[low] + (values[low + 1] - values[low]) * part
                out_QN[n, first + i] = np.nan if i - missing < w else value


def rank(x: Float, offsets: Int, w: int, out: Float) -> None:
    """Rank of the window's last value among its values, divided by w; average of ties.

    O(w) per bar, but vectorised: no slower than a sorted window up to windows of some thousand bars.
    """
    for s in range(len(offsets) - 1):
        xs, result = bars_of(x, offsets, s), bars_of(out, offsets, s)
        missing = -1
        for i in range(len(xs)):
            if xs[i] != xs[i]:
                missing = i
            if i - missing < w:
                result[i] = np.nan
                continue
            count = 0
            for value in xs[i - w + 1 : i + 1]:
                count += (value < xs[i]) + (value <= xs[i])
            result[i] = (count + 1) / (2.0 * w)
