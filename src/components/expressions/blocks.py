"""How rows are cut into pieces of work that fit into the cache of a core."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from components.panel import Int


@dataclass(frozen=True, kw_only=True)
class Block:
    """Rows to compute, of whole symbols or a stretch of one.

    symbols: slice of the offsets that surround the rows; given: rows that are read for it: these, and if it is a
    stretch, some before and after.
    """

    symbols: slice
    rows: slice
    given: slice

    @property
    def inner(self) -> slice:
        """The rows among those given."""
        return slice(self.rows.start - self.given.start, self.rows.stop - self.given.start)


def runs_of(offsets: Int, size: int) -> list[tuple[int, int]]:
    """Runs [first, last) of symbols or dates of about that many rows; what is much longer is a run of its own."""
    marks = np.searchsorted(offsets, np.arange(0, offsets[-1] + size, size))
    long = np.flatnonzero(np.diff(offsets) > 2 * size)
    bounds = np.unique(np.concatenate([np.minimum(marks, len(offsets) - 1), long, long + 1]))
    return [(int(first), int(last)) for first, last in pairwise(bounds)]


def blocks_of(offsets: Int, size: int, back: int, ahead: int) -> Iterator[Block]:
    """Blocks of about that many rows; a stretch reads `back` rows before it and `ahead` rows after it."""
    for first, last in runs_of(offsets, size):
        begin, end = int(offsets[first]), int(offsets[last])
        # What is read around a stretch is computed again: it shall be a small part of it.
        step = end - begin if end - begin <= 2 * size else max(size, 8 * (back + ahead))
        for start in range(begin, end, max(step, 1)):
            stop = min(start + step, end)
            yield Block(
                symbols=slice(first, last + 1),
                rows=slice(start, stop),
                given=slice(max(start - back, begin), min(stop + ahead, end)),
            )
