"""Ordinary least squares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.contracts import FittedModel, Loss, Model
from components.model._columns import named
from components.model._linear_function import LinearFunction, least_squares_only, standardise
from components.values import Float, Samples


@dataclass(frozen=True, kw_only=True)
class Linear(Model):
    """Ordinary least squares with an intercept: min over b0, b of sum_i (y_i - b0 - x_i . b)^2.

    On lagged daily, weekly and monthly realised variance it is the HAR of Corsi (2009), "A Simple
    Approximate Long-Memory Model of Realized Volatility", J. Financial Econometrics 7(2), eq. 8.

    features: columns it reads (feature names or last_label), or None for all features.

    Of several solutions (collinear or constant columns) it takes the one of least norm on
    standardised columns. Rows must be finite. Raises ConfigError for a column that is no feature,
    DataError without train rows.
    """

    features: tuple[str, ...] | None

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"features": None}, {"features": ("last_label",)})

    def supports(self, loss: Loss) -> str | None:
        return least_squares_only(loss)

    def inputs(self, features: tuple[str, ...]) -> tuple[str, ...]:
        return features if self.features is None else named(self.features, features, path="model.features")

    def fit(self, train: Samples, valid: Samples, *, loss: Loss, seed: int, threads: int) -> FittedModel:
        data = standardise(train)
        # Least squares on the triangle of a QR: as accurate as on the tall matrix, at a fraction of its cost.
        triangle: Float = np.asarray(np.linalg.qr(np.column_stack([data.Z_NF, data.y_N]), mode="r"))
        slopes_F, *_ = np.linalg.lstsq(triangle[:, :-1], triangle[:, -1])
        return data.function(slopes_F)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        return LinearFunction.from_files(files)
