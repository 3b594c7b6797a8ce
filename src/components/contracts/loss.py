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

    @property
    def head(self) -> Head:
        """What it asks of a model: by default one mean of each target."""
        return Head()

    @abstractmethod
    def __call__(self, score_N: "torch.Tensor", target_N: "torch.Tensor") -> "torch.Tensor":
        """(N,) loss per sample from raw scores (before the link)."""

    @abstractmethod
    def native(self, library: Literal["lightgbm"]) -> Mapping[str, Any] | None:
        """Parameters under which the library minimises this very loss itself, or None."""
