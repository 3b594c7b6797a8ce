"""Weighted means of a window."""

import math

import numpy as np

from components.expressions.kernels import Float, Int

EMA_TAIL = 1e-9


def ema(x: Float, offsets: Int, span: int, out: Float) -> None:
    """Exponential mean over the bars whose weight (1 - a)^k, a = 2 / (span + 1), is at least 1e-9."""
    decay = 1.0 - 2.0 / (span + 1.0)
    w = 1 if decay == 0.0 else math.floor(math.log(EMA_TAIL) / math.log(decay)) + 1
    weights = np.empty(w + 1)
    weights[0] = 1.0
    for k in range(w):
        weights[k + 1] = weights[k] * decay
    weights_sum = weights[:w].sum()
    before = np.empty(w)
    for s in range(len(offsets) - 1):
        start, end = offsets[s], offsets[s + 1]
        for b in range(start, end, w):
            # before[k]: bars j < b with the weights they have at bar b - 1.
            total = 0.0 if b > start else np.nan
            before[w - 1] = 0.0
            for k in range(w - 2, -1, -1):
                if b > start:
                    total += weights[w - 2 - k] * (x[b + k - w + 1] - x[b])
                before[k] = total
            total = 0.0
            for k in range(min(w, end - b)):
                total = decay * total + (x[b + k] - x[b])
                out[b + k] = x[b] + (before[k] * weights[k + 1] + total) / weights_sum


def wma(x: Float, offsets: Int, w: int, out: Float) -> None:
    """Mean with weights 1 (oldest bar) to w (this bar)."""
    weights_sum = w * (w + 1.0) / 2.0
    level_before, trend_before = np.empty(w), np.empty(w)
    for s in range(len(offsets) - 1):
        start, end = offsets[s], offsets[s + 1]
        for b in range(start, end, w):
            level = trend = 0.0
            level_before[w - 1] = trend_before[w - 1] = 0.0
            for k in range(w - 2, -1, -1):
                z = x[b + k - w + 1] - x[b] if b > start else np.nan
                level += z
                trend += (k - w + 1) * z
                level_before[k], trend_before[k] = level, trend
            level = trend = 0.0
            for k in range(min(w, end - b)):
                z = x[b + k] - x[b]
                level += z
                trend += k * z
                both = trend_before[k] + trend + (w - k) * (level_before[k] + level)
                out[b + k] = x[b] + both / weights_sum
