"""Least-squares lines over the bars of a window, and how two series move together."""

import numpy as np

from components.expressions.kernels import Float, Int, bars_of, helper, run_start

LEVEL, TREND, SQUARE = 0, 1, 2


@helper
def line_sums(x: Float, b: int, w: int, before_PW: Float, after_PW: Float) -> None:
    """Sums of z = x[j] - x[b], of (j - b) z and of z^2: over the bars j < b of the window that ends at b + k,
    and over b .. b + k."""
    before = before_trend = before_square = 0.0
    after = after_trend = after_square = 0.0
    before_PW[:, w - 1] = after_PW[:, 0] = 0.0
    for k in range(1, w):
        z = x[max(b - k, 0)] - x[b]
        before += z
        before_trend -= k * z
        before_square += z * z
        before_PW[LEVEL, w - 1 - k] = before
        before_PW[TREND, w - 1 - k] = before_trend
        before_PW[SQUARE, w - 1 - k] = before_square
        z = x[min(b + k, len(x) - 1)] - x[b]
        after += z
        after_trend += k * z
        after_square += z * z
        after_PW[LEVEL, k], after_PW[TREND, k], after_PW[SQUARE, k] = after, after_trend, after_square


@helper
def lines(x: Float, offsets: Int, firsts: Int, w: int, wanted: int, out: Float) -> None:
    """Of the least-squares line of x over the bars: last residual (LEVEL), slope (TREND), R squared (SQUARE)."""
    before_PW, after_PW = np.empty((3, w)), np.empty((3, w))
    bars_spread = w * (w * w - 1.0) / 12.0
    for s in range(len(offsets) - 1):
        xs, result = bars_of(x, offsets, s), bars_of(out, offsets, s)
        for b in range(run_start(firsts[s], w), len(xs), w):
            line_sums(xs, b, w, before_PW, after_PW)
            for k in range(min(w, len(xs) - b)):
                total = before_PW[LEVEL, k] + after_PW[LEVEL, k]
                middle = k - (w - 1) / 2.0
                together = before_PW[TREND, k] + after_PW[TREND, k] - middle * total
                slope = together / bars_spread
                if wanted == LEVEL:
                    result[b + k] = xs[b + k] - xs[b] - total / w - slope * (w - 1) / 2.0
                elif wanted == TREND:
                    result[b + k] = slope
                else:
                    spread = before_PW[SQUARE, k] + after_PW[SQUARE, k] - total * total / w
                    result[b + k] = min(slope * together / spread, 1.0) if spread > 0.0 else np.nan
        result[: w - 1] = np.nan


def slope(x: Float, offsets: Int, firsts: Int, w: int, out: Float) -> None:
    """Slope of the line, per bar."""
    lines(x, offsets, firsts, w, TREND, out)


def rsquare(x: Float, offsets: Int, firsts: Int, w: int, out: Float) -> None:
    """R squared of the line, NaN where all values are equal."""
    lines(x, offsets, firsts, w, SQUARE, out)


def resid(x: Float, offsets: Int, firsts: Int, w: int, out: Float) -> None:
    """Last value minus the line."""
    lines(x, offsets, firsts, w, LEVEL, out)


def wma(x: Float, offsets: Int, firsts: Int, w: int, out: Float) -> None:
    """Mean with weights 1 (oldest bar) to w (this bar)."""
    before_PW, after_PW = np.empty((3, w)), np.empty((3, w))
    weights_sum = w * (w + 1.0) / 2.0
    for s in range(len(offsets) - 1):
        xs, result = bars_of(x, offsets, s), bars_of(out, offsets, s)
        for b in range(run_start(firsts[s], w), len(xs), w):
            line_sums(xs, b, w, before_PW, after_PW)
            for k in range(min(w, len(xs) - b)):
                total = before_PW[LEVEL, k] + after_PW[LEVEL, k]
                weighted = before_PW[TREND, k] + after_PW[TREND, k] + (w - k) * total
                result[b + k] = xs[b] + weighted / weights_sum
        result[: w - 1] = np.nan


@helper
def pair_sums(x: Float, y: Float, b: int, w: int, before_PW: Float, after_PW: Float) -> None:
    """Sums of u = x[j] - x[b], v = y[j] - y[b], uv, u^2, v^2: over the bars j < b of the window that ends at
    b + k, and over b .. b + k."""
    su = sv = suv = suu = svv = 0.0
    tu = tv = tuv = tuu = tvv = 0.0
    before_PW[:, w - 1] = after_PW[:, 0] = 0.0
    for k in range(1, w):
        j = max(b - k, 0)
        u, v = x[j] - x[b], y[j] - y[b]
        su, sv, suv, suu, svv = su + u, sv + v, suv + u * v, suu + u * u, svv + v * v
        j = w - 1 - k
        before_PW[0, j], before_PW[1, j], before_PW[2, j] = su, sv, suv
        before_PW[3, j], before_PW[4, j] = suu, svv
        j = min(b + k, len(x) - 1)
        u, v = x[j] - x[b], y[j] - y[b]
        tu, tv, tuv, tuu, tvv = tu + u, tv + v, tuv + u * v, tuu + u * u, tvv + v * v
        after_PW[0, k], after_PW[1, k], after_PW[2, k] = tu, tv, tuv
        after_PW[3, k], after_PW[4, k] = tuu, tvv


COVARIANCE, CORRELATION, BETA = 0, 1, 2


@helper
def pairs(x: Float, y: Float, offsets: Int, firsts: Int, w: int, wanted: int, out: Float) -> None:
    """Covariance, correlation or beta of x and y."""
    before_PW, after_PW = np.empty((5, w)), np.empty((5, w))
    for s in range(len(offsets) - 1):
        xs, ys, result = bars_of(x, offsets, s), bars_of(y, offsets, s), bars_of(out, offsets, s)
        for b in range(run_start(firsts[s], w), len(xs), w):
            pair_sums(xs, ys, b, w, before_PW, after_PW)
            for k in range(min(w, len(xs) - b)):
                u, v = before_PW[0, k] + after_PW[0, k], before_PW[1, k] + after_PW[1, k]
                together = before_PW[2, k] + after_PW[2, k] - u * v / w
                x_spread = before_PW[3, k] + after_PW[3, k] - u * u / w
                y_spread = before_PW[4, k] + after_PW[4, k] - v * v / w
                if wanted == COVARIANCE:
                    result[b + k] = together / (w - 1)
                elif wanted == BETA:
                    result[b + k] = together / y_spread if y_spread > 0.0 else np.nan
                elif x_spread > 0.0 and y_spread > 0.0:
                    r = together / (np.sqrt(x_spread) * np.sqrt(y_spread))
                    result[b + k] = min(max(r, -1.0), 1.0)
                else:
                    result[b + k] = np.nan
        result[: w - 1] = np.nan


def cov(x: Float, y: Float, offsets: Int, firsts: Int, w: int, out: Float) -> None:
    """Covariance with w - 1 degrees of freedom."""
    pairs(x, y, offsets, firsts, w, COVARIANCE, out)


def corr(x: Float, y: Float, offsets: Int, firsts: Int, w: int, out: Float) -> None:
    """Pearson correlation, NaN where all values of x or of y are equal."""
    pairs(x, y, offsets, firsts, w, CORRELATION, out)


def beta(x: Float, y: Float, offsets: Int, firsts: Int, w: int, out: Float) -> None:
    """Slope of x on y, NaN where all values of y are equal."""
    pairs(x, y, offsets, firsts, w, BETA, out)
