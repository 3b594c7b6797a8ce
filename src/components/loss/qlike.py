"""The quasi-likelihood of a variance, forecast as its logarithm."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from components.contracts import Loss
from components.ranges import Gt

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, kw_only=True)
class Qlike(Loss):
    """l(s, y) = exp(z) - z - 1, z = y - s, for a target and a forecast that are logs of variances.

    With v = exp(y) and f = exp(s) it is v / f - log(v / f) - 1, minimised by the log of the conditional mean variance,
    and robust to noise in v. Patton (2011), "Volatility Forecast Comparison Using Imperfect Volatility Proxies",
    J. Econometrics 160(1), eq. 20. Gradient 1 - exp(z), Hessian exp(z).

    bound: z from which it goes on as a straight line, so that a wild label does not lead the fit, > 0; at 5, where the
    variance that came was 148 times the forecast, a label of daily variance is wild.
    """

    bound: Annotated[float, Gt(0)]

    optional: ClassVar[tuple[str, ...]] = ("torch",)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"bound": 5.0}, {"bound": 3.0})

    def __call__(self, score_N: "torch.Tensor", target_N: "torch.Tensor") -> "torch.Tensor":
        z_N = target_N - score_N
        curved_N = z_N.clamp(max=self.bound)
        return curved_N.exp() + math.exp(self.bound) * (z_N - curved_N) - z_N - 1

    def native(self, library: Literal["lightgbm", "xgboost"]) -> Mapping[str, Any] | None:
        return None
