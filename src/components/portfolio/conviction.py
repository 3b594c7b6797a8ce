"""Positions by how far a forecast lies from zero, in units of its own uncertainty."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from components.contracts import Portfolio
from components.errors import ContractError
from components.ranges import Ge, Gt
from components.values import Float, View


@dataclass(frozen=True, kw_only=True)
class Conviction(Portfolio):
    """Long what is forecast to rise and short what is forecast to fall, the more the surer the forecast is.

    weight = long_exposure / n * min(1, f / h) where f > 0, short_exposure / n * max(-1, f / h) where f < 0, with h half
    the width of the forecast's interval and n the number of symbols with a forecast on that date. So a forecast whose
    interval just touches zero gets a whole position, one in the middle of a wide interval next to none. Without a
    finite forecast, or with an interval that is not finite or not wider than 0, weight 0.

    long_exposure, short_exposure: fractions of equity if every symbol is surely long or short; 0 leaves that side out.

    Raises ContractError for forecasts without an interval. Source: Grinold & Kahn (1999), Active Portfolio Management,
    chapter 14: positions in proportion to alpha over residual risk; the interval stands for the risk, linearly.
    """

    forecast_kind: ClassVar[tuple[str, ...]] = ("return",)
    needs_interval: ClassVar[bool] = True

    long_exposure: Annotated[float, Gt(0)]
    short_exposure: Annotated[float, Ge(0)]

    def weights(self, view: View) -> Float:
        ends = view.interval_DS
        if ends is None:
            raise ContractError("conviction: the forecasts have no interval")
        forecast_DS = view.forecast_DS
        with np.errstate(invalid="ignore"):
            half_DS = (ends[1] - ends[0]) / 2
        usable_DS = np.isfinite(forecast_DS) & np.isfinite(half_DS) & (half_DS > 0)
        share_DS = np.clip(np.divide(forecast_DS, half_DS, where=usable_DS, out=np.zeros_like(forecast_DS)), -1, 1)
        exposure_DS = np.where(share_DS > 0, self.long_exposure, self.short_exposure)
        available_D1 = np.maximum(np.isfinite(forecast_DS).sum(axis=1, keepdims=True), 1)
        weights_DS: Float = share_DS * exposure_DS / available_D1
        return weights_DS

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"long_exposure": 1.0, "short_exposure": 0.0}, {"long_exposure": 2.0, "short_exposure": 1.0})
