"""How kernels are compiled: ahead of their first call, for one signature, kept on disk by hash of the sources."""

import hashlib
import os
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numba
import numpy as np
from numba.np.numpy_support import as_dtype

Function = TypeVar("Function", bound=Callable[..., Any])

FLOATS = numba.types.Array(numba.float64, 1, "C")
"""(N,) float64 that a kernel writes to."""


def helper(function: Function) -> Function:
    """A function that kernels call; it is compiled into each of them."""
    made: Function = numba.njit(error_model="numpy")(function)
    return made


def inlined(function: Function) -> Function:
    """A helper without a call: for those that take many arrays and do little with them."""
    made: Function = numba.njit(error_model="numpy", forceinline=True)(function)
    return made


def read(dtype: Any, ndim: int = 1) -> Any:
    """The type of an array that a kernel only reads."""
    return numba.types.Array(dtype, ndim, "C", readonly=True)


def compiled(python: Callable[..., None], *types: Any) -> Callable[..., None]:
    """The kernel, compiled for arguments of these types; it releases the GIL.

    Whatever array a caller gives to be read is made C-contiguous and of the right dtype first: slices and
    transposes of the same values are no errors. An array that the kernel writes to must fit as it is, since a
    copy would be lost. The kernel's own folder must hold all helpers that it calls.
    """
    folder = _cache_folder(Path(python.__code__.co_filename).parent)
    before = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(folder)
    try:
        kernel = numba.njit(numba.void(*types), cache=True, nogil=True, error_model="numpy")(python)
    finally:
        numba.config.CACHE_DIR = before
    wanted = [_wanted_dtype(argument) for argument in types]

    def call(*arguments: Any) -> None:
        fitted = zip(arguments, wanted, strict=True)
        kernel(*(value if dtype is None else _fitting(value, dtype) for value, dtype in fitted))

    return call


def _wanted_dtype(argument: Any) -> Any:
    """The dtype of an array that is only read; None for anything else."""
    readable = isinstance(argument, numba.types.Array) and not argument.mutable
    return as_dtype(argument.dtype) if readable else None


def _fitting(array: Any, dtype: Any) -> Any:
    return array if array.dtype == dtype and array.flags.c_contiguous else np.ascontiguousarray(array, dtype=dtype)


@cache
def _cache_folder(sources: Path) -> Path:
    """Where the compiled kernels of a folder of sources are kept.

    numba notices an edit of the file that a kernel stands in, but not of a helper in another file: the name
    of the folder contains the hash of all of them.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for source in (Path(__file__), *sorted(sources.glob("*.py"))):
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
