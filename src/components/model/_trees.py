"""What boosting fits: a sum of trees, kept as LightGBM's own text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from components.contracts import FittedModel
from components.onnx_graph import forecast_graph, link_nodes, linked, wide_features
from components.values import Float, Samples

if TYPE_CHECKING:
    import onnx

TREES_FILE = "trees.txt"
HEAD_FILE = "head.json"
SUMS_FILE = "sums.json"
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
    """f(x) = link(base + sum over trees of the leaf value at x).

    before: the sums that it started from, oldest first, which belong to it; stopped_early: whether the valid rows
    decided the number of its own trees.
    """

    trees: str
    base: float
    link: Literal["identity", "sigmoid"]
    stopped_early: bool = False
    before: tuple[str, ...] = ()

    @cached_property
    def _boosters(self) -> tuple[Any, ...]:
        import lightgbm

        return tuple(lightgbm.Booster(model_str=text) for text in self.texts)

    @property
    def texts(self) -> tuple[str, ...]:
        """All its trees, oldest first."""
        return (*self.before, self.trees)

    def scores(self, samples: Samples) -> Float:
        """(N,) the sum, before the link."""
        score_N = np.zeros(len(samples))
        if len(samples):
            for booster in self._boosters:
                score_N += booster.predict(samples.X_NF, raw_score=True)
        return score_N + self.base

    def predict(self, samples: Samples) -> Float:
        return linked(self.scores(samples), self.link)[:, None]

    def chosen(self) -> Mapping[str, float]:
        return {ITERATIONS: float(self.trees.count("\nTree="))} if self.stopped_early else {}

    def to_files(self) -> dict[str, bytes]:
        head = {"base": self.base, "link": self.link, "stopped_early": self.stopped_early}
        before = {f"before_{number}.txt": text.encode() for number, text in enumerate(self.before, start=1)}
        return {TREES_FILE: self.trees.encode(), HEAD_FILE: json.dumps(head).encode(), **before}

    @staticmethod
    def from_files(files: Mapping[str, bytes]) -> "TreeSum":
        head = json.loads(files[HEAD_FILE])
        before = [files[f"before_{number}.txt"].decode() for number in range(1, len(files) - 1)]
        return TreeSum(trees=files[TREES_FILE].decode(), before=tuple(before), **head)

    def to_onnx(self) -> "onnx.ModelProto":
        return forest_graph([self])


@dataclass(frozen=True, kw_only=True)
class TreeSums(FittedModel):
    """One sum for each output, those of a target side by side.

    width: outputs of a target. Where they are several, they are quantiles, which are put in order: that never makes
    them worse. Chernozhukov, Fernández-Val and Galichon (2010), "Quantile and Probability Curves Without Crossing",
    Econometrica 78(3), proposition 4.
    """

    sums: tuple[TreeSum, ...]
    width: int

    def predict(self, samples: Samples) -> Float:
        values_NO = np.column_stack([one.predict(samples) for one in self.sums])
        by_target = (len(samples), len(self.sums) // self.width, self.width)
        return np.sort(values_NO.reshape(by_target), axis=2).reshape(values_NO.shape)

    def chosen(self) -> Mapping[str, float]:
        return {
            f"{number}/{name}": value
            for number, one in enumerate(self.sums, start=1)
            for name, value in one.chosen().items()
        }

    def to_files(self) -> dict[str, bytes]:
        files = {SUMS_FILE: json.dumps({"sums": len(self.sums), "width": self.width}).encode()}
        for number, one in enumerate(self.sums, start=1):
            files |= {f"{number}/{name}": data for name, data in one.to_files().items()}
        return files

    @staticmethod
    def from_files(files: Mapping[str, bytes]) -> "TreeSums":
        content = json.loads(files[SUMS_FILE])
        prefixes = [f"{number}/" for number in range(1, content["sums"] + 1)]
        own = [
            {name.removeprefix(prefix): data for name, data in files.items() if name.startswith(prefix)}
            for prefix in prefixes
        ]
        return TreeSums(sums=tuple(TreeSum.from_files(each) for each in own), width=content["width"])

    def to_onnx(self) -> "onnx.ModelProto":
        return forest_graph(self.sums, width=self.width)


def fitted_sums(sums: Sequence[TreeSum], width: int) -> TreeSum | TreeSums:
    """The fitted model of one sum for each output."""
    return sums[0] if len(sums) == 1 else TreeSums(sums=tuple(sums), width=width)


def sums_from_files(files: Mapping[str, bytes]) -> TreeSum | TreeSums:
    """What `to_files` of either wrote down."""
    return TreeSums.from_files(files) if SUMS_FILE in files else TreeSum.from_files(files)


def forest_graph(sums: Sequence[TreeSum], *, width: int = 1) -> "onnx.ModelProto":
    """One forest with a target for each sum. Thresholds and sums in float64, as LightGBM has them, so that no
    comparison turns out otherwise; `width` neighbouring outputs are put in order."""
    from onnx import TensorProto, helper

    trees = [(tree, output) for output, one in enumerate(sums) for text in one.texts for tree in _parsed(text)]
    attributes = _joined([_onnx_tree(tree, number, output) for number, (tree, output) in enumerate(trees)])
    forest = helper.make_node(
        "TreeEnsembleRegressor",
        ["wide"],
        ["sum"],
        domain="ai.onnx.ml",
        n_targets=len(sums),
        base_values_as_tensor=_tensor(np.array([one.base for one in sums])),
        **attributes,
    )
    cast = helper.make_node("Cast", ["sum"], ["score"], to=TensorProto.DOUBLE)
    n_columns = int(_value(sums[0].trees, "max_feature_idx")) + 1
    if width == 1:
        nodes = [wide_features(), forest, cast, *link_nodes("score", sums[0].link)]
        return forecast_graph(nodes, {}, n_columns, n_outputs=len(sums))
    nodes = [
        wide_features(),
        forest,
        cast,
        helper.make_node("Reshape", ["score", "by_target"], ["unsorted"]),
        helper.make_node("TopK", ["unsorted", "width"], ["sorted", "places"], axis=2, largest=0, sorted=1),
        helper.make_node("Reshape", ["sorted", "by_row"], ["ordered"]),
        *link_nodes("ordered", sums[0].link),
    ]
    constants = {
        "by_target": np.array([0, len(sums) // width, width]),  # 0: as many rows as there are
        "width": np.array([width]),
        "by_row": np.array([0, len(sums)]),
    }
    return forecast_graph(nodes, constants, n_columns, n_outputs=len(sums))


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


def _onnx_tree(tree: dict[str, npt.NDArray[Any]], number: int, output: int = 0) -> dict[str, npt.NDArray[Any]]:
    """The tree in the operator's attributes, for one output: splits are nodes 0 .. L - 2, leaves follow them."""
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
        "target_ids": np.full(n_leaves, output),
        "target_weights_as_tensor": tree["leaf_value"],
    }


def _joined(trees: list[dict[str, npt.NDArray[Any]]]) -> dict[str, Any]:
    joined = {key: np.concatenate([tree[key] for tree in trees]) for key in trees[0]}
    return {key: _tensor(a) if key.endswith("_as_tensor") else a.tolist() for key, a in joined.items()}


def _tensor(values: npt.NDArray[np.float64]) -> "onnx.TensorProto":
    from onnx import numpy_helper

    return numpy_helper.from_array(values)
