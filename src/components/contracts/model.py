"""A model promises a fit that changes nothing, and a fitted model that forecasts."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from components.contracts.component import Component
from components.values import Float, Samples

if TYPE_CHECKING:
    import onnx

    from components.contracts.loss import Loss


class FittedModel(ABC):
    """What `Model.fit` returns; predicts, and can be written down without pickle."""

    @abstractmethod
    def predict(self, X_NF: npt.NDArray[np.float32]) -> Float:
        """(N,) forecasts, after the link of the loss."""

    @abstractmethod
    def to_files(self) -> dict[str, bytes]:
        """Everything `Model.from_files` needs, as named data files."""

    @abstractmethod
    def to_onnx(self) -> "onnx.ModelProto":
        """Graph with input `features` (N, F) float32 and output `forecast` (N, 1) float32."""

    def chosen(self) -> Mapping[str, float]:
        """What the valid rows decided, by name, so that a later fit can do without them; none by default.

        A count of iterations, which grows with the train rows, has a name that ends in `iterations`.
        """
        return {}


class Model(Component):
    """A model specification."""

    needs_labels: ClassVar[tuple[str, ...]] = ("real", "binary")
    """Kinds of labels it can be fitted on."""

    def supports(self, loss: "Loss") -> str | None:
        """None if it can minimise this loss, else what it can minimise, in words."""
        return None

    def inputs(self, features: tuple[str, ...]) -> tuple[str, ...]:
        """The columns it reads, from the feature names and LAST_LABEL; all features by default."""
        return features

    @abstractmethod
    def fit(self, train: Samples, valid: Samples, *, loss: "Loss", seed: int, threads: int) -> FittedModel:
        """Fits on train; valid may only stop the fit early or choose among fits.

        The samples' columns are `inputs(...)`. Same arguments, same bytes, whatever `threads` is.
        """

    @abstractmethod
    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """The fitted model that `to_files` wrote down."""

    def with_chosen(self, chosen: Mapping[str, float]) -> "Model":
        """The specification with what `FittedModel.chosen` named fixed: its fit does not look at valid rows,
        which may be none."""
        return self
