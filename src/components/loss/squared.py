"""The squared error."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from components.contracts import Loss

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Squared(Loss):
    """l(s, y) = (s - y)^2 / 2, minimised by the conditional mean; gradient s - y, Hessian 1.

    The half makes it the limit of `huber` for a large delta, and LightGBM's own objective.
    """

    least_squares: ClassVar[bool] = True

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})

    def __call__(self, score_N: "torch.Tensor", target_N: "torch.Tensor") -> "torch.Tensor":
        return (score_N - target_N) ** 2 / 2

    def native(self, library: Literal["lightgbm", "xgboost"]) -> Mapping[str, Any] | None:
        if library == "xgboost":
            return {"objective": "reg:squarederror", "eval_metric": "rmse"}
        return {"objective": "regression", "metric": "l2"}
