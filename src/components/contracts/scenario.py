"""A scenario promises a worse or other world: it changes one thing, and what follows from it is computed again."""

from typing import ClassVar, Literal

from components.contracts.backtest import Backtest
from components.contracts.component import Component
from components.panel import Panel
from components.values import Float, PriceGrid

Enters = Literal["panel", "forecasts", "decisions", "prices", "costs"]
"""Where it changes something; everything before stays as it was, everything after is computed again."""


class Scenario(Component):
    """A world that a run is put into. It overrides the one method that its `enters` names; the others change nothing.

    All are pure: the same arguments, the same result, and nothing that is given is changed.
    """

    enters: ClassVar[Enters]

    @property
    def phrase(self) -> str:
        """How a sentence ends that tells a result in this world: 'with every cost doubled'."""
        raise AttributeError(f"{type(self).__name__} says no phrase")

    @property
    def costs_times(self) -> float | None:
        """The factor of all costs where these are what it changes; a gate then tells which costs would pass."""
        return None

    def panel(self, panel: Panel, *, seed: int) -> Panel:
        """Other bars: features, labels and fits follow from them."""
        return panel

    def forecasts(self, values_MO: Float, *, seed: int) -> Float:
        """(M, O) other forecasts of the same rows."""
        return values_MO

    def decisions(self, weights_DS: Float) -> Float:
        """(D, S) other target weights at the same decision times; row d may depend on rows up to d."""
        return weights_DS

    def prices(self, prices: PriceGrid, *, seed: int) -> PriceGrid:
        """Other prices to trade at; the weights are the run's."""
        return prices

    def backtest(self, backtest: Backtest) -> Backtest | None:
        """The account under other terms; None where it does not offer them."""
        return backtest
