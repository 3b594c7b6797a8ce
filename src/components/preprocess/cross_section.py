"""Features relative to the other symbols of the same date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from components.contracts import FittedPreprocessor, Preprocessor
from components.errors import DataError
from components.values import Float, Float32, Int, Samples, Time


@dataclass(frozen=True, kw_only=True)
class CrossSection(Preprocessor):
    """Every feature compared with its values of the other symbols at the same timestamp.

    method: zscore, z = (x - mean) / standard deviation (n - 1), 0 where all n values are equal; or
            rank, z = (rank - (n + 1) / 2) / n, between -1/2 and 1/2, average of ties.

    Nothing is learnt from train. A date's symbols are all those that can be forecast then, in train
    and live alike. Missing values stay missing and count for nothing. Raises DataError where train has
    one symbol a date.
    """

    method: Literal["zscore", "rank"]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"method": "zscore"}, {"method": "rank"})

    @property
    def cross_sectional(self) -> bool:
        return True

    def fit(self, train: Samples, *, seed: int) -> FittedPreprocessor:
        if len(np.unique(train.timestamps_N)) == len(train):
            raise DataError(
                "preprocess: cross_section compares the symbols of a date, but the train rows have one symbol "
                "a date; choose zscore, which compares with the past, or data with more symbols"
            )
        return Compared(columns=train.columns, method=self.method)

    def restore(self, state: Mapping[str, Any]) -> FittedPreprocessor:
        return Compared(columns=tuple(state["columns"]), method=self.method)


@dataclass(frozen=True, kw_only=True)
class Compared(FittedPreprocessor):
    """Each date by itself."""

    columns: tuple[str, ...]
    method: Literal["zscore", "rank"]

    def apply(self, X_NF: Float32, timestamps_N: Time) -> Float32:
        compare = _zscores if self.method == "zscore" else _ranks
        date_N = np.unique(timestamps_N, return_inverse=True)[1].astype(np.int64)
        Z_NF = np.full(X_NF.shape, np.nan, dtype=np.float32)
        for f in range(X_NF.shape[1]):
            known = np.flatnonzero(~np.isnan(X_NF[:, f]))
            if len(known):
                Z_NF[known, f] = compare(X_NF[known, f].astype(np.float64), date_N[known])
        return Z_NF

    def state(self) -> Mapping[str, Any]:
        return {"columns": list(self.columns)}


def _zscores(x_N: Float, date_N: Int) -> Float:
    """x_N without NaN; dates are numbered."""
    count_D = np.maximum(np.bincount(date_N), 1)
    first_D = np.zeros(len(count_D))
    first_D[date_N[::-1]] = x_N[::-1]
    x_N = x_N - first_D[date_N]  # equal values become exactly 0
    x_N = x_N - (np.bincount(date_N, x_N) / count_D)[date_N]
    variance_D = np.bincount(date_N, x_N**2) / np.maximum(count_D - 1, 1)
    deviation_D = np.where(variance_D > 0.0, np.sqrt(variance_D), 1.0)
    return x_N / deviation_D[date_N]


def _ranks(x_N: Float, date_N: Int) -> Float:
    order = np.lexsort((x_N, date_N))
    x, date = x_N[order], date_N[order]
    is_new = np.concatenate([[True], (x[1:] != x[:-1]) | (date[1:] != date[:-1])])
    first = np.flatnonzero(is_new)
    last = np.append(first[1:], len(x)) - 1
    place = ((first + last) / 2.0)[np.cumsum(is_new) - 1]
    start, count = np.searchsorted(date, date), np.bincount(date)[date]
    z_N = np.empty(len(x))
    z_N[order] = (place - start - (count - 1) / 2.0) / count
    return z_N
