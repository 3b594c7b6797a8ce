"""Smaller variants of a graph: float16 and int8, as far as ONNX has kernels for them.

    trees, fp16      thresholds and leaf values rounded to float16, kept as float32: no kernel computes in less
    products, fp16   coefficients and product in float16
    products, int8   coefficients int8, one scale; the input uint8, one scale for all rows of a call; summed in int32
    trees, int8      none: the operator TreeEnsembleRegressor takes floating point only

A variant is never assumed to be as good: it is replayed like the graph itself, and what it costs is written down.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    import onnx

Precision = Literal["fp16", "int8"]
PRECISIONS: tuple[Precision, ...] = ("fp16", "int8")
NO_INT8_TREES = "ONNX has no int8 kernel for trees"
NOTHING = "the graph has neither trees nor matrix products"
OUT_OF_RANGE = "a threshold or coefficient is beyond the range of float16"
TREE_VALUES = ("nodes_values_as_tensor", "target_weights_as_tensor", "base_values_as_tensor")


def variant(graph: bytes, precision: Precision) -> bytes | str:
    """The graph in another precision, or why there is none, in a few words."""
    import onnx

    model = onnx.load_from_string(graph)
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes: list[Any] = []
    added: dict[str, Any] = {}
    changed = 0
    for node in model.graph.node:
        if node.op_type == "TreeEnsembleRegressor":
            if precision == "int8":
                return NO_INT8_TREES
            changed += 1
            if not _round_trees(node):
                return OUT_OF_RANGE
            nodes += _in_float32(node)
        elif node.op_type == "MatMul" and node.input[1] in constants:
            changed += 1
            product = _product(node, constants[node.input[1]], precision, added)
            if product is None:
                return OUT_OF_RANGE
            nodes += product
        else:
            nodes.append(node)
    if not changed:
        return NOTHING
    _replace(model, nodes, added)
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString())


def _replace(model: "onnx.ModelProto", nodes: Sequence[Any], added: Mapping[str, Any]) -> None:
    from onnx import numpy_helper

    del model.graph.node[:]
    model.graph.node.extend(nodes)
    model.graph.initializer.extend(numpy_helper.from_array(value, name) for name, value in added.items())
    used = {name for node in nodes for name in node.input}
    kept = [tensor for tensor in model.graph.initializer if tensor.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)


def _round_trees(node: "onnx.NodeProto") -> bool:
    """Rounds the numbers of the trees in place, to the nearest; false where float16 cannot hold one.

    The input stays as it is: what lies between a threshold and its rounding takes the other branch.
    """
    from onnx import numpy_helper

    for attribute in node.attribute:
        if attribute.name in TREE_VALUES:
            with np.errstate(over="ignore"):
                values = numpy_helper.to_array(attribute.t).astype(np.float16)
            if not np.isfinite(values).all():
                return False
            attribute.t.CopyFrom(numpy_helper.from_array(values.astype(np.float32)))
    return True


def _in_float32(node: "onnx.NodeProto") -> list["onnx.NodeProto"]:
    """The operator wants its numbers and its input of one type."""
    from onnx import TensorProto, helper

    narrow = f"{node.output[0]}/narrow"
    cast = helper.make_node("Cast", [node.input[0]], [narrow], to=TensorProto.FLOAT)
    node.input[0] = narrow
    return [cast, node]


def _product(
    node: "onnx.NodeProto", weights: "onnx.TensorProto", precision: Precision, added: dict[str, Any]
) -> list["onnx.NodeProto"] | None:
    """Nodes that compute a product with constant coefficients (F, K) in the precision; None out of range."""
    from onnx import TensorProto, helper, numpy_helper

    W_FK = numpy_helper.to_array(weights)
    (left, _), out = node.input, node.output[0]

    def name(part: str) -> str:
        return f"{out}/{part}"

    if precision == "fp16":
        with np.errstate(over="ignore"):
            added[name("W")] = W_FK.astype(np.float16)
        if not np.isfinite(added[name("W")]).all():
            return None
        return [
            helper.make_node("Cast", [left], [name("x")], to=TensorProto.FLOAT16),
            helper.make_node("MatMul", [name("x"), name("W")], [name("y")]),
            helper.make_node("Cast", [name("y")], [out], to=TensorProto.DOUBLE),
        ]
    scale = float(np.abs(W_FK).max()) / 127.0 or 1.0
    added[name("W")] = np.round(W_FK / scale).astype(np.int8)
    added[name("scale")] = np.float32(scale)
    return [
        helper.make_node("Cast", [left], [name("x")], to=TensorProto.FLOAT),
        helper.make_node("DynamicQuantizeLinear", [name("x")], [name("q"), name("x_scale"), name("zero")]),
        helper.make_node("MatMulInteger", [name("q"), name("W"), name("zero")], [name("sum")]),
        helper.make_node("Cast", [name("sum")], [name("y")], to=TensorProto.FLOAT),
        helper.make_node("Mul", [name("x_scale"), name("scale")], [name("both")]),
        helper.make_node("Mul", [name("y"), name("both")], [name("scaled")]),
        helper.make_node("Cast", [name("scaled")], [out], to=TensorProto.DOUBLE),
    ]
