"""Broken models."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from components.contracts import FittedModel
from components.values import Float, Samples
from specimens._line import Fitted, _Line


@dataclass(frozen=True, kw_only=True)
class Forgetful(_Line):
    """A line whose files lose its level."""

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        return replace(super().from_files(files), level=0.0)


class _CentredFit(Fitted):
    def predict(self, samples: Samples) -> Float:
        found_NO = super().predict(samples)
        return found_NO - (found_NO.mean(axis=0) if len(samples) else 0.0)


@dataclass(frozen=True, kw_only=True)
class Centred(_Line):
    """A line less the mean forecast of the batch."""

    fitted = _CentredFit


@dataclass(frozen=True, kw_only=True)
class Scribbler(_Line):
    """A line that renames the symbols of the rows that it is given."""

    def fit(self, train: Samples, valid: Samples, **given: Any) -> FittedModel:  # type: ignore[override]
        train.symbols_N[:] = 0
        return super().fit(train, valid, **given)


@dataclass(frozen=True, kw_only=True)
class Recent(_Line):
    """A line that weights the rows by their place."""

    def weights(self, n: int) -> Float:
        return np.linspace(0.1, 1.0, n)


@dataclass(frozen=True, kw_only=True)
class Peeking(_Line):
    """A line whose level is that of the valid rows."""

    def fit(self, train: Samples, valid: Samples, **given: Any) -> FittedModel:  # type: ignore[override]
        found = super().fit(train, valid, **given)
        return replace(found, level=float(valid.y_N.mean())) if len(valid) else found  # type: ignore[type-var]


@dataclass(frozen=True, kw_only=True)
class Brittle(_Line):
    """A line that divides by the scatter of its column, whatever it is."""

    def scatter(self, x_N: Float, weight_N: Float) -> float:
        return 1.0 / (1.0 / float(weight_N @ x_N**2))


class _FlatFit(Fitted):
    def predict(self, samples: Samples) -> Float:
        return super().predict(samples)[:, 0]


@dataclass(frozen=True, kw_only=True)
class Flat(_Line):
    """A line whose forecasts have no column."""

    fitted = _FlatFit


@dataclass(frozen=True, kw_only=True)
class Threaded(_Line):
    """A line that lies higher the more threads fit it."""

    def fit(self, train: Samples, valid: Samples, **given: Any) -> FittedModel:  # type: ignore[override]
        found = super().fit(train, valid, **given)
        return replace(found, level=found.level + 1e-9 * given["resources"].threads)  # type: ignore[attr-defined,type-var]


class _GraphFit(Fitted):
    def to_onnx(self) -> Any:
        from onnx import helper

        from components.onnx_graph import forecast_graph

        nodes = [
            helper.make_node("Gather", ["features", "first"], ["x"], axis=1),
            helper.make_node("Mul", ["x", "slope"], ["forecast"]),
        ]
        constants = {"first": np.array([0]), "slope": np.array([[self.slope]], dtype=np.float32)}
        return forecast_graph(nodes, constants, 4)


@dataclass(frozen=True, kw_only=True)
class OtherGraph(_Line):
    """A line whose graph leaves its level out."""

    fitted = _GraphFit
