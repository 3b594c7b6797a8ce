"""What linear and ridge regression fit: f(x) = x . coefficients + intercept."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from components.contracts import FittedModel, Loss
from components.errors import DataError
from components.graph import forecast_graph, link_nodes, rounded, wide_features
from components.values import Float, Samples

if TYPE_CHECKING:
    import onnx

FILE = "linear.json"


@dataclass(frozen=True, kw_only=True, eq=False)
class LinearFunction(FittedModel):
    """f(x) = x . coefficients_F + intercept, summed in float64."""

    coefficients_F: Float
    intercept: float

    def predict(self, X_NF: npt.NDArray[np.float32]) -> Float:
        return rounded(X_NF.astype(np.float64) @ self.coefficients_F + self.intercept)

    def to_files(self) -> dict[str, bytes]:
        content = {"coefficients": self.coefficients_F.tolist(), "intercept": self.intercept}
        return {FILE: json.dumps(content).encode()}

    @staticmethod
    def from_files(files: Mapping[str, bytes]) -> "LinearFunction":
        content = json.loads(files[FILE])
        return LinearFunction(
            coefficients_F=np.array(content["coefficients"], dtype=np.float64),
            intercept=float(content["intercept"]),
        )

    def to_onnx(self) -> "onnx.ModelProto":
        from onnx import helper

        nodes = [
            wide_features(),
            helper.make_node("MatMul", ["wide", "coefficients"], ["product"]),
            helper.make_node("Add", ["product", "intercept"], ["score"]),
            *link_nodes("score", "identity"),
        ]
        constants = {
            "coefficients": self.coefficients_F.reshape(-1, 1),
            "intercept": np.array([self.intercept]),
        }
        return forecast_graph(nodes, constants, len(self.coefficients_F))


def least_squares_only(loss: Loss) -> str | None:
    """For `supports`: what a closed-form least-squares fit can minimise."""
    return None if loss.least_squares else "the squared error only (loss=squared)"


@dataclass(frozen=True, kw_only=True, eq=False)
class Standardised:
    """Train columns at mean 0 and standard deviation 1 (constant ones at 0), labels at mean 0."""

    Z_NF: Float
    y_N: Float
    means_F: Float
    scales_F: Float
    label_mean: float

    def function(self, slopes_F: npt.NDArray[np.floating[Any]]) -> LinearFunction:
        """The linear function of the raw columns that has these slopes on the standardised ones."""
        coefficients_F = slopes_F.astype(np.float64) / self.scales_F
        intercept = self.label_mean - float(self.means_F @ coefficients_F)
        return LinearFunction(coefficients_F=coefficients_F, intercept=intercept)


def standardise(train: Samples) -> Standardised:
    """Raises DataError where there are no train rows."""
    if len(train) == 0:
        raise DataError("the train span has no rows to fit on; use a longer history")
    X_NF = train.X_NF.astype(np.float64)
    means_F = X_NF.mean(axis=0)
    constant_F = X_NF.max(axis=0) == X_NF.min(axis=0)
    means_F[constant_F] = X_NF[0, constant_F]  # exactly, so that no rounding error is blown up
    scales_F = np.where(constant_F, 1.0, X_NF.std(axis=0))
    label_mean = float(train.y_N.mean())
    return Standardised(
        Z_NF=(X_NF - means_F) / scales_F,
        y_N=train.y_N - label_mean,
        means_F=means_F,
        scales_F=scales_F,
        label_mean=label_mean,
    )
