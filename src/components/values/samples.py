"""Samples and folds: what a model is fitted on.

Shape legend: N samples (a subset of the panel's rows), F features.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from components.values.arrays import Float, Float32, Int, Time


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """A design matrix with its labels: what a model is fitted on.

    X_NF float32, finite (before preprocessing NaN where missing); y_N float64, finite; columns: F names;
    timestamps_N decision times; symbols_N symbol codes.
    """

    X_NF: Float32
    y_N: Float
    columns: tuple[str, ...]
    timestamps_N: Time
    symbols_N: npt.NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.y_N)

    def with_features(self, X_NG: Float32, columns: tuple[str, ...]) -> "Samples":
        """The same rows with other columns."""
        return replace(self, X_NF=X_NG, columns=columns)

    def take(self, index: npt.NDArray[np.generic]) -> "Samples":
        return Samples(
            X_NF=self.X_NF[index],
            y_N=self.y_N[index],
            columns=self.columns,
            timestamps_N=self.timestamps_N[index],
            symbols_N=self.symbols_N[index],
        )


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
