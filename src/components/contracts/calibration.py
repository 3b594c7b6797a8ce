"""A calibration promises a correction that is learnt out of sample."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from components.contracts.component import Component
from components.contracts.target import Kind
from components.values import Calibrated, Float, Statistic


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
    previous_tests   test rows of folds that learnt from nothing but what lies before this fold's test span, whose
                     label is known at its first decision: purely out of sample, but forecast by earlier models.
                     A fold that has none (the first; all of a split that also trains on the future or holds
                     symbols out) learns from its validation rows

    Validation forecasts themselves stay as the model made them: a calibration that was fitted on them would
    flatter the score that a sweep optimises. So no sweep can tell calibrations apart by a validation metric.
    """

    forecast_kind: ClassVar[tuple[Kind, ...]]
    """Kinds of target whose forecasts it understands."""
    needs_probabilities: ClassVar[bool] = False
    """Whether it takes only forecasts that a loss has made probabilities."""

    corrects: ClassVar[frozenset[Statistic]] = frozenset({"mean", "probability"})
    """Statistics that stay what they are under it: a line through outcomes makes a mean of a quantile."""

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
