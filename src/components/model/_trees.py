"""What boosting fits: a sum of trees, kept as LightGBM's own text."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from components.contracts import FittedModel
from components.graph import forecast_graph, link_nodes, linked, wide_features
from components.values import Float, Samples

if TYPE_CHECKING:
    import onnx

TREES_FILE = "trees.txt"
HEAD_FILE = "head.json"
ITERATIONS = "iterations"
"""Name of the number of trees among what the valid rows decided."""


def trees_text(booster: Any) -> str:
    """The booster's text up to its best iteration, without the parameters.

    They play no part in a forecast, and the number of threads is among them.
    """
    text: str = booster.model_to_string(num_iteration=booster.best_iteration)
    return text.split("\nparameters:")[0]


@dataclass(frozen=True, kw_only=True)
class TreeSum(FittedModel):
    """f(x) = link(base + sum over trees of the leaf value at x). stopped_early: whether the valid rows decided
    the number of trees."""

    trees: str
    base: float
    link: Literal["identity", "sigmoid"]
    stopped_early: bool = False

    @cached_property
    def _booster(self) -> Any:
        import lightgbm

        return lightgbm.Booster(model_str=self.trees)

    def predict(self, samples: Samples) -> Float:
        if len(samples) == 0:
            return np.empty((0, 1))
        return linked(self._booster.predict(samples.X_NF, raw_score=True) + self.base, self.link)[:, None]

    def chosen(self) -> Mapping[str, float]:
        return {ITERATIONS: float(self.trees.count("\nTree="))} if self.stopped_early else {}

    def to_files(self) -> dict[str, bytes]:
        head = {"base": self.base, "link": self.link, "stopped_early": self.stopped_early}
        return {TREES_FILE: self.trees.encode(), HEAD_FILE: json.dumps(head).encode()}

    @staticmethod
    def from_files(files: Mapping[str, bytes]) -> "TreeSum":
        head = json.loads(files[HEAD_FILE])
        return TreeSum(trees=files[TREES_FILE].decode(), **head)

    def to_onnx(self) -> "onnx.ModelProto":
        """Thresholds and sums in float64, as LightGBM has them, so that no comparison turns out otherwise."""
        from onnx import TensorProto, helper

        attributes = _joined([_onnx_tree(tree, number) for number, tree in enumerate(_parsed(self.trees))])
        nodes = [
            wide_features(),
            helper.make_node(
                "TreeEnsembleRegressor",
                ["wide"],
                ["sum"],
                domain="ai.onnx.ml",
                n_targets=1,
                base_values_as_tensor=_tensor(np.array([self.base])),
                **attributes,
            ),
            helper.make_node("Cast", ["sum"], ["score"], to=TensorProto.DOUBLE),
            *link_nodes("score", self.link),
        ]
        n_columns = int(_value(self.trees, "max_feature_idx")) + 1
        return forecast_graph(nodes, {}, n_columns)


def _value(block: str, key: str) -> str:
    """The text after `key=` in a block of `key=value` lines; empty where the key is absent."""
    for line in block.splitlines():
        if line.startswith(f"{key}="):
            return line.removeprefix(f"{key}=")
    return ""


def _parsed(text: str) -> list[dict[str, npt.NDArray[Any]]]:
    """One dictionary of arrays per tree: L - 1 splits and L leaves; a child below 0 is leaf -child - 1."""
    kinds = {
        "split_feature": np.int64,
        "threshold": np.float64,
        "left_child": np.int64,
        "right_child": np.int64,
        "leaf_value": np.float64,
    }
    blocks = text.split("\nend of trees")[0].split("\nTree=")[1:]
    return [{key: np.array(_value(block, key).split(), dtype=kind) for key, kind in kinds.items()} for block in blocks]


def _onnx_tree(tree: dict[str, npt.NDArray[Any]], number: int) -> dict[str, npt.NDArray[Any]]:
    """The tree in the operator's attributes: splits are nodes 0 .. L - 2, leaves follow them."""
    n_leaves, n_splits = len(tree["leaf_value"]), len(tree["leaf_value"]) - 1
    leaf_zeros = np.zeros(n_leaves, dtype=np.int64)

    def node(child: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.concatenate([np.where(child < 0, n_splits + ~child, child), leaf_zeros])

    return {
        "nodes_treeids": np.full(n_splits + n_leaves, number),
        "nodes_nodeids": np.arange(n_splits + n_leaves),
        "nodes_featureids": np.concatenate([tree["split_feature"], leaf_zeros]),
        "nodes_modes": np.array(["BRANCH_LEQ"] * n_splits + ["LEAF"] * n_leaves),
        "nodes_values_as_tensor": np.concatenate([tree["threshold"], np.zeros(n_leaves)]),
        "nodes_truenodeids": node(tree["left_child"]),
        "nodes_falsenodeids": node(tree["right_child"]),
        "target_treeids": np.full(n_leaves, number),
        "target_nodeids": n_splits + np.arange(n_leaves),
        "target_ids": leaf_zeros,
        "target_weights_as_tensor": tree["leaf_value"],
    }


def _joined(trees: list[dict[str, npt.NDArray[Any]]]) -> dict[str, Any]:
    joined = {key: np.concatenate([tree[key] for tree in trees]) for key in trees[0]}
    return {key: _tensor(a) if key.endswith("_as_tensor") else a.tolist() for key, a in joined.items()}


def _tensor(values: npt.NDArray[np.float64]) -> "onnx.TensorProto":
    from onnx import numpy_helper

    return numpy_helper.from_array(values)
