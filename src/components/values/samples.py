"""How decision times and rows are divided."""

from dataclasses import dataclass

import numpy as np

from components.values.arrays import Int


@dataclass(frozen=True, kw_only=True)
class Span:
    """One split of the decision times into half-open intervals [start, end), in order."""

    train: tuple[np.datetime64, np.datetime64]
    valid: tuple[np.datetime64, np.datetime64]
    test: tuple[np.datetime64, np.datetime64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Fold:
    """Row numbers of one span after purging: a train row's label is known before valid begins, a valid
    row's before test begins."""

    number: int
    span: Span
    train_rows: Int
    valid_rows: Int
    test_rows: Int
