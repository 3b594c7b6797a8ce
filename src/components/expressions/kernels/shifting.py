"""Moving a column along the bars of each symbol."""

import numpy as np

from components.expressions.kernels import Float, Int


def ref(x: Float, offsets: Int, n: int, out: Float) -> None:
    """out[i] = x[i - n], NaN where the symbol has no such bar."""
    for s in range(len(offsets) - 1):
        start, end = offsets[s], offsets[s + 1]
        for i in range(start, end):
            j = i - n
            out[i] = x[j] if start <= j < end else np.nan
