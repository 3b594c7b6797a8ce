"""Huber's loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from components.contracts import Loss
from components.ranges import Gt

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Huber(Loss):
    """l(s, y) = d^2 / 2 where |d| <= delta, else delta (|d| - delta / 2), with d = s - y.

    Squared for small errors and absolute for large ones, so that single wild labels do not lead the
    fit. Huber (1964), "Robust Estimation of a Location Parameter", Ann. Math. Statist. 35(1), p. 75.

    delta: error beyond which the loss grows linearly, in units of the target, > 0.
    """

    delta: Annotated[float, Gt(0)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"delta": 0.5}, {"delta": 2.0})

    def __call__(self, score_N: "torch.Tensor", target_N: "torch.Tensor") -> "torch.Tensor":
        from torch.nn.functional import huber_loss

        return huber_loss(score_N, target_N, reduction="none", delta=self.delta)

    def native(self, library: Literal["lightgbm", "xgboost"]) -> Mapping[str, Any] | None:
        if library == "xgboost":
            return None  # its own is the pseudo-Huber loss, another one
        return {"objective": "huber", "alpha": self.delta, "metric": "huber"}
