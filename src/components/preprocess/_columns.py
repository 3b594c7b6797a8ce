"""What the preprocessors share: the known values of train columns, and maps of columns onto columns."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.contracts import FittedPreprocessor
from components.errors import DataError
from components.values import Float, Float32, Samples, Time

BLOCK_ROWS = 65_536
NO_ROWS = "preprocess: the train span has no rows to learn from; use a longer history"
FLOAT32_MAX = float(np.finfo(np.float32).max)


def known_values(train: Samples) -> Iterator[Float]:
    """Column by column the values that are not missing, in float64. Raises DataError without train rows."""
    if len(train) == 0:
        raise DataError(NO_ROWS)
    for column_N in train.X_NF.T:
        yield column_N[~np.isnan(column_N)].astype(np.float64)


def numbers(values: Any) -> Float:
    """An array that a state wrote down as a list."""
    return np.array(values, dtype=np.float64)


@dataclass(frozen=True, kw_only=True, eq=False)
class ColumnMap(FittedPreprocessor):
    """Maps every column onto itself, row by row: in float64, rounded once to float32."""

    columns: tuple[str, ...]

    @abstractmethod
    def transform(self, X_NF: Float) -> Float:
        """(N, F) from (N, F); NaN stays NaN."""

    def apply(self, X_NF: Float32, timestamps_N: Time) -> Float32:
        Z_NF = np.empty(X_NF.shape, dtype=np.float32)
        for start in range(0, len(X_NF), BLOCK_ROWS):  # so that float64 never holds the whole matrix
            block = slice(start, start + BLOCK_ROWS)
            Z_NF[block] = np.clip(self.transform(X_NF[block].astype(np.float64)), -FLOAT32_MAX, FLOAT32_MAX)
        return Z_NF


@dataclass(frozen=True, kw_only=True, eq=False)
class Standardised(ColumnMap):
    """z = (x - centre_F) / scale_F, limited to -clip .. clip; 0 where scale_F is 0."""

    centre_F: Float
    scale_F: Float
    clip: float | None

    def transform(self, X_NF: Float) -> Float:
        constant_F = self.scale_F == 0.0
        Z_NF: Float = (X_NF - self.centre_F) / np.where(constant_F, 1.0, self.scale_F)
        Z_NF[:, constant_F] *= 0.0
        return Z_NF if self.clip is None else np.clip(Z_NF, -self.clip, self.clip)

    def state(self) -> Mapping[str, Any]:
        return {
            "columns": list(self.columns),
            "centre": self.centre_F.tolist(),
            "scale": self.scale_F.tolist(),
        }

    @staticmethod
    def restored(state: Mapping[str, Any], clip: float | None) -> "Standardised":
        return Standardised(
            columns=tuple(state["columns"]),
            centre_F=numbers(state["centre"]),
            scale_F=numbers(state["scale"]),
            clip=clip,
        )
