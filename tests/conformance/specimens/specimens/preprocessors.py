"""Broken preprocessors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.contracts import FittedPreprocessor, Preprocessor
from components.values import Float32, Samples, Time


@dataclass(frozen=True, kw_only=True)
class _Centring(FittedPreprocessor):
    columns: tuple[str, ...]

    def apply(self, X_NF: Float32, timestamps_N: Time) -> Float32:
        return X_NF - np.nanmean(X_NF, axis=0, dtype=np.float32)

    def state(self) -> Mapping[str, Any]:
        return {"columns": list(self.columns)}


@dataclass(frozen=True, kw_only=True)
class _Filling(FittedPreprocessor):
    columns: tuple[str, ...]

    def apply(self, X_NF: Float32, timestamps_N: Time) -> Float32:
        return np.nan_to_num(X_NF)

    def state(self) -> Mapping[str, Any]:
        return {"columns": list(self.columns)}


class _Stateless(Preprocessor):
    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({},)

    def fit(self, train: Samples, *, seed: int) -> FittedPreprocessor:
        return self.fitted(columns=train.columns)

    def restore(self, state: Mapping[str, Any]) -> FittedPreprocessor:
        return self.fitted(columns=tuple(state["columns"]))


@dataclass(frozen=True, kw_only=True)
class BatchCentred(_Stateless):
    """Features less the mean of the rows that are transformed together."""

    fitted = _Centring


@dataclass(frozen=True, kw_only=True)
class QuietFill(_Stateless):
    """Missing features become 0, and nobody is told."""

    fitted = _Filling
