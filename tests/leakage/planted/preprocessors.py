"""Preprocessors that learn from what they are asked to transform."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.contracts import FittedPreprocessor, Preprocessor
from components.values import Float32, Samples, Time

SEEN: list[float] = []


@dataclass(frozen=True, kw_only=True)
class Applied(FittedPreprocessor):
    """how: what is done to the rows; centre: learnt."""

    columns: tuple[str, ...]
    how: str
    centre: float = 0.0

    def apply(self, X_NF: Float32, timestamps_N: Time) -> Float32:
        if self.how == "batch":
            return ((X_NF - X_NF.mean(axis=0)) / np.maximum(X_NF.std(axis=0), 1e-6)).astype(np.float32)
        if self.how == "next":
            return np.concatenate([X_NF[1:], X_NF[-1:]])
        if self.how == "rank":
            return (X_NF.argsort(axis=0).argsort(axis=0) / max(len(X_NF), 1)).astype(np.float32)
        return (X_NF - self.centre).astype(np.float32)

    def state(self) -> Mapping[str, Any]:
        return {"columns": list(self.columns), "how": self.how, "centre": self.centre}


@dataclass(frozen=True, kw_only=True)
class _Base(Preprocessor):
    def fit(self, train: Samples, *, seed: int) -> FittedPreprocessor:
        return self.learn(train)

    @abstractmethod
    def learn(self, train: Samples) -> Applied: ...

    def restore(self, state: Mapping[str, Any]) -> FittedPreprocessor:
        return Applied(columns=tuple(state["columns"]), how=state["how"], centre=state["centre"])

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})


class BatchScaled(_Base):
    """Scaled by mean and spread of whatever is transformed: of the whole test span."""

    def learn(self, train: Samples) -> Applied:
        return Applied(columns=train.columns, how="batch")


class NextRow(_Base):
    """Each row becomes the row after it."""

    def learn(self, train: Samples) -> Applied:
        return Applied(columns=train.columns, how="next")


class RankedInSpan(_Base):
    """Ranks over the whole span that is transformed."""

    def learn(self, train: Samples) -> Applied:
        return Applied(columns=train.columns, how="rank")


class Remembering(_Base):
    """Centred by the mean over all rows of all fits so far."""

    def learn(self, train: Samples) -> Applied:
        SEEN.append(float(train.X_NF.mean()) + len(train))
        return Applied(columns=train.columns, how="centre", centre=float(np.mean(SEEN)) / len(train))
