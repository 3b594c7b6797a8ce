"""The logistic loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from components.contracts import Loss
from components.values import Head

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Logistic(Loss):
    """l(s, y) = log(1 + exp(s)) - y s for y in {0, 1}: the negative log likelihood of p = 1 / (1 + exp(-s)).

    Minimised by the conditional probability of y = 1, which is the forecast. Gradient p - y, Hessian
    p (1 - p), in nats.
    """

    @property
    def head(self) -> Head:
        return Head(statistic="probability", link="sigmoid", labels="binary")

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})

    def __call__(self, score_N: "torch.Tensor", target_N: "torch.Tensor") -> "torch.Tensor":
        from torch.nn.functional import binary_cross_entropy_with_logits

        return binary_cross_entropy_with_logits(score_N, target_N, reduction="none")

    def native(self, library: Literal["lightgbm", "xgboost"]) -> Mapping[str, Any] | None:
        if library == "xgboost":
            return {"objective": "binary:logistic", "eval_metric": "logloss"}
        return {"objective": "binary", "metric": "binary_logloss"}
