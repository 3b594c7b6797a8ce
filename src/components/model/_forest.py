"""Forests as one ONNX operator, whoever grew the trees."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from components.onnx_graph import forecast_graph, link_nodes, wide_features
from components.values import Float, Int

if TYPE_CHECKING:
    import onnx


@dataclass(frozen=True, kw_only=True, eq=False)
class Tree:
    """A binary tree of S splits and S + 1 leaves; a child below 0 is leaf ~child.

    A row goes left where its feature is at most the threshold, or below it where `strict`. output: to which the value
    of the row's leaf is added.
    """

    feature_S: Int
    threshold_S: Float
    left_S: Int
    right_S: Int
    value_L: Float
    output: int = 0
    strict: bool = False


def coded(
    leaf_M: npt.NDArray[np.bool_],
    feature_M: npt.NDArray[Any],
    threshold_M: Float,
    left_M: npt.NDArray[Any],
    right_M: npt.NDArray[Any],
    value_M: Float,
    *,
    output: int = 0,
    strict: bool = False,
) -> Tree:
    """The tree of M nodes in any order, whose children are named by their place."""
    place_M = np.where(leaf_M, ~(np.cumsum(leaf_M) - 1), np.cumsum(~leaf_M) - 1)
    split_M = ~leaf_M
    return Tree(
        feature_S=feature_M[split_M].astype(np.int64),
        threshold_S=threshold_M[split_M],
        left_S=place_M[left_M[split_M]],
        right_S=place_M[right_M[split_M]],
        value_L=value_M[leaf_M],
        output=output,
        strict=strict,
    )


def forest_graph(
    trees: Sequence[Tree],
    base_O: Float,
    *,
    n_columns: int,
    link: Literal["identity", "sigmoid"],
    width: int = 1,
    inputs: "tuple[Sequence[onnx.NodeProto], Mapping[str, Any], str] | None" = None,
) -> "onnx.ModelProto":
    """link(base_O + the sum of the trees' values). Thresholds and sums in float64, so that no comparison turns out
    otherwise than where the trees were grown; `width` neighbouring outputs are put in order. inputs: nodes that make
    of `features` what the trees read, the constants for it, and its name; by default a cast to float64."""
    from onnx import TensorProto, helper

    before, constants, read = inputs or ([wide_features()], {}, "wide")
    forest = helper.make_node(
        "TreeEnsembleRegressor",
        [read],
        ["sum"],
        domain="ai.onnx.ml",
        n_targets=len(base_O),
        base_values_as_tensor=_tensor(base_O),
        **_joined([_attributes(tree, number) for number, tree in enumerate(trees)]),
    )
    cast = helper.make_node("Cast", ["sum"], ["score"], to=TensorProto.DOUBLE)
    nodes, known = [*before, forest, cast], dict(constants)
    if width == 1:
        nodes += link_nodes("score", link)
        return forecast_graph(nodes, known, n_columns, n_outputs=len(base_O))
    nodes += [
        helper.make_node("Reshape", ["score", "by_target"], ["unsorted"]),
        helper.make_node("TopK", ["unsorted", "width"], ["sorted", "places"], axis=2, largest=0, sorted=1),
        helper.make_node("Reshape", ["sorted", "by_row"], ["ordered"]),
        *link_nodes("ordered", link),
    ]
    known |= {
        "by_target": np.array([0, len(base_O) // width, width]),  # 0: as many rows as there are
        "width": np.array([width]),
        "by_row": np.array([0, len(base_O)]),
    }
    return forecast_graph(nodes, known, n_columns, n_outputs=len(base_O))


def _attributes(tree: Tree, number: int) -> dict[str, Any]:
    """The tree in the operator's attributes: splits are nodes 0 .. S - 1, leaves follow them."""
    n_splits, n_leaves = len(tree.feature_S), len(tree.value_L)
    leaf_zeros = np.zeros(n_leaves, dtype=np.int64)

    def node(child_S: Int) -> Int:
        return np.concatenate([np.where(child_S < 0, n_splits + ~child_S, child_S), leaf_zeros])

    return {
        "nodes_treeids": np.full(n_splits + n_leaves, number),
        "nodes_nodeids": np.arange(n_splits + n_leaves),
        "nodes_featureids": np.concatenate([tree.feature_S, leaf_zeros]),
        "nodes_modes": np.array(["BRANCH_LT" if tree.strict else "BRANCH_LEQ"] * n_splits + ["LEAF"] * n_leaves),
        "nodes_values_as_tensor": np.concatenate([tree.threshold_S, np.zeros(n_leaves)]),
        "nodes_truenodeids": node(tree.left_S),
        "nodes_falsenodeids": node(tree.right_S),
        "target_treeids": np.full(n_leaves, number),
        "target_nodeids": n_splits + np.arange(n_leaves),
        "target_ids": np.full(n_leaves, tree.output),
        "target_weights_as_tensor": tree.value_L,
    }


def _joined(trees: list[dict[str, Any]]) -> dict[str, Any]:
    joined = {key: np.concatenate([tree[key] for tree in trees]) for key in trees[0]}
    return {key: _tensor(a) if key.endswith("_as_tensor") else a.tolist() for key, a in joined.items()}


def _tensor(values: Float) -> "onnx.TensorProto":
    from onnx import numpy_helper

    return numpy_helper.from_array(np.asarray(values, dtype=np.float64))
