"""Long, short or flat by the forecast return."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from components.contracts import Portfolio
from components.portfolio._threshold import long_short_flat
from components.ranges import Ge, Le
from components.values import Float, View


@dataclass(frozen=True, kw_only=True)
class ReturnSign(Portfolio):
    """Long where the forecast return is high, short where it is low, flat between.

    weight = long_exposure / n where f > long_above, -short_exposure / n where f < short_below, else 0;
    n is the number of symbols with a forecast on that date. NaN gives weight 0.

    long_above, short_below: returns over the target's horizon, on either side of zero; set them to what
    a round trip costs to trade only on what pays for itself.
    long_exposure, short_exposure: fractions of equity if every symbol is long or short; 0 leaves that
    side out.
    """

    forecast_kind: ClassVar[tuple[str, ...]] = ("return",)

    long_above: Annotated[float, Ge(0)]
    short_below: Annotated[float, Le(0)]
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
            {"long_above": 0.0, "short_below": 0.0, "long_exposure": 1.0, "short_exposure": 0.0},
            {"long_above": 0.002, "short_below": -0.002, "long_exposure": 1.0, "short_exposure": 1.0},
        )
