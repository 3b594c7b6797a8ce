"""Moving a column along the bars of each symbol."""

import numpy as np

from components.expressions.kernels import Float, Int, bars_of


def ref(x: Float, offsets: Int, n: int, out: Float) -> None:
    """out[i] = x[i - n], NaN where the symbol has no such bar."""
    for s in range(len(offsets) - 1):
        xs, result = bars_of(x, offsets, s), bars_of(out, offsets, s)
        first, last = min(max(n, 0), len(xs)), max(min(len(xs), len(xs) + n), 0)
        result[:first] = np.nan
        result[last:] = np.nan
        for i in range(first, last):
            result[i] = xs[i - n]
