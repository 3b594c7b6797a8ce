"""A portfolio promises target weights."""

from abc import abstractmethod
from typing import ClassVar

from components.contracts.component import Component
from components.values import Float


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
