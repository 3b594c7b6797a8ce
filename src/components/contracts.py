"""The contracts of the slots: what each kind of component promises.

A component is a frozen, keyword-only dataclass whose fields are its parameters, typed with ranges
(`Annotated[float, Gt(0)]`, `Literal`), and whose constructor does nothing. A file of a component
imports only the standard library, numpy and contracts at its top, so that discovery stays cheap.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from components.bars import Bars
from components.panel import Panel
from components.values import (
    BacktestResult,
    Calibrated,
    Evidence,
    Finding,
    Float,
    Float32,
    Head,
    Judgement,
    Need,
    PriceGrid,
    Samples,
    SourceFacts,
    Span,
    Stress,
    Time,
)

if TYPE_CHECKING:
    import onnx
    import torch

Kind = Literal["level", "return", "direction"]

LAST_LABEL = "last_label"
"""Name of the column that holds the latest label known at a row: the target's expression, `horizon`
bars back. Every design matrix can offer it; a model that wants it lists it in `inputs`."""


class Component(ABC):
    """A specification: immutable, comparable by value, hashed into cache and trial keys."""

    inert: ClassVar[frozenset[str]] = frozenset()
    """Parameters that change no forecast, weight, cost or verdict (timeouts, cache sizes)."""
    libraries: ClassVar[tuple[str, ...]] = ()
    """Distributions whose version enters the cache key of what this component computes."""

    @classmethod
    @abstractmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        """Two or more small parameter sets with which the conformance suite builds it."""


class Source(Component):
    """Where bars come from."""

    @abstractmethod
    def facts(self) -> SourceFacts:
        """What the source declares about itself."""

    @abstractmethod
    def fields(self) -> tuple[str, ...]:
        """Names of the fields its bars will have, found out without reading the bars.

        Raises DataError where the source is missing or lacks a column.
        """

    @abstractmethod
    def load(self) -> Panel:
        """All bars, checked. Raises DataError naming file, symbol, timestamp and remedy."""

    def bars(self) -> Bars:
        """All bars as they are, for the quality policy to judge; by default those that `load` has checked."""
        return Bars.of(self.load(), where=self.facts().description)


class Quality(Component):
    """What is done about defects of the data, before anything is computed."""

    @abstractmethod
    def inspect(self, bars: Bars) -> tuple[Panel, tuple[Finding, ...]]:
        """The panel of the bars and what was found. Raises DataError where a defect must be mended first."""


class Features(Component):
    """A feature set: ordered names with causal expressions.

    definitions: name -> sub-expression that the expressions may use by that name.
    """

    definitions: Mapping[str, str]

    @abstractmethod
    def expanded(self) -> Mapping[str, str]:
        """name -> expression, templates over windows expanded."""


class Target(Component):
    """The quantity to forecast."""

    @property
    @abstractmethod
    def kind(self) -> Kind:
        """level: a quantity that is not traded itself; return: a price move; direction: its sign, 0 or 1."""

    @abstractmethod
    def text(self) -> str:
        """An expression that looks forward; horizon and label_end are derived from it."""


class Split(Component):
    """How the decision times are divided; purging is not the split's business."""

    vault_start: str | None

    @abstractmethod
    def spans(self, decision_times_T: Time) -> tuple[Span, ...]:
        """Spans over the distinct decision times at which a forecast is possible, in order.

        Raises DataError where the times are too few, saying how many are needed.
        """


class FittedPreprocessor(ABC):
    """What `Preprocessor.fit` returns; the run and the bundle apply this same object, so they agree exactly."""

    columns: tuple[str, ...]
    """Names of the columns that `apply` returns."""

    @abstractmethod
    def apply(self, X_NF: Float32, timestamps_N: Time) -> Float32:
        """(N, G) float32 from the (N, F) features; with numpy alone. No row depends on a row of another date."""

    @abstractmethod
    def state(self) -> Mapping[str, Any]:
        """Everything `Preprocessor.restore` needs, as plain JSON values: finite numbers, texts, lists, maps."""


class Preprocessor(Component):
    """Transforms the features, with parameters learnt on the train rows of a fold alone.

    It sees the features only: LAST_LABEL is a forecast in the label's own unit and passes unchanged. A
    missing value (NaN) stays missing unless the preprocessor fills it.
    """

    @property
    def cross_sectional(self) -> bool:
        """Whether a row depends on the other rows of its date."""
        return False

    @property
    def missing_tolerance(self) -> float:
        """Share of the features that may be missing at a row that is still forecast; 0 unless it fills them."""
        return 0.0

    def filling(self) -> "Preprocessor | None":
        """What fills missing values and changes nothing else, None if nothing does: baselines see the
        features as they are, but need a value at every row."""
        return None

    def outputs(self, features: tuple[str, ...]) -> tuple[str, ...]:
        """The columns that it returns whatever the train rows are, in order."""
        return features

    @abstractmethod
    def fit(self, train: Samples, *, seed: int) -> FittedPreprocessor:
        """Learns from train rows, whose features may be missing."""

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> FittedPreprocessor:
        """The fitted preprocessor that `state` wrote down."""


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


