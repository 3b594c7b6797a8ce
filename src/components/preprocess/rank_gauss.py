"""Features on the scale of normal scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from components.contracts import FittedPreprocessor, Preprocessor
from components.preprocess._columns import ColumnMap, known_values, numbers
from components.ranges import Ge
from components.values import Float, Samples


@dataclass(frozen=True, kw_only=True)
class RankGauss(Preprocessor):
    """z = Phi^-1(F(x)), F the distribution of the column's train values, Phi that of the normal one.

    F is known at the n quantiles p_i = (i - 1/2) / n, where n is n_quantiles or the number of values
    if that is less: then the i-th value gets F = (i - 1/2) / n (Hazen 1914; Hyndman and Fan 1996, type 5).
    In between z is interpolated linearly; equal quantiles share their mean score; beyond the outermost
    quantiles z is that of the nearest. Normal scores: van der Waerden (1952), Indag. Math. 14.

    n_quantiles: knots of the interpolation, 2 or more.

    Missing values stay missing. A column that is constant in train, or without train values, is 0
    everywhere. Raises DataError without train rows.
    """

    n_quantiles: Annotated[int, Ge(2)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"n_quantiles": 200}, {"n_quantiles": 5})

    def fit(self, train: Samples, *, seed: int) -> FittedPreprocessor:
        knots = [self._knots(values) for values in known_values(train)]
        return Interpolated(columns=train.columns, knots=tuple(knots))

    def _knots(self, values: Float) -> tuple[Float, Float]:
        from scipy.special import ndtri

        if len(values) == 0 or values.min() == values.max():
            return np.zeros(1), np.zeros(1)
        n = min(self.n_quantiles, len(values))
        levels = (np.arange(n) + 0.5) / n
        quantiles, group = np.unique(np.quantile(values, levels, method="hazen"), return_inverse=True)
        return quantiles, np.bincount(group, ndtri(levels)) / np.bincount(group)

    def restore(self, state: Mapping[str, Any]) -> FittedPreprocessor:
        knots = tuple((numbers(x), numbers(z)) for x, z in zip(state["quantiles"], state["scores"], strict=True))
        return Interpolated(columns=tuple(state["columns"]), knots=knots)


@dataclass(frozen=True, kw_only=True, eq=False)
class Interpolated(ColumnMap):
    """knots: for each column, increasing values and their scores; linear in between, constant beyond."""

    knots: tuple[tuple[Float, Float], ...]

    def transform(self, X_NF: Float) -> Float:
        Z_NF = np.empty_like(X_NF)
        for f, (quantiles, scores) in enumerate(self.knots):
            Z_NF[:, f] = np.interp(X_NF[:, f], quantiles, scores)
        return np.where(np.isnan(X_NF), np.nan, Z_NF)  # of a single knot, np.interp knows no NaN

    def state(self) -> Mapping[str, Any]:
        return {
            "columns": list(self.columns),
            "quantiles": [quantiles.tolist() for quantiles, _ in self.knots],
            "scores": [scores.tolist() for _, scores in self.knots],
        }
