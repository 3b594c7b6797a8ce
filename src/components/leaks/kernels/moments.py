"""Sums over cells, of all pairs of one series with several others."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numba
import numpy as np

from components.compilation import compiled, read

SUMS = 7
"""n, x, y, xx, yy, xy, xxxx: the sums that `moments` takes, over the rows where both are finite."""


@cache
def moments() -> Callable[..., None]:
    """(x_R, y_KR, start_C1, out_KC7): the rows of cell c are start_C1[c]:start_C1[c + 1]."""
    return compiled(_moments, read(numba.float64), read(numba.float32, 2), read(numba.int64), _floats(3))


@cache
def binned() -> Callable[..., None]:
    """(bin_R, y_KR, block_R, out_KBQ2): count and sum of y by block and bin; bin -1 is left out."""
    return compiled(_binned, read(numba.int64), read(numba.float64, 2), read(numba.int64), _floats(4))


@cache
def paired() -> Callable[..., None]:
    """(bin_NR, left_P, right_P, y_KR, block_R, n_bins, gap, out_PK2): of pairs of columns, the correlation of y with
    what it was on average in the same two bins in blocks that are not near, and its standard error by blocks."""
    integer = numba.int64
    return compiled(
        _paired,
        read(numba.int64, 2),
        read(numba.int64),
        read(numba.int64),
        read(numba.float64, 2),
        read(numba.int64),
        integer,
        integer,
        _floats(3),
    )


def _floats(ndim: int) -> Any:
    return numba.types.Array(numba.float64, ndim, "C")


def _moments(x_R: Any, y_KR: Any, start_C1: Any, out_KC7: Any) -> None:
    for k in range(y_KR.shape[0]):
        for c in range(len(start_C1) - 1):
            n = sx = sy = sxx = syy = sxy = quart = 0.0
            for row in range(start_C1[c], start_C1[c + 1]):
                x, y = x_R[row], float(y_KR[k, row])
                if np.isnan(x) or np.isnan(y):
                    continue
                square = x * x
                n += 1
                sx += x
                sy += y
                sxx += square
                syy += y * y
                sxy += x * y
                quart += square * square
            out_KC7[k, c, 0] = n
            out_KC7[k, c, 1] = sx
            out_KC7[k, c, 2] = sy
            out_KC7[k, c, 3] = sxx
            out_KC7[k, c, 4] = syy
            out_KC7[k, c, 5] = sxy
            out_KC7[k, c, 6] = quart


def _binned(bin_R: Any, y_KR: Any, block_R: Any, out_KBQ2: Any) -> None:
    out_KBQ2[:] = 0.0
    for row in range(len(bin_R)):
        q = bin_R[row]
        if q < 0:
            continue
        b = block_R[row]
        for k in range(y_KR.shape[0]):
            y = y_KR[k, row]
            if not np.isnan(y):
                out_KBQ2[k, b, q, 0] += 1.0
                out_KBQ2[k, b, q, 1] += y


def _paired(
    bin_NR: Any, left_P: Any, right_P: Any, y_KR: Any, block_R: Any, n_bins: Any, gap: Any, out_PK2: Any
) -> None:
    n_rows, n_blocks = y_KR.shape[1], block_R[-1] + 1
    cells = n_bins * n_bins
    count = np.empty((n_blocks, cells))
    total = np.empty((n_blocks, cells))
    rest_n = np.empty(cells)
    rest = np.empty(cells)
    product = np.empty(n_blocks)
    for p in range(len(left_P)):
        for k in range(y_KR.shape[0]):
            count[:] = 0.0
            total[:] = 0.0
            square = 0.0
            for row in range(n_rows):
                a, b, y = bin_NR[left_P[p], row], bin_NR[right_P[p], row], y_KR[k, row]
                if a < 0 or b < 0 or np.isnan(y):
                    continue
                cell = a * n_bins + b
                count[block_R[row], cell] += 1.0
                total[block_R[row], cell] += y
                square += y * y
            told = 0.0
            for block in range(n_blocks):
                rest_n[:] = 0.0
                rest[:] = 0.0
                for other in range(n_blocks):
                    if abs(other - block) > gap:
                        for cell in range(cells):
                            rest_n[cell] += count[other, cell]
                            rest[cell] += total[other, cell]
                product[block] = 0.0
                for cell in range(cells):
                    if rest_n[cell] >= 5:
                        mean = rest[cell] / rest_n[cell]
                        product[block] += total[block, cell] * mean
                        told += count[block, cell] * mean * mean
            mean = product.mean()
            spread = 0.0
            for block in range(n_blocks):
                spread += (product[block] - mean) ** 2
            scale = np.sqrt(told * square)
            out_PK2[p, k, 0] = product.sum() / scale if scale > 0 else 0.0
            spread = np.sqrt(spread / (n_blocks - 1) * n_blocks)
            out_PK2[p, k, 1] = product.sum() / spread if spread > 0 else 0.0
