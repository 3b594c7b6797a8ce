"""Forecasts that a model must beat."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from components.contracts import LAST_LABEL, NOTHING, FittedModel, Inherited, Loss, Model
from components.errors import DataError
from components.onnx_graph import forecast_graph, rounded
from components.values import Float, Resources, Samples

if TYPE_CHECKING:
    import onnx

FILE = "naive.json"


@dataclass(frozen=True, kw_only=True)
class Naive(Model):
    """A forecast without a model.

    method: last_value, the latest label known at the row (the target, horizon bars back); train_mean, the mean label
            of the train rows, on 0/1 labels the base rate; or zero, which of a return is what a random walk says.

    It minimises no loss, so it fits beside any, and forecasts the first target alone. Raises DataError without train
    rows (train_mean).
    """

    method: Literal["last_value", "train_mean", "zero"]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"method": "last_value"}, {"method": "train_mean"}, {"method": "zero"})

    def inputs(self, features: tuple[str, ...]) -> tuple[str, ...]:
        return (LAST_LABEL,) if self.method == "last_value" else ()

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
        if self.method == "last_value":
            return LastValue()
        if self.method == "zero":
            return Constant(value=0.0)
        if len(train) == 0:
            raise DataError("the train span has no rows to average; use a longer history")
        return Constant(value=float(train.y_N.mean()))

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        content = json.loads(files[FILE])
        return Constant(value=content["constant"]) if "constant" in content else LastValue()


@dataclass(frozen=True, kw_only=True)
class LastValue(FittedModel):
    """f(x) = the only column."""

    def predict(self, samples: Samples) -> Float:
        return samples.X_NF[:, :1].astype(np.float64)

    def to_files(self) -> dict[str, bytes]:
        return {FILE: b"{}"}

    def to_onnx(self) -> "onnx.ModelProto":
        from onnx import helper

        return forecast_graph([helper.make_node("Identity", ["features"], ["forecast"])], {}, 1)


@dataclass(frozen=True, kw_only=True)
class Constant(FittedModel):
    """f(x) = value, reading no column."""

    value: float

    def predict(self, samples: Samples) -> Float:
        return rounded(np.full((len(samples), 1), self.value))

    def to_files(self) -> dict[str, bytes]:
        return {FILE: json.dumps({"constant": self.value}).encode()}

    def to_onnx(self) -> "onnx.ModelProto":
        from onnx import helper

        nodes = [
            helper.make_node("Shape", ["features"], ["row_count"], start=0, end=1),
            helper.make_node("Concat", ["row_count", "one"], ["shape"], axis=0),
            helper.make_node("Expand", ["value", "shape"], ["forecast"]),
        ]
        constants = {"one": np.array([1]), "value": np.array([[self.value]], dtype=np.float32)}
        return forecast_graph(nodes, constants, 0)
