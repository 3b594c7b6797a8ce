"""A model promises a fit that changes nothing, and a fitted model that forecasts."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

from components.contracts.component import Component
from components.values import Float, Resources, Samples, Statistic

if TYPE_CHECKING:
    import onnx

    from components.contracts.features import Features
    from components.contracts.loss import Loss


class FittedModel(ABC):
    """What `Model.fit` returns; predicts, and can be written down without pickle."""

    @abstractmethod
    def predict(self, samples: Samples) -> Float:
        """(N, O) forecasts, after the link of the loss: for each target one for each output of the loss's head. No
        row depends on another one but for its own past in the block, as far as the model's lookback_rows."""

    @abstractmethod
    def to_files(self) -> dict[str, bytes]:
        """Everything `Model.from_files` needs, as named data files."""

    @abstractmethod
    def to_onnx(self) -> "onnx.ModelProto":
        """Graph with input `features` float32, (N, F) or, of a model that looks back, (N, L, F), and output
        `forecast` (N, O) float32."""

    def chosen(self) -> Mapping[str, float]:
        """What the valid rows decided, by name, so that a later fit can do without them; none by default.

        A count of iterations, which grows with the train rows, has a name that ends in `iterations`.
        """
        return {}


Start = Literal["nothing", "pooled", "previous_fold"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Inherited:
    """What a fold's fit is handed besides its rows.

    shared: what `Model.prepare` made once for all folds; start: files of the fitted model from which it starts.
    """

    shared: Mapping[str, bytes] | None = None
    start: Mapping[str, bytes] | None = None


NOTHING = Inherited()


class Model(Component):
    """A model specification."""

    needs_labels: ClassVar[tuple[str, ...]] = ("real", "binary")
    """Kinds of labels it can be fitted on."""
    gives: ClassVar[frozenset[Statistic]] = frozenset({"mean", "probability"})
    """Statistics that it can forecast."""
    several_targets: ClassVar[bool] = False
    """Whether one fit can forecast several targets."""

    @property
    def lookback_rows(self) -> int:
        """Rows of its symbol that one forecast reads, its own included."""
        return 1

    def on_own_features(self) -> "tuple[Features, Model] | None":
        """Features that it brings itself and reads instead of the experiment's, and what is fitted on them: for a
        baseline that stays what it is whatever the experiment's features are. None by default."""
        return None

    @property
    def draws_rows(self) -> bool:
        """Whether its fit draws train rows by their place, so that another order of them is another fit."""
        return False

    @property
    def shares(self) -> bool:
        """Whether `prepare` makes something once for all folds."""
        return False

    @property
    def starts_from(self) -> Start:
        """What a fold's fit starts from: nothing, one model fitted on the rows that all folds train on, or the
        model of the fold before."""
        return "nothing"

    def prepare(self, common: Samples, *, seed: int) -> Mapping[str, bytes]:
        """What all folds share, such as the edges of bins, as data files; common: rows that all folds train on."""
        return {}

    def supports(self, loss: "Loss") -> str | None:
        """None if it can minimise this loss, else what it can minimise, in words."""
        return None

    def inputs(self, features: tuple[str, ...]) -> tuple[str, ...]:
        """The columns it reads, from the feature names and LAST_LABEL; all features by default."""
        return features

    @abstractmethod
    def fit(
        self,
        train: Samples,
        valid: Samples,
        *,
        loss: "Loss",
        seed: int,
        resources: Resources,
        inherited: Inherited = NOTHING,
    ) -> FittedModel:
        """Fits on train; valid may only stop the fit early or choose among fits.

        The samples' columns are `inputs(...)`. Same arguments, same bytes, whatever the threads are.
        """

    @abstractmethod
    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        """The fitted model that `to_files` wrote down."""

    def with_chosen(self, chosen: Mapping[str, float]) -> "Model":
        """The specification with what `FittedModel.chosen` named fixed: its fit does not look at valid rows,
        which may be none."""
        return self
