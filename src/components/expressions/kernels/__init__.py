"""Kernels of the operators, and how they are compiled.

A kernel is a plain function `kernel(*series, offsets, *constants, out)`: series and out are columns (N,)
float64 of a block of symbols, the rows of symbol s are offsets[s]:offsets[s+1], and nothing but those rows is
read for it. Kernels that work on runs (below) take `(*series, offsets, firsts, *constants, out)`: firsts[s] is
how many bars of symbol s, before its first row, are not given. Those that compute several outputs at once take
an array as last constant and write to out (Q, N). Cross-sectional kernels take `(x, rows,
offsets, out)`: the rows of set d are rows[offsets[d]:offsets[d+1]].

The work is shared out to threads by the engine, on blocks: kernels release the GIL and need no parallel
compilation, which takes many times as long, and no threading layer of numba, which other threads of the
process may not enter.

Window kernels work on runs of w bars. Every window that ends within the run starting at bar b contains b
itself, the bars of the run up to its end, and some last bars of the run before. Two passes, one backwards
from b and one forward, give the two parts. So nothing is ever subtracted: values that have left the window
leave no trace, a missing value spoils exactly the windows that contain it, and sums may be taken around x[b],
which keeps them as small as the window's own spread (x[b] being in the window, its distance from the mean is
at most sqrt(w) standard deviations). Windows that are not full read what is there and are set to NaN after.

Runs begin at the bars 0, w, 2 w, ... of the symbol's whole history, not of what is given of it: so a value is
made of the same numbers in the same order, and has the same bits, if only the last bars are given.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import numba
import numpy as np
import numpy.typing as npt

from components.compilation import FLOATS, compiled, helper, read

__all__ = [
    "Float",
    "Int",
    "adding_kernel",
    "bars_of",
    "cross_kernel",
    "helper",
    "run_start",
    "stream_kernels",
    "window_kernel",
]

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]


@helper
def bars_of(x: Float, offsets: Int, s: int) -> Float:
    """The column of symbol s alone; indices counted from 0 are never negative, which lets loops vectorise."""
    return x[offsets[s] : offsets[s + 1]]


@helper
def run_start(first: int, w: int) -> int:
    """The row at which the first run of w bars begins that is given from its beginning."""
    return -first % w


@cache
def window_kernel(
    name: str, series: int, constants: tuple[type, ...], *, runs: bool, several: bool
) -> Callable[..., None]:
    """The compiled kernel "module.function"; constants: int or float each; runs: it takes firsts; several: it takes
    many values of the last constant and writes as many rows."""
    rows = [read(numba.int64)] * (1 + runs)
    types = [numba.int64 if constant is int else numba.float64 for constant in constants]
    if several:
        types[-1] = read(types[-1])
    return _compiled(name, *[read(numba.float64)] * series, *rows, *types, FLOATS.copy(ndim=2) if several else FLOATS)


@cache
def cross_kernel(name: str) -> Callable[..., None]:
    """The compiled cross-sectional kernel "module.function"."""
    return _compiled(name, read(numba.float64), read(numba.int64), read(numba.int64), FLOATS)


@cache
def adding_kernel() -> Callable[..., None]:
    """`adding.stretches`, compiled."""
    return _compiled("adding.stretches", read(numba.float64), read(numba.int64), FLOATS)


@cache
def stream_kernels() -> tuple[Callable[..., None], Callable[..., None], Callable[..., None]]:
    """`begin`, `run` and `finish` of `streaming`, compiled."""
    ints, state, counts = read(numba.int64), FLOATS.copy(ndim=2), FLOATS.copy(dtype=numba.int64)
    inputs, results = read(numba.float64, 2), FLOATS.copy(dtype=numba.float32, ndim=2)
    program = read(numba.int64, 2)
    return (
        _compiled("streaming.begin", ints, ints, state, counts, ints, inputs),
        _compiled("streaming.run", program, read(numba.float64), ints, ints, numba.int64, state, counts, ints),
        _compiled("streaming.finish", ints, ints, state, counts, ints, ints, results),
    )


def _compiled(name: str, *types: Any) -> Callable[..., None]:
    module, function = name.split(".")
    return compiled(getattr(import_module(f"{__name__}.{module}"), function), *types)
