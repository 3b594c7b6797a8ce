"""A loss promises what a model minimises."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from components.contracts.component import Component
from components.values import Head

if TYPE_CHECKING:
    import torch


class Loss(Component):
    """What a model minimises, written once in torch."""

    least_squares: ClassVar[bool] = False
    """True where the loss is the squared error up to a factor, so that a closed form minimises it."""

    curvature: ClassVar[Literal["exact", "constant"]] = "exact"
    """What Newton steps divide by: its own second derivative, which is nowhere below 0; or 1 for every sample where
    that is 0 or does not exist."""
    couples_samples: ClassVar[bool] = False
    """Whether a sample's value depends on the other samples, as that of a loss over ranks does."""

    @property
    def head(self) -> Head:
        """What it asks of a model: by default one mean of each target."""
        return Head()

    @property
    def parts(self) -> "tuple[Loss, ...]":
        """A loss for each output of a target alone, of which it is the mean, so that a model with one output can be
        fitted on each; itself where it has one output, or where its outputs cannot be told apart."""
        return (self,)

    @abstractmethod
    def __call__(self, score_N: "torch.Tensor", target_N: "torch.Tensor") -> "torch.Tensor":
        """(N,) loss per sample from raw scores (before the link), which are (N, O) where the head has O > 1 outputs of
        a target."""

    @abstractmethod
    def native(self, library: Literal["lightgbm", "xgboost"]) -> Mapping[str, Any] | None:
        """Parameters under which the library minimises this very loss itself, or None."""
