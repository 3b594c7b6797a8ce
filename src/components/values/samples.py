"""How decision times and rows are divided."""

import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from components.errors import ContractError
from components.values.arrays import Int, Time

Interval = tuple[np.datetime64, np.datetime64]
"""Half-open: times from the first on and before the second."""


@dataclass(frozen=True, kw_only=True)
class Span:
    """What one fold trains on, validates on and tests.

    train, valid, test  one or more intervals each, in order of time; no two of all of them overlap
    paths               of each test interval the path that its forecasts belong to, from 1; a path covers the
                        tested history once, so a split that tests every time once has only one
    train_symbols       the symbols whose bars are trained and validated on; None: all
    test_symbols        the symbols whose bars are tested; None: all

    Raises ContractError where an interval is empty or two overlap, or where paths do not fit test.
    """

    train: tuple[Interval, ...]
    valid: tuple[Interval, ...]
    test: tuple[Interval, ...]
    paths: tuple[int, ...] = (1,)
    train_symbols: tuple[str, ...] | None = None
    test_symbols: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        parts = {"train": self.train, "valid": self.valid, "test": self.test}
        named = sorted((interval, name) for name, intervals in parts.items() for interval in intervals)
        for name, intervals in parts.items():
            if not intervals or list(intervals) != sorted(intervals):
                raise ContractError(f"split: a span's {name} intervals are missing or out of order")
        for interval, name in named:
            if not interval[0] < interval[1]:
                raise ContractError(f"split: a {name} interval ends at {interval[1]}, where it begins or before")
        for (earlier, name), (later, other) in itertools.pairwise(named):
            if later[0] < earlier[1]:
                raise ContractError(
                    f"split: a {name} interval ends at {earlier[1]}, after a {other} interval began at {later[0]}; "
                    "the intervals of a span may not overlap"
                )
        if len(self.paths) != len(self.test):
            raise ContractError(f"split: {len(self.test)} test intervals have {len(self.paths)} paths")

    def only_learns_before(self, time: np.datetime64) -> bool:
        """Whether all that it trains and validates on lies before a time, of all symbols."""
        return self.train_symbols is None and bool(max(self.train[-1][1], self.valid[-1][1]) <= time)


def within(intervals: tuple[Interval, ...], times_N: Time) -> npt.NDArray[np.bool_]:
    """(N,) whether each time lies in any of the intervals."""
    inside_N = np.zeros(len(times_N), dtype=bool)
    for begin, end in intervals:
        inside_N |= (times_N >= begin) & (times_N < end)
    return inside_N


@dataclass(frozen=True, kw_only=True, eq=False)
class Fold:
    """Row numbers of one span after purging, see `runner.compute.purge`.

    test_path_N: for each test row the number of the path that its forecast belongs to, from 1.
    """

    number: int
    span: Span
    train_rows: Int
    valid_rows: Int
    test_rows: Int
    test_path_N: Int
