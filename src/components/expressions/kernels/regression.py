"""Least-squares lines over the bars of a window, and how two series move together."""

import numpy as np

from components.expressions.kernels import Float, Int, helper

LEVEL, TREND, SQUARE = 0, 1, 2


@helper
def line_before(x: Float, start: int, b: int, w: int, before_PW: Float) -> None:
    """Sums over the bars j < b of the window that ends at b + k, of z = x[j] - x[b], (j - b) z and z^2."""
    before_PW[:, w - 1] = 0.0
    for k in range(w - 2, -1, -1):
        bars = k - w + 1
        z = x[b + bars] - x[b] if b > start else np.nan
        before_PW[LEVEL, k] = before_PW[LEVEL, k + 1] + z
        before_PW[TREND, k] = before_PW[TREND, k + 1] + bars * z
        before_PW[SQUARE, k] = before_PW[SQUARE, k + 1] + z * z


@helper
def lines(x: Float, offsets: Int, w: int, wanted: int, out: Float) -> None:
    """The least-squares line of x over the bars: its slope, its R squared or the last residual."""
    before_PW = np.empty((3, w))
    bars_spread = w * (w * w - 1.0) / 12.0
    for s in range(len(offsets) - 1):
        start, end = offsets[s], offsets[s + 1]
        for b in range(start, end, w):
            line_before(x, start, b, w, before_PW)
            level = trend = square = 0.0
            for k in range(min(w, end - b)):
                z = x[b + k] - x[b]
                level += z
                trend += k * z
                square += z * z
                total = before_PW[LEVEL, k] + level
                middle = k - (w - 1) / 2.0
                together = before_PW[TREND, k] + trend - middle * total
                slope = together / bars_spread
                if wanted == LEVEL:
                    out[b + k] = z - total / w - slope * (w - 1) / 2.0
                elif wanted == TREND:
                    out[b + k] = slope
                else:
                    spread = before_PW[SQUARE, k] + square - total * total / w
                    out[b + k] = min(slope * together / spread, 1.0) if spread > 0.0 else np.nan


def slope(x: Float, offsets: Int, w: int, out: Float) -> None:
    """Slope of the line, per bar."""
    lines(x, offsets, w, TREND, out)


def rsquare(x: Float, offsets: Int, w: int, out: Float) -> None:
    """R squared of the line, NaN where all values are equal."""
    lines(x, offsets, w, SQUARE, out)


def resid(x: Float, offsets: Int, w: int, out: Float) -> None:
    """Last value minus the line."""
    lines(x, offsets, w, LEVEL, out)


COVARIANCE, CORRELATION, BETA = 0, 1, 2


@helper
def pair_before(x: Float, y: Float, start: int, b: int, w: int, before_PW: Float) -> None:
    """Sums over the bars j < b of the window that ends at b + k, of u = x[j] - x[b], v = y[j] - y[b], uv, uu, vv."""
    before_PW[:, w - 1] = 0.0
    for k in range(w - 2, -1, -1):
        j = b + k - w + 1
        u = x[j] - x[b] if b > start else np.nan
        v = y[j] - y[b] if b > start else np.nan
        before_PW[0, k] = before_PW[0, k + 1] + u
        before_PW[1, k] = before_PW[1, k + 1] + v
        before_PW[2, k] = before_PW[2, k + 1] + u * v
        before_PW[3, k] = before_PW[3, k + 1] + u * u
        before_PW[4, k] = before_PW[4, k + 1] + v * v


@helper
def pairs(x: Float, y: Float, offsets: Int, w: int, wanted: int, out: Float) -> None:
    """Covariance, correlation or beta of x and y."""
    before_PW = np.empty((5, w))
    for s in range(len(offsets) - 1):
        start, end = offsets[s], offsets[s + 1]
        for b in range(start, end, w):
            pair_before(x, y, start, b, w, before_PW)
            su = sv = suv = suu = svv = 0.0
            for k in range(min(w, end - b)):
                u, v = x[b + k] - x[b], y[b + k] - y[b]
                su += u
                sv += v
                suv += u * v
                suu += u * u
                svv += v * v
                u1, v1 = before_PW[0, k] + su, before_PW[1, k] + sv
                together = before_PW[2, k] + suv - u1 * v1 / w
                if wanted == COVARIANCE:
                    out[b + k] = together / (w - 1)
                    continue
                y_spread = before_PW[4, k] + svv - v1 * v1 / w
                if wanted == BETA:
                    out[b + k] = together / y_spread if y_spread > 0.0 else np.nan
                    continue
                x_spread = before_PW[3, k] + suu - u1 * u1 / w
                defined = x_spread > 0.0 and y_spread > 0.0
                r = together / (np.sqrt(x_spread) * np.sqrt(y_spread)) if defined else np.nan
                out[b + k] = r if r != r else min(max(r, -1.0), 1.0)


def cov(x: Float, y: Float, offsets: Int, w: int, out: Float) -> None:
    """Covariance with w - 1 degrees of freedom."""
    pairs(x, y, offsets, w, COVARIANCE, out)


def corr(x: Float, y: Float, offsets: Int, w: int, out: Float) -> None:
    """Pearson correlation, NaN where all values of x or of y are equal."""
    pairs(x, y, offsets, w, CORRELATION, out)


def beta(x: Float, y: Float, offsets: Int, w: int, out: Float) -> None:
    """Slope of x on y, NaN where all values of y are equal."""
    pairs(x, y, offsets, w, BETA, out)
