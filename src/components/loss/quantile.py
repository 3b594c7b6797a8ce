"""The pinball loss."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from components.contracts import Loss
from components.ranges import Gt, Lt, MinLen
from components.values import Head

if TYPE_CHECKING:
    import torch

Level = Annotated[float, Gt(0), Lt(1)]


@dataclass(frozen=True, kw_only=True)
class Quantile(Loss):
    """l(s, y) = mean over the levels q of max(q (y - s_q), (q - 1) (y - s_q)), in units of the target.

    Minimised by the conditional quantiles: the outcome lies at or below s_q with probability q. Gradient 1[y < s_q] - q
    of each score, Hessian 0, so that Newton steps take it as 1. Koenker and Bassett (1978), "Regression
    Quantiles", Econometrica 46(1), eq. 3.1.

    levels: the quantiles, each > 0 and < 1, increasing; decision: which of them is decided on.
    """

    curvature: ClassVar[Literal["exact", "constant"]] = "constant"

    levels: Annotated[tuple[Level, ...], MinLen(1)]
    decision: Level

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"levels": (0.5,), "decision": 0.5}, {"levels": (0.1, 0.5, 0.9), "decision": 0.5})

    def flaws(self) -> tuple[str, ...]:
        told, flaws = ", ".join(f"{level:g}" for level in self.levels), []
        if any(low >= high for low, high in pairwise(self.levels)):
            flaws.append(f"its levels {told} do not increase; name each once, the lowest first")
        if self.decision not in self.levels:
            flaws.append(f"its decision {self.decision:g} is none of its levels {told}")
        return tuple(flaws)

    @property
    def head(self) -> Head:
        return Head(statistic="quantile", levels=self.levels, decision=self.levels.index(self.decision))

    @property
    def parts(self) -> tuple[Loss, ...]:
        return tuple(Quantile(levels=(level,), decision=level) for level in self.levels)

    def __call__(self, score_N: "torch.Tensor", target_N: "torch.Tensor") -> "torch.Tensor":
        import torch

        error_NQ = target_N[:, None] - score_N.reshape(len(target_N), len(self.levels))
        level_Q = torch.tensor(self.levels, dtype=error_NQ.dtype, device=error_NQ.device)
        return torch.maximum(level_Q * error_NQ, (level_Q - 1) * error_NQ).mean(dim=1)

    def native(self, library: Literal["lightgbm", "xgboost"]) -> Mapping[str, Any] | None:
        if len(self.levels) > 1:
            return None
        if library == "xgboost":
            return {"objective": "reg:quantileerror", "quantile_alpha": self.levels[0], "eval_metric": "quantile"}
        return {"objective": "quantile", "alpha": self.levels[0], "metric": "quantile"}
