"""A model on features that it brings itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from components.contracts import NOTHING, Features, FittedModel, Inherited, Loss, Model
from components.errors import ConfigError
from components.values import Resources, Samples, Statistic


@dataclass(frozen=True, kw_only=True)
class OwnFeatures(Model):
    """A model that brings the features it reads: as a baseline the same yardstick beside any features=.

    features  the feature set that is computed for it
    model     what is fitted on that, as if the set were the experiment's

    As a baseline it trains on the rows that have its own features and forecasts those that the experiment's model
    forecasts; where it has no features there, its forecast is the mean label of its train rows. As the experiment's
    model it is read with its own features, and the slot `features` is not.
    """

    gives: ClassVar[frozenset[Statistic]] = frozenset({"mean"})

    features: Features
    model: Model

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        own = {
            "_target_": "components.features.expressions.ExpressionFeatures",
            "definitions": {},
            "windows": [],
            "expressions": {"trend": "close / ref(close, 5)"},
        }
        linear = {"_target_": "components.model.linear.Linear", "features": None}
        naive = {"_target_": "components.model.naive.Naive", "method": "train_mean"}
        return ({"features": own, "model": linear}, {"features": own, "model": naive})

    @property
    def lookback_rows(self) -> int:
        return self.model.lookback_rows

    def on_own_features(self) -> tuple[Features, Model]:
        return self.features, self.model

    def flaws(self) -> tuple[str, ...]:
        nested = ("puts features of its own on features of its own; keep one of them",)
        return (*self.features.flaws(), *self.model.flaws(), *(nested if self.model.on_own_features() else ()))

    def supports(self, loss: Loss) -> str | None:
        return self.model.supports(loss)

    def inputs(self, features: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return self.model.inputs(features)
        except ConfigError as error:
            problems = (replace(problem, path=f"model.{problem.path}") for problem in error.problems)
            raise ConfigError(*problems) from None

    def fit(
        self,
        train: Samples,
        valid: Samples,
        *,
        loss: Loss,
        seed: int,
        resources: Resources,
        inherited: Inherited = NOTHING,
    ) -> FittedModel:
        return self.model.fit(train, valid, loss=loss, seed=seed, resources=resources, inherited=inherited)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        return self.model.from_files(files)
