"""Means and central moments of a window."""

import numpy as np

from components.expressions.kernels import Float, Int, helper


@helper
def powers_before(x: Float, start: int, b: int, w: int, before_PW: Float) -> None:
    """before_PW[p, k] = sum of (x[j] - x[b])^(p+1) over the bars j < b of the window that ends at b + k."""
    powers = before_PW.shape[0]
    for p in range(powers):
        before_PW[p, w - 1] = 0.0
    for k in range(w - 2, -1, -1):
        value = x[b + k - w + 1] - x[b] if b > start else np.nan
        power = 1.0
        for p in range(powers):
            power *= value
            before_PW[p, k] = before_PW[p, k + 1] + power


@helper
def window_sums(x: Float, offsets: Int, w: int, at_centre: float, scale: float, out: Float) -> None:
    """out[i] = at_centre x[b] + scale (sum of x - x[b] over the window)."""
    before_PW = np.empty((1, w))
    before = before_PW[0]
    for s in range(len(offsets) - 1):
        start, end = offsets[s], offsets[s + 1]
        for b in range(start, end, w):
            powers_before(x, start, b, w, before_PW)
            total = 0.0
            for k in range(min(w, end - b)):
                total += x[b + k] - x[b]
                out[b + k] = at_centre * x[b] + scale * (before[k] + total)


def mean(x: Float, offsets: Int, w: int, out: Float) -> None:
    """Arithmetic mean."""
    window_sums(x, offsets, w, 1.0, 1.0 / w, out)


def sum_(x: Float, offsets: Int, w: int, out: Float) -> None:
    """Sum."""
    window_sums(x, offsets, w, float(w), 1.0, out)


def var(x: Float, offsets: Int, w: int, out: Float) -> None:
    """Variance with w - 1 degrees of freedom."""
    before_PW = np.empty((2, w))
    for s in range(len(offsets) - 1):
        start, end = offsets[s], offsets[s + 1]
        for b in range(start, end, w):
            powers_before(x, start, b, w, before_PW)
            first = second = 0.0
            for k in range(min(w, end - b)):
                value = x[b + k] - x[b]
                first += value
                second += value * value
                s1, s2 = before_PW[0, k] + first, before_PW[1, k] + second
                spread = s2 - s1 * s1 / w
                out[b + k] = 0.0 if spread < 0.0 else spread / (w - 1)


def skew(x: Float, offsets: Int, w: int, out: Float) -> None:
    """Skewness G1, NaN where all values are equal."""
    before_PW = np.empty((3, w))
    factor = np.sqrt(w * (w - 1.0)) / (w - 2.0)
    for s in range(len(offsets) - 1):
        start, end = offsets[s], offsets[s + 1]
        for b in range(start, end, w):
            powers_before(x, start, b, w, before_PW)
            first = second = third = 0.0
            for k in range(min(w, end - b)):
                value = x[b + k] - x[b]
                first += value
                second += value * value
                third += value * value * value
                m = (before_PW[0, k] + first) / w
                s2, s3 = (before_PW[1, k] + second) / w, (before_PW[2, k] + third) / w
                m2 = s2 - m * m
                m3 = s3 - 3.0 * m * s2 + 2.0 * m * m * m
                out[b + k] = factor * m3 / m2**1.5 if m2 > 0.0 else np.nan


def kurt(x: Float, offsets: Int, w: int, out: Float) -> None:
    """Excess kurtosis G2, NaN where all values are equal."""
    before_PW = np.empty((4, w))
    factor = (w - 1.0) / ((w - 2.0) * (w - 3.0))
    for s in range(len(offsets) - 1):
        start, end = offsets[s], offsets[s + 1]
        for b in range(start, end, w):
            powers_before(x, start, b, w, before_PW)
            first = second = third = fourth = 0.0
            for k in range(min(w, end - b)):
                value = x[b + k] - x[b]
                square = value * value
                first += value
                second += square
                third += square * value
                fourth += square * square
                m = (before_PW[0, k] + first) / w
                s2, s3 = (before_PW[1, k] + second) / w, (before_PW[2, k] + third) / w
                m2 = s2 - m * m
                m4 = (before_PW[3, k] + fourth) / w - 4.0 * m * s3 + 6.0 * m * m * s2 - 3.0 * m * m * m * m
                out[b + k] = factor * ((w + 1.0) * m4 / (m2 * m2) - 3.0 * (w - 1.0)) if m2 > 0.0 else np.nan


def mad(x: Float, offsets: Int, w: int, out: Float) -> None:
    """Mean absolute deviation from the window's mean; O(w) per bar, for want of a running form."""
    window_sums(x, offsets, w, 1.0, 1.0 / w, out)
    for s in range(len(offsets) - 1):
        for i in range(offsets[s + 1] - 1, offsets[s] + w - 2, -1):
            total = 0.0
            for j in range(i - w + 1, i + 1):
                total += abs(x[j] - out[i])
            out[i] = total / w
