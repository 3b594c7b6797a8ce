"""Means and central moments of a window."""

import numpy as np

from components.expressions.kernels import Float, Int, bars_of, helper, run_start


@helper
def sums(x: Float, b: int, w: int, before_W: Float, after_W: Float) -> None:
    """Sums of z = x[j] - x[b]: over the bars j < b of the window that ends at b + k, and over b .. b + k."""
    before = after = 0.0
    before_W[w - 1] = after_W[0] = 0.0
    for k in range(1, w):
        before += x[max(b - k, 0)] - x[b]
        before_W[w - 1 - k] = before
        after += x[min(b + k, len(x) - 1)] - x[b]
        after_W[k] = after


@helper
def square_sums(x: Float, b: int, w: int, before_PW: Float, after_PW: Float) -> None:
    """The same for z and z^2."""
    before = before_square = after = after_square = 0.0
    before_PW[:, w - 1] = after_PW[:, 0] = 0.0
    for k in range(1, w):
        z = x[max(b - k, 0)] - x[b]
        before += z
        before_square += z * z
        before_PW[0, w - 1 - k], before_PW[1, w - 1 - k] = before, before_square
        z = x[min(b + k, len(x) - 1)] - x[b]
        after += z
        after_square += z * z
        after_PW[0, k], after_PW[1, k] = after, after_square


@helper
def power_sums(x: Float, b: int, w: int, before_PW: Float, after_PW: Float) -> None:
    """The same for z, z^2, z^3 and z^4."""
    before_PW[:, w - 1] = after_PW[:, 0] = 0.0
    for k in range(1, w):
        z = x[max(b - k, 0)] - x[b]
        y = x[min(b + k, len(x) - 1)] - x[b]
        z_power = y_power = 1.0
        for p in range(4):
            z_power *= z
            y_power *= y
            before_PW[p, w - 1 - k] = before_PW[p, w - k] + z_power
            after_PW[p, k] = after_PW[p, k - 1] + y_power


def mean(x: Float, offsets: Int, firsts: Int, w: int, out: Float) -> None:
    """Arithmetic mean."""
    before_W, after_W = np.empty(w), np.empty(w)
    for s in range(len(offsets) - 1):
        xs, result = bars_of(x, offsets, s), bars_of(out, offsets, s)
        for b in range(run_start(firsts[s], w), len(xs), w):
            sums(xs, b, w, before_W, after_W)
            for k in range(min(w, len(xs) - b)):
                result[b + k] = xs[b] + (before_W[k] + after_W[k]) / w
        result[: w - 1] = np.nan


def sum_(x: Float, offsets: Int, firsts: Int, w: int, out: Float) -> None:
    """Sum."""
    before_W, after_W = np.empty(w), np.empty(w)
    for s in range(len(offsets) - 1):
        xs, result = bars_of(x, offsets, s), bars_of(out, offsets, s)
        for b in range(run_start(firsts[s], w), len(xs), w):
            sums(xs, b, w, before_W, after_W)
            for k in range(min(w, len(xs) - b)):
                result[b + k] = w * xs[b] + (before_W[k] + after_W[k])
        result[: w - 1] = np.nan


def var(x: Float, offsets: Int, firsts: Int, w: int, out: Float) -> None:
    """Variance with w - 1 degrees of freedom."""
    before_PW, after_PW = np.empty((2, w)), np.empty((2, w))
    for s in range(len(offsets) - 1):
        xs, result = bars_of(x, offsets, s), bars_of(out, offsets, s)
        for b in range(run_start(firsts[s], w), len(xs), w):
            square_sums(xs, b, w, before_PW, after_PW)
            for k in range(min(w, len(xs) - b)):
                total = before_PW[0, k] + after_PW[0, k]
                spread = before_PW[1, k] + after_PW[1, k] - total * total / w
                result[b + k] = 0.0 if spread < 0.0 else spread / (w - 1)
        result[: w - 1] = np.nan


def skew(x: Float, offsets: Int, firsts: Int, w: int, out: Float) -> None:
    """Skewness G1, NaN where all values are equal."""
    before_PW, after_PW = np.empty((4, w)), np.empty((4, w))
    factor = np.sqrt(w * (w - 1.0)) / (w - 2.0)
    for s in range(len(offsets) - 1):
        xs, result = bars_of(x, offsets, s), bars_of(out, offsets, s)
        for b in range(run_start(firsts[s], w), len(xs), w):
            power_sums(xs, b, w, before_PW, after_PW)
            for k in range(min(w, len(xs) - b)):
                m = (before_PW[0, k] + after_PW[0, k]) / w
                square = (before_PW[1, k] + after_PW[1, k]) / w
                cube = (before_PW[2, k] + after_PW[2, k]) / w
                m2 = square - m * m
                m3 = cube - 3.0 * m * square + 2.0 * m**3
                result[b + k] = factor * m3 / m2**1.5 if m2 > 0.0 else np.nan
        result[: w - 1] = np.nan


def kurt(x: Float, offsets: Int, firsts: Int, w: int, out: Float) -> None:
    """Excess kurtosis G2, NaN where all values are equal."""
    before_PW, after_PW = np.empty((4, w)), np.empty((4, w))
    factor = (w - 1.0) / ((w - 2.0) * (w - 3.0))
    for s in range(len(offsets) - 1):
        xs, result = bars_of(x, offsets, s), bars_of(out, offsets, s)
        for b in range(run_start(firsts[s], w), len(xs), w):
            power_sums(xs, b, w, before_PW, after_PW)
            for k in range(min(w, len(xs) - b)):
                m = (before_PW[0, k] + after_PW[0, k]) / w
                square = (before_PW[1, k] + after_PW[1, k]) / w
                cube = (before_PW[2, k] + after_PW[2, k]) / w
                fourth = (before_PW[3, k] + after_PW[3, k]) / w
                m2 = square - m * m
                m4 = fourth - 4.0 * m * cube + 6.0 * m**2 * square - 3.0 * m**4
                excess = factor * ((w + 1.0) * m4 / (m2 * m2) - 3.0 * (w - 1.0))
                result[b + k] = excess if m2 > 0.0 else np.nan
        result[: w - 1] = np.nan


def mad(x: Float, offsets: Int, w: int, out: Float) -> None:
    """Mean absolute deviation from the window's mean; O(w) per bar, for want of a running form."""
    for s in range(len(offsets) - 1):
        xs, result = bars_of(x, offsets, s), bars_of(out, offsets, s)
        result[: w - 1] = np.nan
        for i in range(w - 1, len(xs)):
            window = xs[i - w + 1 : i + 1]
            total = 0.0
            for value in window:
                total += value - xs[i]
            middle = total / w
            total = 0.0
            for value in window:
                total += abs(value - xs[i] - middle)
            result[i] = total / w
