"""The features that say most about the label in train."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from components.contracts import FittedPreprocessor, Preprocessor
from components.errors import ConfigError, DataError, Problem
from components.preprocess._columns import NO_ROWS, known_values
from components.ranges import Ge
from components.seeds import derive
from components.values import Float, Float32, Int, Samples, Time

BINS = 10
TREES = {"n_estimators": 100, "num_leaves": 15, "learning_rate": 0.1}


@dataclass(frozen=True, kw_only=True)
class TopFeatures(Preprocessor):
    """The n_features features with the highest score in the train rows, and those of `keep`.

    score: correlation, |Pearson correlation| with the label; mutual_information, sum p log(p / (p_x p_y))
           over the deciles of feature and label, in nats; or gain, how much the splits on the feature
           reduce the squared error of 100 small boosted trees (LightGBM). The first two look at one
           feature at a time, gain at all together. Of equal scores the earlier feature wins.
    n_features: features chosen by score, 1 or more; all of them where there are fewer.
    keep: features that stay whatever their score, in addition.

    Chosen features keep their order. Missing values stay missing; a score is that of the rows with a value.
    Raises DataError without train rows, ConfigError where `keep` names no feature.
    """

    score: Literal["correlation", "mutual_information", "gain"]
    n_features: Annotated[int, Ge(1)]
    keep: tuple[str, ...]

    libraries: ClassVar[tuple[str, ...]] = ("lightgbm",)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"score": "correlation", "n_features": 2, "keep": ()},
            {"score": "gain", "n_features": 1, "keep": ()},
        )

    def outputs(self, features: tuple[str, ...]) -> tuple[str, ...]:
        problems = [
            Problem("preprocess.keep", f"unknown feature '{name}'", f"features: {', '.join(features)}")
            for name in self.keep
            if name not in features
        ]
        if problems:
            raise ConfigError(*problems)
        return tuple(name for name in features if name in self.keep)

    def fit(self, train: Samples, *, seed: int) -> FittedPreprocessor:
        kept = self.outputs(train.columns)
        rivals = np.array([f for f, name in enumerate(train.columns) if name not in kept], dtype=np.int64)
        score_F = self._scores(train, seed)
        best = rivals[np.argsort(-score_F[rivals], kind="stable")[: self.n_features]]
        chosen = [f for f, name in enumerate(train.columns) if name in kept or f in best]
        return Chosen(columns=tuple(train.columns[f] for f in chosen), index=np.array(chosen, dtype=np.int64))

    def _scores(self, train: Samples, seed: int) -> Float:
        if self.score == "gain":
            return _gains(train, seed)
        measure = _correlation if self.score == "correlation" else _mutual_information
        labels = (train.y_N[~np.isnan(column_N)] for column_N in train.X_NF.T)
        return np.array([measure(x, y) for x, y in zip(known_values(train), labels, strict=True)])

    def restore(self, state: Mapping[str, Any]) -> FittedPreprocessor:
        return Chosen(columns=tuple(state["columns"]), index=np.array(state["index"], dtype=np.int64))


@dataclass(frozen=True, kw_only=True, eq=False)
class Chosen(FittedPreprocessor):
    """The columns at these places."""

    columns: tuple[str, ...]
    index: Int

    def apply(self, X_NF: Float32, timestamps_N: Time) -> Float32:
        return np.ascontiguousarray(X_NF[:, self.index])

    def state(self) -> Mapping[str, Any]:
        return {"columns": list(self.columns), "index": self.index.tolist()}


def _correlation(x: Float, y: Float) -> float:
    if len(x) == 0 or x.min() == x.max() or y.min() == y.max():
        return 0.0
    x, y = x - x.mean(), y - y.mean()
    return float(abs(x @ y) / np.sqrt((x @ x) * (y @ y)))


def _mutual_information(x: Float, y: Float) -> float:
    if len(x) == 0:
        return 0.0
    joint = np.bincount(_decile(x) * BINS + _decile(y), minlength=BINS * BINS).reshape(BINS, BINS) / len(x)
    alone = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    seen = joint > 0.0
    return float((joint[seen] * np.log(joint[seen] / alone[seen])).sum())


def _decile(values: Float) -> Int:
    edges = np.quantile(values, np.arange(1, BINS) / BINS)
    return np.searchsorted(edges, values).astype(np.int64)


def _gains(train: Samples, seed: int) -> Float:
    import lightgbm

    if len(train) == 0:
        raise DataError(NO_ROWS)
    params = {
        "objective": "regression",
        "num_leaves": TREES["num_leaves"],
        "learning_rate": TREES["learning_rate"],
        "seed": derive(seed, "gain"),
        # One thread: sums in another order would be another choice of features.
        "num_threads": 1,
        "deterministic": True,
        "force_col_wise": True,
        "verbosity": -1,
    }
    data = lightgbm.Dataset(train.X_NF, train.y_N, params=params)
    booster = lightgbm.train(params, data, TREES["n_estimators"])
    gains: Float = booster.feature_importance("gain").astype(np.float64)
    return gains
