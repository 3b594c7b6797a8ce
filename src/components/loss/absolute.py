"""The absolute error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from components.contracts import Loss
from components.values import Head

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Absolute(Loss):
    """l(s, y) = |s - y|, in units of the target, minimised by the conditional median, which is the forecast.

    Gradient sign(s - y), Hessian 0, so that Newton steps take it as 1. Twice the pinball loss at 0.5 (loss/quantile).
    """

    curvature: ClassVar[Literal["exact", "constant"]] = "constant"

    @property
    def head(self) -> Head:
        return Head(statistic="quantile", levels=(0.5,))

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})

    def __call__(self, score_N: "torch.Tensor", target_N: "torch.Tensor") -> "torch.Tensor":
        return (score_N - target_N).abs()

    def native(self, library: Literal["lightgbm", "xgboost"]) -> Mapping[str, Any] | None:
        if library == "xgboost":
            return {"objective": "reg:absoluteerror", "eval_metric": "mae"}
        return {"objective": "regression_l1", "metric": "l1"}
