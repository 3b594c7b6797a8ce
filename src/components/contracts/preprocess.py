"""A preprocessor promises a transformation that is learnt on train rows alone."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts.component import Component
from components.values import Float32, Samples, Time


class FittedPreprocessor(ABC):
    """What `Preprocessor.fit` returns; the run and the bundle apply this same object, so they agree exactly."""

    columns: tuple[str, ...]
    """Names of the columns that `apply` returns."""

    @abstractmethod
    def apply(self, X_NF: Float32, timestamps_N: Time) -> Float32:
        """(N, G) float32 from the (N, F) features; with numpy alone. No row depends on a row of another date."""

    @abstractmethod
    def state(self) -> Mapping[str, Any]:
        """Everything `Preprocessor.restore` needs, as plain JSON values: finite numbers, texts, lists, maps."""


class Preprocessor(Component):
    """Transforms the features, with parameters learnt on the train rows of a fold alone.

    It sees the features only: LAST_LABEL is a forecast in the label's own unit and passes unchanged. A
    missing value (NaN) stays missing unless the preprocessor fills it.
    """

    @property
    def cross_sectional(self) -> bool:
        """Whether a row depends on the other rows of its date."""
        return False

    @property
    def missing_tolerance(self) -> float:
        """Share of the features that may be missing at a row that is still forecast; 0 unless it fills them."""
        return 0.0

    def filling(self) -> "Preprocessor | None":
        """What fills missing values and changes nothing else, None if nothing does: baselines see the
        features as they are, but need a value at every row."""
        return None

    def outputs(self, features: tuple[str, ...]) -> tuple[str, ...]:
        """The columns that it returns whatever the train rows are, in order."""
        return features

    @abstractmethod
    def fit(self, train: Samples, *, seed: int) -> FittedPreprocessor:
        """Learns from train rows, whose features may be missing."""

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> FittedPreprocessor:
        """The fitted preprocessor that `state` wrote down."""


class Nothing(Preprocessor):
    """Changes nothing: z = x."""

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


@dataclass(frozen=True, kw_only=True)
class _Unconfigured(Nothing):
    """Where nobody asked for anything."""


NO_PREPROCESSING: Preprocessor = _Unconfigured()
