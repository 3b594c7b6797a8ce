"""What linear and ridge regression fit: f(x) = x . coefficients + intercept."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from components.contracts import FittedModel, Loss
from components.errors import DataError
from components.onnx_graph import forecast_graph, link_nodes, rounded, wide_features
from components.values import Float, Samples

if TYPE_CHECKING:
    import onnx

FILE = "linear.json"


@dataclass(frozen=True, kw_only=True, eq=False)
class LinearFunction(FittedModel):
    """f_o(x) = x . coefficients_OF[o] + intercept_O[o], summed in float64."""

    coefficients_OF: Float
    intercept_O: Float

    def predict(self, samples: Samples) -> Float:
        wide_NF = samples.X_NF.astype(np.float64)
        pairs = zip(self.coefficients_OF, self.intercept_O, strict=True)
        return rounded(np.column_stack([wide_NF @ coefficients_F + intercept for coefficients_F, intercept in pairs]))

    def to_files(self) -> dict[str, bytes]:
        content = {"coefficients": self.coefficients_OF.tolist(), "intercept": self.intercept_O.tolist()}
        return {FILE: json.dumps(content).encode()}

    @staticmethod
    def from_files(files: Mapping[str, bytes]) -> "LinearFunction":
        content = json.loads(files[FILE])
        return LinearFunction(
            coefficients_OF=np.array(content["coefficients"], dtype=np.float64).reshape(len(content["intercept"]), -1),
            intercept_O=np.array(content["intercept"], dtype=np.float64),
        )

    def to_onnx(self) -> "onnx.ModelProto":
        return self.graph(lookback_rows=1)

    def graph(self, *, lookback_rows: int) -> "onnx.ModelProto":
        """The function of so many rows side by side, oldest first."""
        from onnx import helper

        n_outputs, n_inputs = self.coefficients_OF.shape
        flat = [helper.make_node("Flatten", ["wide"], ["flat"], axis=1)] if lookback_rows > 1 else []
        nodes = [
            wide_features(),
            *flat,
            helper.make_node("MatMul", ["flat" if flat else "wide", "coefficients"], ["product"]),
            helper.make_node("Add", ["product", "intercept"], ["score"]),
            *link_nodes("score", "identity"),
        ]
        constants = {"coefficients": np.ascontiguousarray(self.coefficients_OF.T), "intercept": self.intercept_O}
        n_columns = n_inputs // lookback_rows
        return forecast_graph(nodes, constants, n_columns, n_outputs=n_outputs, lookback_rows=lookback_rows)


def least_squares_only(loss: Loss) -> str | None:
    """For `supports`: what a closed-form least-squares fit can minimise."""
    return None if loss.least_squares else "the squared error only (loss=squared)"


@dataclass(frozen=True, kw_only=True, eq=False)
class Scaling:
    """What standardised columns and labels were before: means and scales."""

    means_F: Float
    scales_F: Float
    label_mean_K: Float

    def function(self, slopes_KF: Sequence[npt.NDArray[np.floating[Any]]]) -> LinearFunction:
        """The linear function of the raw columns that has these slopes on the standardised ones, target by target."""
        coefficients_KF = np.array([slopes_F.astype(np.float64) / self.scales_F for slopes_F in slopes_KF])
        shift_K = np.array([float(self.means_F @ coefficients_F) for coefficients_F in coefficients_KF])
        return LinearFunction(coefficients_OF=coefficients_KF, intercept_O=self.label_mean_K - shift_K)


@dataclass(frozen=True, kw_only=True, eq=False)
class Standardised(Scaling):
    """Train columns at mean 0 and standard deviation 1 (constant ones at 0), labels of each target at mean 0."""

    Z_NF: Float
    y_NK: Float


@dataclass(frozen=True, kw_only=True, eq=False)
class NormalEquations(Scaling):
    """Of the standardised columns: products with each other, and with the labels of each target."""

    gram_FF: Float
    products_KF: Sequence[Float]


def normal_equations(train: Samples) -> NormalEquations:
    """Raises DataError where there are no train rows."""
    data = standardise(train)
    return NormalEquations(
        gram_FF=data.Z_NF.T @ data.Z_NF,
        products_KF=[data.Z_NF.T @ y_N for y_N in np.ascontiguousarray(data.y_NK.T)],
        means_F=data.means_F,
        scales_F=data.scales_F,
        label_mean_K=data.label_mean_K,
    )


def standardise(train: Samples) -> Standardised:
    """Raises DataError where there are no train rows."""
    if len(train) == 0:
        raise DataError("the train span has no rows to fit on; use a longer history")
    X_NF = train.X_NF.astype(np.float64)
    means_F = X_NF.mean(axis=0)
    constant_F = X_NF.max(axis=0) == X_NF.min(axis=0)
    means_F[constant_F] = X_NF[0, constant_F]  # exactly, so that no rounding error is blown up
    scales_F = np.where(constant_F, 1.0, X_NF.std(axis=0))
    columns_KN = [np.ascontiguousarray(y_N) for y_N in train.y_NK.T]
    label_mean_K = np.array([float(y_N.mean()) for y_N in columns_KN])
    return Standardised(
        Z_NF=(X_NF - means_F) / scales_F,
        y_NK=train.y_NK - label_mean_K,
        means_F=means_F,
        scales_F=scales_F,
        label_mean_K=label_mean_K,
    )
