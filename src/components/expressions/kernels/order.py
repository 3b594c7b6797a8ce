"""Order statistics of a window."""

import numpy as np

from components.expressions.kernels import Float, Int, helper


@helper
def place(values: Float, count: int, value: float, ties: bool) -> int:
    """Number of the first `count` sorted values that are less than value, or equal to it if ties count."""
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if values[middle] < value or (ties and values[middle] == value):
            low = middle + 1
        else:
            high = middle
    return low


@helper
def replaced(values: Float, count: int, old: float, new: float) -> int:
    """Takes old out of the sorted values and puts new in, NaN standing for none; their new count."""
    hole = count
    if old == old:
        hole = place(values, count, old, False)
        count -= 1
    if new != new:
        for j in range(hole, count):
            values[j] = values[j + 1]
        return count
    while hole > 0 and values[hole - 1] > new:
        values[hole] = values[hole - 1]
        hole -= 1
    while hole < count and values[hole + 1] < new:
        values[hole] = values[hole + 1]
        hole += 1
    values[hole] = new
    return count + 1


def quantile(x: Float, offsets: Int, w: int, q: float, out: Float) -> None:
    """Quantile q of the window, linear between its sorted values."""
    values = np.empty(w + 1)
    position = (w - 1) * q
    low = int(position)
    part = position - low
    for s in range(len(offsets) - 1):
        start = offsets[s]
        count = 0
        for i in range(start, offsets[s + 1]):
            count = replaced(values, count, x[i - w] if i - w >= start else np.nan, x[i])
            if count < w:
                out[i] = np.nan
            elif part == 0.0:
                out[i] = values[low]
            else:
                out[i] = values[low] + (values[low + 1] - values[low]) * part


def rank(x: Float, offsets: Int, w: int, out: Float) -> None:
    """Rank of the window's last value among its values, divided by w; average of ties.

    Counting the whole window each time is what a sorted window costs as well, and vectorises.
    """
    for s in range(len(offsets) - 1):
        start = offsets[s]
        missing = start - 1
        for i in range(start, offsets[s + 1]):
            if x[i] != x[i]:
                missing = i
            if i - missing < w:
                out[i] = np.nan
                continue
            less = equal = 0
            for j in range(i - w + 1, i + 1):
                less += x[j] < x[i]
                equal += x[j] == x[i]
            out[i] = (less + (equal + 1) / 2.0) / w
