"""A sound model from which broken ones are made: the mean, and a slope on the first column."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.contracts import NOTHING, FittedModel, Inherited, Loss, Model
from components.errors import ContractError, DataError
from components.values import Float, Resources, Samples


@dataclass(frozen=True, kw_only=True)
class Fitted(FittedModel):
    """f(x) = level + slope x_0."""

    level: float
    slope: float

    def predict(self, samples: Samples) -> Float:
        return (self.level + self.slope * samples.X_NF[:, :1]).astype(np.float64)

    def to_files(self) -> dict[str, bytes]:
        return {"line.json": json.dumps([self.level, self.slope]).encode()}

    def to_onnx(self) -> Any:
        raise ContractError("a specimen has no graph")


class _Line(Model):
    """Least squares on the first column."""

    fitted = Fitted

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({},)

    def supports(self, loss: Loss) -> str | None:
        return None if loss.least_squares else "the squared error"

    def weights(self, n: int) -> Float:
        return np.ones(n)

    def scatter(self, x_N: Float, weight_N: Float) -> float:
        return float(weight_N @ x_N**2) + 1.0

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
        if not len(train):
            raise DataError("no train rows; use a longer history")
        x_N, weight_N = train.X_NF[:, 0].astype(np.float64), self.weights(len(train))
        level = float(weight_N @ train.y_N / weight_N.sum())
        middle = float(weight_N @ x_N / weight_N.sum())
        slope = float((weight_N * (x_N - middle)) @ (train.y_N - level)) / self.scatter(x_N - middle, weight_N)
        return self.fitted(level=level - slope * middle, slope=slope)

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        level, slope = json.loads(files["line.json"])
        return self.fitted(level=level, slope=slope)
