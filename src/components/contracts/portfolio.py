"""A portfolio promises target weights."""

from abc import abstractmethod
from typing import ClassVar, Self

from components.contracts.calibration import LearnsFrom
from components.contracts.component import Component
from components.values import Float, View


class Portfolio(Component):
    """Turns forecasts into target weights, decision by decision, never looking ahead."""

    forecast_kind: ClassVar[tuple[str, ...]]
    """Kinds of target whose forecasts it understands: level, return, direction."""
    needs_interval: ClassVar[bool] = False
    """Whether it takes only forecasts with an interval."""
    trades: ClassVar[bool] = True
    """Whether it makes anything of the forecasts; an experiment whose portfolio does not has none."""
    reads: ClassVar[tuple[str, ...]] = ()
    """What it reads besides forecasts: fields of the bars, RETURN, HELD (see View). With HELD it is asked decision by
    decision, else for all of them at once."""

    @property
    def lookback_bars(self) -> int:
        """Decisions whose forecasts one row of weights depends on, its own included."""
        return 1

    @property
    def past_bars(self) -> int:
        """Bars that it reads of what `reads` names, the decision's own included."""
        return 1

    def learns_from(self) -> LearnsFrom | None:
        """The forecasts that `fit` wants, see Calibration; None: there is nothing to learn."""
        return None

    def fit(self, view: View, outcome_DS: Float) -> Self:
        """The portfolio with what it learnt as parameters, so that it can be written down like any other.

        view: out-of-sample forecasts whose outcomes are known before the first decision that it will make; those of
        validation rows are as the model made them. outcome_DS: labels of what is decided on, NaN where there is no
        forecast. Raises DataError where they are too few.
        """
        return self

    @abstractmethod
    def weights(self, view: View) -> Float:
        """(D, S) target weights as fractions of equity, finite; without a finite forecast 0.

        Row d depends on the forecasts of the decisions d - lookback_bars + 1 .. d and on the past_bars bars up to
        that of decision d only.
        """
