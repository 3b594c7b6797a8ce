"""How many threads libraries may use."""

import ctypes
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


def one_thread_of_blas() -> AbstractContextManager[object]:
    """Linear algebra on one thread: its sums depend on the number of threads, and fits run side by side."""
    limits: AbstractContextManager[object] = _found(_loaded()).limit(limits=1, user_api="blas")
    return limits


def _found(loaded: tuple[int, int] | None) -> "ThreadpoolController":
    """The libraries that are loaded; looking for them takes as long as a small fit."""
    return _controller() if loaded is None else _remembered(loaded)


def _controller() -> "ThreadpoolController":
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@lru_cache(maxsize=1)
def _remembered(loaded: tuple[int, int]) -> "ThreadpoolController":  # noqa: ARG001  # what it is remembered for
    return _controller()


class _Header(ctypes.Structure):
    """The beginning of `struct dl_phdr_info`, of which each library that is loaded has one."""

    _fields_ = (
        ("addr", ctypes.c_void_p),
        ("name", ctypes.c_char_p),
        ("phdr", ctypes.c_void_p),
        ("phnum", ctypes.c_uint16),
        ("adds", ctypes.c_ulonglong),
        ("subs", ctypes.c_ulonglong),
    )


_EACH = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(_Header), ctypes.c_size_t, ctypes.c_void_p)


def _loaded() -> tuple[int, int] | None:
    """How often a library was loaded into this process and unloaded so far; None where the system does not say."""
    counts: list[tuple[int, int]] = []

    def first(header: Any, size: int, _: Any) -> int:
        if size >= ctypes.sizeof(_Header):
            counts.append((header.contents.adds, header.contents.subs))
        return 1  # the counts are the same at each

    try:
        ctypes.CDLL(None).dl_iterate_phdr(_EACH(first), None)
    except (AttributeError, OSError, TypeError):
        return None
    return counts[0] if counts else None
