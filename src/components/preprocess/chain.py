"""Several preprocessors, one after the other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from components.contracts import FittedPreprocessor, Preprocessor
from components.ranges import MinLen
from components.seeds import derive
from components.values import Float32, Samples, Time


@dataclass(frozen=True, kw_only=True)
class Chain(Preprocessor):
    """Each step learns from the train rows as the steps before it have left them.

    steps: preprocessors in order, 1 or more.

    Missing values pass every step until one fills them, so an outlier can be limited before the mean is
    taken that fills a hole. What a later step raises, the chain raises.
    """

    steps: Annotated[tuple[Preprocessor, ...], MinLen(1)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        winsorise = {
            "_target_": "components.preprocess.winsorise.Winsorise",
            "lower_quantile": 0.05,
            "upper_quantile": 0.95,
        }
        zscore = {"_target_": "components.preprocess.zscore.ZScore", "clip": None}
        return ({"steps": (winsorise, zscore)}, {"steps": (zscore,)})

    @property
    def cross_sectional(self) -> bool:
        return any(step.cross_sectional for step in self.steps)

    @property
    def missing_tolerance(self) -> float:
        return max(step.missing_tolerance for step in self.steps)

    def filling(self) -> Preprocessor | None:
        return next((filling for step in self.steps if (filling := step.filling()) is not None), None)

    def outputs(self, features: tuple[str, ...]) -> tuple[str, ...]:
        for step in self.steps:
            features = step.outputs(features)
        return features

    def fit(self, train: Samples, *, seed: int) -> FittedPreprocessor:
        fitted = []
        for number, step in enumerate(self.steps):
            fitted.append(step.fit(train, seed=derive(seed, "step", number)))
            train = train.with_features(fitted[-1].apply(train.X_NF, train.timestamps_N), fitted[-1].columns)
        return InTurn(columns=train.columns, steps=tuple(fitted))

    def restore(self, state: Mapping[str, Any]) -> FittedPreprocessor:
        fitted = tuple(step.restore(written) for step, written in zip(self.steps, state["steps"], strict=True))
        return InTurn(columns=fitted[-1].columns, steps=fitted)


@dataclass(frozen=True, kw_only=True, eq=False)
class InTurn(FittedPreprocessor):
    """Fitted preprocessors, one after the other."""

    columns: tuple[str, ...]
    steps: tuple[FittedPreprocessor, ...]

    def apply(self, X_NF: Float32, timestamps_N: Time) -> Float32:
        for step in self.steps:
            X_NF = step.apply(X_NF, timestamps_N)
        return X_NF

    def state(self) -> Mapping[str, Any]:
        return {"steps": [step.state() for step in self.steps]}
