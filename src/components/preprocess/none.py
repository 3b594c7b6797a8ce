"""No preprocessing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts import FittedPreprocessor, Preprocessor
from components.values import Float32, Samples, Time


@dataclass(frozen=True, kw_only=True)
class NoPreprocessing(Preprocessor):
    """The features as they are: z = x."""

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})

    def fit(self, train: Samples, *, seed: int) -> FittedPreprocessor:
        return Unchanged(columns=train.columns)

    def restore(self, state: Mapping[str, Any]) -> FittedPreprocessor:
        return Unchanged(columns=tuple(state["columns"]))


@dataclass(frozen=True, kw_only=True)
class Unchanged(FittedPreprocessor):
    """z = x."""

    columns: tuple[str, ...]

    def apply(self, X_NF: Float32, timestamps_N: Time) -> Float32:
        return X_NF

    def state(self) -> Mapping[str, Any]:
        return {"columns": list(self.columns)}
