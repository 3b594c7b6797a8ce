"""The log-cosh loss."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from components.contracts import Loss
from components.ranges import Gt

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class LogCosh(Loss):
    """l(s, y) = scale^2 log cosh(z), z = (s - y) / scale: a Huber loss without a kink.

    About (s - y)^2 / 2 for small errors and scale |s - y| for large ones; gradient scale tanh(z),
    Hessian 1 / cosh(z)^2.

    scale: error around which the loss turns from squared to absolute, in units of the target, > 0.
    """

    scale: Annotated[float, Gt(0)]

    optional: ClassVar[tuple[str, ...]] = ("torch",)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"scale": 0.5}, {"scale": 2.0})

    def __call__(self, score_N: "torch.Tensor", target_N: "torch.Tensor") -> "torch.Tensor":
        from torch.nn.functional import softplus

        z_N = (score_N - target_N) / self.scale
        # cosh overflows and |z| has no second derivative at 0; this form is smooth and finite everywhere.
        return self.scale**2 * (z_N + softplus(-2 * z_N, threshold=40) - math.log(2))

    def native(self, library: Literal["lightgbm", "xgboost"]) -> Mapping[str, Any] | None:
        return None
