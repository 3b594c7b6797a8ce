"""What XGBoost fits: one sum of trees for each output, kept as UBJSON and summed in float64."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from components.contracts import FittedModel
from components.model._forest import Tree, coded, forest_graph
from components.onnx_graph import linked
from components.values import Float, Samples

if TYPE_CHECKING:
    import onnx

HEAD_FILE = "head.json"
ROWS_AT_ONCE = 65_536
"""Rows whose leaves are held at a time: rows x trees int64."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Booster:
    """A sum of trees: its UBJSON, and how many of its trees count."""

    content: bytes
    n_trees: int

    @cached_property
    def _booster(self) -> Any:
        import xgboost

        booster = xgboost.Booster()
        booster.load_model(bytearray(self.content))
        return booster

    @cached_property
    def _learner(self) -> Mapping[str, Any]:
        learner: Mapping[str, Any] = json.loads(self._booster.save_raw("json"))["learner"]
        return learner

    @cached_property
    def base(self) -> float:
        """The score from which it starts: XGBoost keeps it after its link."""
        told = json.loads(self._learner["learner_model_param"]["base_score"])
        base = float(np.float32(told[0] if isinstance(told, list) else told))
        return float(np.log(base / (1 - base))) if self._learner["objective"]["name"] == "binary:logistic" else base

    @property
    def n_columns(self) -> int:
        return int(self._learner["learner_model_param"]["num_feature"])

    @property
    def _grown(self) -> list[Mapping[str, Any]]:
        trees: list[Mapping[str, Any]] = self._learner["gradient_booster"]["model"]["trees"]
        return trees[: self.n_trees]

    def trees(self, output: int) -> list[Tree]:
        """For the operator of ONNX: XGBoost sends a row left where its feature is below the threshold, in float32."""
        return [_tree(each, output) for each in self._grown]

    def scores(self, samples: Samples) -> Float:
        """(N,) the sum in float64 of the leaves that XGBoost finds; its own sum is in float32."""
        import xgboost

        leaf_values = [
            np.asarray(each["split_conditions"], dtype=np.float32).astype(np.float64) for each in self._grown
        ]
        score_N = np.full(len(samples), self.base)
        for begin in range(0, len(samples), ROWS_AT_ONCE):
            rows = slice(begin, begin + ROWS_AT_ONCE)
            data = xgboost.DMatrix(samples.X_NF[rows], nthread=1)
            found = self._booster.predict(data, pred_leaf=True, iteration_range=(0, self.n_trees))
            leaf_NT = np.asarray(found).reshape(data.num_row(), -1).astype(np.int64)
            for tree, values in enumerate(leaf_values):
                score_N[rows] += values[leaf_NT[:, tree]]
        return score_N


def _tree(told: Mapping[str, Any], output: int) -> Tree:
    left_M = np.asarray(told["left_children"], dtype=np.int64)
    right_M = np.asarray(told["right_children"], dtype=np.int64)
    value_M = np.asarray(told["split_conditions"], dtype=np.float32).astype(np.float64)
    feature_M = np.asarray(told["split_indices"], dtype=np.int64)
    return coded(left_M < 0, feature_M, value_M, left_M, right_M, value_M, output=output, strict=True)


@dataclass(frozen=True, kw_only=True, eq=False)
class Boosters(FittedModel):
    """One sum for each output, those of a target side by side. width: outputs of a target, which are put in order
    where they are several (see model/_trees.TreeSums). stopped_early: whether valid rows decided the numbers of trees.
    """

    boosters: tuple[Booster, ...]
    width: int
    link: Literal["identity", "sigmoid"]
    stopped_early: bool

    def predict(self, samples: Samples) -> Float:
        if len(samples) == 0:
            return np.zeros((0, len(self.boosters)))
        values_NO = np.column_stack([linked(one.scores(samples), self.link) for one in self.boosters])
        by_target = (len(samples), len(self.boosters) // self.width, self.width)
        return np.sort(values_NO.reshape(by_target), axis=2).reshape(values_NO.shape)

    def chosen(self) -> Mapping[str, float]:
        if not self.stopped_early:
            return {}
        return {f"{number}/iterations": float(one.n_trees) for number, one in enumerate(self.boosters, start=1)}

    def to_files(self) -> dict[str, bytes]:
        head = {
            "trees": [one.n_trees for one in self.boosters],
            "width": self.width,
            "link": self.link,
            "stopped_early": self.stopped_early,
        }
        files = {f"{number}.ubj": one.content for number, one in enumerate(self.boosters, start=1)}
        return {HEAD_FILE: json.dumps(head).encode(), **files}

    @staticmethod
    def from_files(files: Mapping[str, bytes]) -> "Boosters":
        head = json.loads(files[HEAD_FILE])
        counts = head.pop("trees")
        boosters = [Booster(content=files[f"{n}.ubj"], n_trees=count) for n, count in enumerate(counts, start=1)]
        return Boosters(boosters=tuple(boosters), **head)

    def to_onnx(self) -> "onnx.ModelProto":
        trees = [tree for output, one in enumerate(self.boosters) for tree in one.trees(output)]
        base_O = np.array([one.base for one in self.boosters])
        n_columns = self.boosters[0].n_columns
        return forest_graph(trees, base_O, n_columns=n_columns, link=self.link, width=self.width)
