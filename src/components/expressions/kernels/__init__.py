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

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
Function = TypeVar("Function", bound=Callable[..., Any])


def helper(function: Function) -> Function:
    """A function that kernels call; it is compiled into each of them."""
    compiled: Function = numba.njit(error_model="numpy")(function)
    return compiled


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
    rows = [_input(numba.int64)] * (1 + runs)
    types = [numba.int64 if constant is int else numba.float64 for constant in constants]
    if several:
        types[-1] = _input(types[-1])
    return _compiled(name, *[_input(numba.float64)] * series, *rows, *types, _OUT.copy(ndim=2) if several else _OUT)


@cache
def cross_kernel(name: str) -> Callable[..., None]:
    """The compiled cross-sectional kernel "module.function"."""
    return _compiled(name, _input(numba.float64), _input(numba.int64), _input(numba.int64), _OUT)


@cache
def stream_kernels() -> tuple[Callable[..., None], Callable[..., None], Callable[..., None]]:
    """`begin`, `run` and `finish` of `streaming`, compiled."""
    ints, state, counts = _input(numba.int64), _OUT.copy(ndim=2), _OUT.copy(dtype=numba.int64)
    inputs, results = _input(numba.float64).copy(ndim=2), _OUT.copy(dtype=numba.float32, ndim=2)
    program = ints.copy(ndim=2)
    return (
        _compiled("streaming.begin", ints, ints, state, counts, ints, inputs),
        _compiled("streaming.run", program, _input(numba.float64), ints, ints, numba.int64, state, counts, ints),
        _compiled("streaming.finish", ints, ints, state, counts, ints, ints, results),
    )


_OUT = numba.types.Array(numba.float64, 1, "C")


def _input(dtype: Any) -> Any:
    return numba.types.Array(dtype, 1, "C", readonly=True)


def _compiled(name: str, *arguments: Any) -> Callable[..., None]:
    module, function = name.split(".")
    python = getattr(import_module(f"{__name__}.{module}"), function)
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(_cache_folder())
    try:
        signature = numba.void(*arguments)
        compiled: Callable[..., None] = numba.njit(signature, cache=True, nogil=True, error_model="numpy")(python)
    finally:
        numba.config.CACHE_DIR = before
    return compiled


@cache
def _cache_folder() -> Path:
    """Where compiled kernels are kept.

    numba notices an edit of the file that a kernel stands in, but not of a helper in another file: the name
    of the folder contains the hash of all of them.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(home) / "assay" / f"kernels-{digest.hexdigest()[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        return Path(_temporary().name)


@cache
def _temporary() -> "tempfile.TemporaryDirectory[str]":
    """A folder for this process alone, removed at its end; what others could write to it would be executed."""
    return tempfile.TemporaryDirectory(prefix="assay-kernels-")
