"""ONNX graphs of fitted models: input `features` (N, F) float32, output `forecast` (N, O) float32.

Inside, graphs compute in float64 and round once, at the output, as `rounded` does for `predict`: the
graph and the fitted model then agree to the last bit but for a tie of float64 sums, and no order flips.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from components.values import Float

if TYPE_CHECKING:
    import onnx

OPSETS = {"": 17, "ai.onnx.ml": 3}
IR_VERSION = 8


def rounded(values_N: npt.NDArray[np.floating[Any]]) -> Float:
    """float64 values at the precision of float32, in which a graph hands its forecast over."""
    return values_N.astype(np.float32).astype(np.float64)


def linked(score_N: Float, link: Literal["identity", "sigmoid"]) -> Float:
    """The forecast of raw scores: the score itself, or 1 / (1 + exp(-score)) without overflow."""
    if link == "identity":
        return rounded(score_N)
    score_N = rounded(score_N)  # a sum of trees leaves its operator as float32
    small_N = np.exp(-np.abs(score_N))
    return rounded(np.where(score_N >= 0, 1.0, small_N) / (1.0 + small_N))


def link_nodes(score: str, link: Literal["identity", "sigmoid"]) -> list["onnx.NodeProto"]:
    """Nodes from the float64 tensor `score` to the output `forecast`."""
    from onnx import TensorProto, helper

    if link == "identity":
        return [helper.make_node("Cast", [score], ["forecast"], to=TensorProto.FLOAT)]
    return [
        helper.make_node("Sigmoid", [score], ["probability"]),
        helper.make_node("Cast", ["probability"], ["forecast"], to=TensorProto.FLOAT),
    ]


def wide_features() -> "onnx.NodeProto":
    """The node that casts `features` to float64 `wide`."""
    from onnx import TensorProto, helper

    return helper.make_node("Cast", ["features"], ["wide"], to=TensorProto.DOUBLE)


def forecast_graph(
    nodes: Sequence["onnx.NodeProto"],
    constants: Mapping[str, npt.NDArray[Any]],
    n_columns: int,
    *,
    n_outputs: int = 1,
    lookback_rows: int = 1,
) -> "onnx.ModelProto":
    """A checked model of the nodes, with the constants as initializers. With lookback_rows above 1, `features` is
    (N, lookback_rows, F), the newest row last."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    shape = ["rows", n_columns] if lookback_rows == 1 else ["rows", lookback_rows, n_columns]
    graph = helper.make_graph(
        nodes,
        "forecast",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("forecast", TensorProto.FLOAT, ["rows", n_outputs])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid(domain, version) for domain, version in OPSETS.items()]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION, producer_name="assay")
    onnx.checker.check_model(model, full_check=True)
    return model