class Loss(Component):
    """What a model minimises, written once in torch."""

    head: ClassVar[Head]
    least_squares: ClassVar[bool] = False
    """True where the loss is the squared error up to a factor, so that a closed form minimises it."""

    @abstractmethod
    def __call__(self, score_N: "torch.Tensor", target_N: "torch.Tensor") -> "torch.Tensor":
        """(N,) loss per sample from raw scores (before the link)."""

    @abstractmethod
    def native(self, library: Literal["lightgbm"]) -> Mapping[str, Any] | None:
        """Parameters under which the library minimises this very loss itself, or None."""


class Ensemble(Component):
    """A model made of models."""

    def members(self) -> Mapping[str, Model]:
        """Further models beside the configured one."""
        return {}

    @abstractmethod
    def around(self, model: Model) -> Model:
        """The model that fits and combines: the configured one and its companions."""


class FittedCalibration(ABC):
    """What `Calibration.fit` returns; the run and the bundle apply this same object, so they agree exactly."""

    @abstractmethod
    def apply(self, forecast_N: Float) -> Calibrated:
        """The calibrated forecasts; with numpy alone, each from itself, and never turning their order round."""

    @abstractmethod
    def state(self) -> Mapping[str, Any]:
        """Everything `Calibration.restore` needs, as plain JSON values: finite numbers, texts, lists, maps."""


class Calibration(Component):
    """Corrects the forecasts of a model by how its earlier ones came true: a map of one number onto another,
    learnt per fold from out-of-fold forecasts alone.

    valid            the fold's own validation rows. No model was trained on them, but early stopping and
                     choices among fits have looked at them, so that their errors are slightly too small
    previous_tests   test rows of earlier folds whose label is known at the first decision of this fold's test
                     span: purely out of sample, but forecast by earlier models. The first fold, which has
                     none, learns from its validation rows

    Validation forecasts themselves stay as the model made them: a calibration that was fitted on them would
    flatter the score that a sweep optimises.
    """

    forecast_kind: ClassVar[tuple[Kind, ...]]
    """Kinds of target whose forecasts it understands."""
    needs_probabilities: ClassVar[bool] = False
    """Whether it takes only forecasts that a loss has made probabilities."""

    def learns_from(self) -> Literal["valid", "previous_tests"]:
        return "valid"

    def interval_coverage(self) -> float | None:
        """Probability with which an outcome shall lie in its interval; None without intervals."""
        return None

    @abstractmethod
    def fit(self, forecast_N: Float, y_N: Float) -> FittedCalibration:
        """Learns from out-of-fold forecasts and their outcomes, all finite. Raises DataError where they are too
        few."""

    @abstractmethod
    def restore(self, state: Mapping[str, Any]) -> FittedCalibration:
        """The fitted calibration that `state` wrote down."""


class Portfolio(Component):
    """Turns forecasts into target weights; row by row, never looking ahead."""

    forecast_kind: ClassVar[tuple[str, ...]]
    """Kinds of target whose forecasts it understands: level, return, direction."""

    @property
    def lookback_bars(self) -> int:
        """Forecast rows that one row of weights depends on."""
        return 1

    @abstractmethod
    def weights(self, forecast_DS: Float, *, bars_per_year: float) -> Float:
        """(D, S) target weights as fractions of equity; NaN forecast gives weight 0.

        Row d depends on forecast rows d - lookback_bars + 1 .. d only.
        """


class Backtest(Component):
    """Turns weights into trades, costs and equity."""

    execution_lag_bars: int

    @abstractmethod
    def fields(self) -> tuple[str, ...]:
        """Panel fields it needs."""

    @abstractmethod
    def run(self, decided_D: Time, weights_DS: Float, prices: PriceGrid) -> BacktestResult:
        """Trades towards weights_DS[d] at bar d + execution_lag_bars, pays costs, marks at close."""

    def worse(self) -> Mapping[Stress, "Backtest"]:
        """The same account under one worse assumption each; its equity has the same bars. None by default."""
        return {}


class Gate(Component):
    """One named check with a threshold; required: a failure rejects the run, else it is only advice."""

    required: bool

    @abstractmethod
    def judge(self, evidence: Evidence) -> Judgement:
        """The judgement, in words that a non-statistician understands, with what would suffice."""

    def baselines(self) -> tuple[str, ...]:
        """Names of the baselines it compares with."""
        return ()

    def needs(self) -> frozenset[Need]:
        """What it looks at beyond forecasts and returns: the run finds out only what some gate needs.

        A gate that needs the vault is judged at promotion; in a run it is deferred.
        """
        return frozenset()

    def flaws(self) -> tuple[str, ...]:
        """Why no run could ever pass, or none fail, by its parameters alone; a clause each, said before a run."""
        return ()
