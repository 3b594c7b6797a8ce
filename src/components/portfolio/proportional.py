"""Dollar-neutral weights in proportion to the forecast's distance from the day's mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from components.contracts import Portfolio
from components.ranges import Gt
from components.values import Float, View


@dataclass(frozen=True, kw_only=True)
class Proportional(Portfolio):
    """Long what is forecast above the mean of its date, short what is below, in proportion.

    weight_s = gross_exposure * (f_s - mean f) / sum_j |f_j - mean f| over the symbols with a finite
    forecast on that date, so that weights sum to 0 and their sizes to gross_exposure. A date whose
    forecasts are all equal, or with fewer than two, gets weight 0 throughout; NaN gives weight 0.

    gross_exposure: sum of the sizes of all weights, as a fraction of equity.

    Source: Lehmann (1990), Fads, Martingales, and Market Efficiency, Quarterly Journal of Economics
    105(1), with the sign turned.
    """

    forecast_kind: ClassVar[tuple[str, ...]] = ("return", "direction")

    gross_exposure: Annotated[float, Gt(0)]

    def weights(self, view: View) -> Float:
        forecast_DS = view.forecast_DS
        available_DS = np.isfinite(forecast_DS)
        count_D1 = np.maximum(available_DS.sum(axis=1, keepdims=True), 1)
        value_DS = np.where(available_DS, forecast_DS, 0.0)
        tilt_DS = np.where(available_DS, value_DS - value_DS.sum(axis=1, keepdims=True) / count_D1, 0.0)
        size_D1 = np.abs(tilt_DS).sum(axis=1, keepdims=True)
        # Equal forecasts leave rounding errors about their mean, which scaling would blow up to positions.
        highest_D1 = np.where(available_DS, forecast_DS, -np.inf).max(axis=1, keepdims=True, initial=-np.inf)
        lowest_D1 = np.where(available_DS, forecast_DS, np.inf).min(axis=1, keepdims=True, initial=np.inf)
        differ_D1 = (highest_D1 > lowest_D1) & (size_D1 > 0)
        return np.where(differ_D1, self.gross_exposure * tilt_DS / np.where(differ_D1, size_D1, 1.0), 0.0)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"gross_exposure": 1.0}, {"gross_exposure": 2.0})
