"""A blend of different models."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from components.contracts import Ensemble, Model
from components.ensemble._committee import WEIGHT, Committee
from components.errors import DataError
from components.values import Float, Samples

CONFIGURED = "configured"


@dataclass(frozen=True, kw_only=True)
class Blend(Ensemble):
    """The weighted mean of the configured model and further ones, each on its own columns.

    models: the further models by name ('configured' is taken by the configured one);
    weighting: equal, or inverse_mse: in inverse proportion to the mean squared error on the valid
    rows (Bates and Granger 1969, "The Combination of Forecasts", Operational Research Quarterly
    20(4), the case of uncorrelated errors; of a probability that error is the Brier score).

    Raises DataError where inverse_mse finds no valid rows.
    """

    models: Mapping[str, Model]
    weighting: Literal["equal", "inverse_mse"]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        ridge = {"_target_": "components.model.ridge.Ridge", "penalty": 1.0}
        naive = {"_target_": "components.model.naive.Naive", "method": "last_value"}
        return (
            {"models": {"ridge": ridge}, "weighting": "equal"},
            {"models": {"ridge": ridge, "last": naive}, "weighting": "inverse_mse"},
        )

    def members(self) -> Mapping[str, Model]:
        return self.models

    def around(self, model: Model) -> Model:
        return _Blended(members={CONFIGURED: model, **self.models}, weighting=self.weighting, fixed=())


@dataclass(frozen=True, kw_only=True)
class _Blended(Committee):
    """fixed: weight of each member where they are known already; empty: they are found by `weighting`."""

    weighting: Literal["equal", "inverse_mse"]
    fixed: tuple[float, ...]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ()

    def sample(self, train: Samples, seed: int) -> Samples:
        return train

    def with_chosen(self, chosen: Mapping[str, float]) -> Model:
        weights_M = np.array([chosen[f"{name}/{WEIGHT}"] for name in self.members])
        fixed = tuple((weights_M / weights_M.sum()).tolist())
        committee = super().with_chosen(chosen)
        assert isinstance(committee, _Blended)
        return replace(committee, fixed=fixed)

    def weights(self, forecasts_MN: Float, valid: Samples) -> Float:
        if self.fixed:
            return np.array(self.fixed)
        if self.weighting == "equal":
            return np.full(len(self.members), 1.0 / len(self.members))
        if len(valid) == 0:
            raise DataError("the valid span has no rows to weight the models by; set ensemble.weighting: equal")
        mse_M = ((forecasts_MN - valid.y_N) ** 2).mean(axis=1)
        precision_M: Float = 1.0 / np.maximum(mse_M, np.finfo(np.float64).tiny)
        precision_M /= precision_M.sum()
        return precision_M
