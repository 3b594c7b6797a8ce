"""The exponential mean of a window."""

import numpy as np

from components.expressions.kernels import Float, Int, bars_of, run_start


def ema(x: Float, offsets: Int, firsts: Int, span: int, w: int, out: Float) -> None:
    """Mean of w bars with weights (1 - a)^k, a = 2 / (span + 1), for the bar k bars ago."""
    decay = 1.0 - 2.0 / (span + 1.0)
    weights = decay ** np.arange(w + 1)
    weights_sum = weights[:w].sum()
    before_W, after_W = np.empty(w), np.empty(w)
    for s in range(len(offsets) - 1):
        xs, result = bars_of(x, offsets, s), bars_of(out, offsets, s)
        for b in range(run_start(firsts[s], w), len(xs), w):
            # before_W: bars before b, weighted as seen from bar b - 1.
            before = after = 0.0
            before_W[w - 1] = after_W[0] = 0.0
            for k in range(1, w):
                before += weights[k - 1] * (xs[max(b - k, 0)] - xs[b])
                before_W[w - 1 - k] = before
                after = decay * after + (xs[min(b + k, len(xs) - 1)] - xs[b])
                after_W[k] = after
            for k in range(min(w, len(xs) - b)):
                result[b + k] = xs[b] + (before_W[k] * weights[k + 1] + after_W[k]) / weights_sum
        result[: w - 1] = np.nan
