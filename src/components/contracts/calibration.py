"""A calibration promises a correction that is learnt out of sample."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from components.contracts.component import Component
from components.contracts.target import Kind
from components.values import Calibrated, Float, Int, State, Statistic

LearnsFrom = Literal["valid", "previous_tests"]
"""Which out-of-fold forecasts a fold learns from, see Calibration."""


class FittedCalibration(ABC):
    """What `Calibration.fit` returns; the run and the bundle apply this same object, so they agree exactly."""

    @abstractmethod
    def apply(self, forecast_N: Float) -> Calibrated:
        """The calibrated forecasts; with numpy alone, each from itself, and never turning their order round."""

    @abstractmethod
    def state(self) -> Mapping[str, Any]:
        """Everything `Calibration.restore` needs, as plain JSON values: finite numbers, texts, lists, maps."""

    def start(self, symbols: int, horizon_bars: int) -> State:
        """What a calibration with `carries_state` carries before the first bar of so many symbols."""
        return {}

    def step(self, state: State, codes_N: Int, forecast_N: Float, matured_N: Float) -> tuple[State, Calibrated]:
        """What it carries on, and the calibrated forecasts of one bar of each of N symbols; changes no argument.

        codes_N: of the symbols, ascending, each with a bar now; forecast_N: NaN where there is none. matured_N: the
        label of each symbol's bar `horizon_bars` of its bars ago, known now, NaN where there is none: float64 of what
        is computed in float32.
        """
        return state, self.apply(forecast_N)


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
    carries_state: ClassVar[bool] = False
    """Whether it goes on learning from labels as they mature, by `FittedCalibration.step`. Each fold begins anew, and
    so does a stream that is not restored."""

    corrects: ClassVar[frozenset[Statistic]] = frozenset({"mean", "probability"})
    """Statistics that stay what they are under it: a line through outcomes makes a mean of a quantile."""

    def learns_from(self) -> LearnsFrom:
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
