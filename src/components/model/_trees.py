"""What boosting fits: a sum of trees, kept as LightGBM's own text."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from components.contracts import FittedModel
from components.model._forest import Tree, forest_graph
from components.onnx_graph import linked
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
        return trees_graph([self])


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
        return trees_graph(self.sums, width=self.width)


def fitted_sums(sums: Sequence[TreeSum], width: int) -> TreeSum | TreeSums:
    """The fitted model of one sum for each output."""
    return sums[0] if len(sums) == 1 else TreeSums(sums=tuple(sums), width=width)


def sums_from_files(files: Mapping[str, bytes]) -> TreeSum | TreeSums:
    """What `to_files` of either wrote down."""
    return TreeSums.from_files(files) if SUMS_FILE in files else TreeSum.from_files(files)


def trees_graph(sums: Sequence[TreeSum], *, width: int = 1) -> "onnx.ModelProto":
    """One forest with a target for each sum; `width` neighbouring outputs are put in order."""
    trees = [tree for output, one in enumerate(sums) for text in one.texts for tree in _parsed(text, output)]
    n_columns = int(_value(sums[0].trees, "max_feature_idx")) + 1
    base_O = np.array([one.base for one in sums])
    return forest_graph(trees, base_O, n_columns=n_columns, link=sums[0].link, width=width)


def _value(block: str, key: str) -> str:
    """The text after `key=` in a block of `key=value` lines; empty where the key is absent."""
    for line in block.splitlines():
        if line.startswith(f"{key}="):
            return line.removeprefix(f"{key}=")
    return ""


def _parsed(text: str, output: int) -> list[Tree]:
    """The trees of a booster's text, which codes children as `Tree` does."""

    def read(block: str, key: str, kind: type) -> npt.NDArray[Any]:
        return np.array(_value(block, key).split(), dtype=kind)

    return [
        Tree(
            feature_S=read(block, "split_feature", np.int64),
            threshold_S=read(block, "threshold", np.float64),
            left_S=read(block, "left_child", np.int64),
            right_S=read(block, "right_child", np.int64),
            value_L=read(block, "leaf_value", np.float64),
            output=output,
        )
        for block in text.split("\nend of trees")[0].split("\nTree=")[1:]
    ]
