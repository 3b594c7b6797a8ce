"""Long, short or flat by the forecast probability of a rise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from components.contracts import Portfolio
from components.portfolio._threshold import long_short_flat
from components.ranges import Ge, Gt, Le, Lt
from components.values import Float, View


@dataclass(frozen=True, kw_only=True)
class Direction(Portfolio):
    """Long where the probability of a rise is high, short where it is low, flat between.

    weight = long_exposure / n where p > long_above, -short_exposure / n where p < short_below, else 0;
    n is the number of symbols with a forecast on that date. NaN gives weight 0.

    long_above, short_below: probabilities, on either side of one half.
    long_exposure, short_exposure: fractions of equity if every symbol is long or short; 0 leaves that
    side out.
    """

    forecast_kind: ClassVar[tuple[str, ...]] = ("direction",)

    long_above: Annotated[float, Ge(0.5), Lt(1)]
    short_below: Annotated[float, Gt(0), Le(0.5)]
    long_exposure: Annotated[float, Ge(0)]
    short_exposure: Annotated[float, Ge(0)]

    def weights(self, view: View) -> Float:
        return long_short_flat(
            view.forecast_DS,
            long_above=self.long_above,
            short_below=self.short_below,
            long_exposure=self.long_exposure,
            short_exposure=self.short_exposure,
        )

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"long_above": 0.5, "short_below": 0.5, "long_exposure": 1.0, "short_exposure": 0.0},
            {"long_above": 0.55, "short_below": 0.45, "long_exposure": 1.0, "short_exposure": 1.0},
        )
