"""Broken losses."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import Gt

from components.contracts import Loss
from components.values import Head

if TYPE_CHECKING:
    import torch


class _Plain(Loss):
    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({},)

    def native(self, library: str) -> None:
        return None


@dataclass(frozen=True, kw_only=True)
class HalfSlope(_Plain):
    """(s - y)^2 / 2, half of which no gradient sees."""

    def __call__(self, score_N: "torch.Tensor", target_N: "torch.Tensor") -> "torch.Tensor":
        half_N = (score_N - target_N) ** 2 / 4
        return half_N + half_N.detach()


@dataclass(frozen=True, kw_only=True)
class BatchSized(_Plain):
    """(s - y)^2 / 2 times the number of samples."""

    def __call__(self, score_N: "torch.Tensor", target_N: "torch.Tensor") -> "torch.Tensor":
        return (score_N - target_N) ** 2 / 2 * len(score_N)


@dataclass(frozen=True, kw_only=True)
class Overflowing(_Plain):
    """log cosh((s - y) / scale), by way of cosh; scale: in units of the target."""

    scale: Annotated[float, Gt(0)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"scale": 1.0}, {"scale": 2.0})

    def __call__(self, score_N: "torch.Tensor", target_N: "torch.Tensor") -> "torch.Tensor":
        import torch

        return torch.log(torch.cosh((score_N - target_N) / self.scale))


@dataclass(frozen=True, kw_only=True)
class Absolute(_Plain):
    """|s - y|, which has no curvature and does not say so."""

    def __call__(self, score_N: "torch.Tensor", target_N: "torch.Tensor") -> "torch.Tensor":
        return (score_N - target_N).abs()


@dataclass(frozen=True, kw_only=True)
class Shifted(_Plain):
    """(s - y - by)^2 / 2; by: by how much a perfect forecast is called wrong."""

    by: Annotated[float, Gt(0)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"by": 1.0}, {"by": 2.0})

    def __call__(self, score_N: "torch.Tensor", target_N: "torch.Tensor") -> "torch.Tensor":
        return (score_N - target_N - self.by) ** 2 / 2


@dataclass(frozen=True, kw_only=True)
class NoLevels(_Plain):
    """(s - y)^2 / 2, called a quantile of no level."""

    @property
    def head(self) -> Head:
        return Head(statistic="quantile")

    def __call__(self, score_N: "torch.Tensor", target_N: "torch.Tensor") -> "torch.Tensor":
        return (score_N - target_N) ** 2 / 2
