"""Constraints promise weights within bounds, whatever portfolio made them, and say what they could not meet."""

from abc import abstractmethod
from typing import ClassVar

from components.contracts.component import Component
from components.values import Constrained, Float, State, View


class Constraints(Component):
    """Bounds of the target weights, kept decision by decision."""

    binds: ClassVar[bool] = True
    """Whether it can change any weight at all."""
    reads: ClassVar[tuple[str, ...]] = ()
    """What it reads besides forecasts, as Portfolio.reads."""

    @property
    def past_bars(self) -> int:
        """Bars that it reads of what `reads` names, the decision's own included."""
        return 1

    def start(self, symbols: int) -> State:
        """What it carries before the first decision."""
        return {}

    @abstractmethod
    def step(self, state: State, weight_S: Float, view: View) -> tuple[State, Constrained]:
        """What it carries on, and the weights, 0 without a finite forecast, with each constraint that they break.

        weight_S: what the portfolio wants; view: the decision alone. Changes none of its arguments.
        """
