"""Long positions sized so that the forecast risk is constant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from components.contracts import Portfolio
from components.errors import DataError
from components.ranges import Gt
from components.values import Float, View


@dataclass(frozen=True, kw_only=True)
class VolatilityTarget(Portfolio):
    """Long every symbol, less of it the more volatile it is forecast to be.

    weight = min(max_weight, target_volatility / sqrt(variance * bars_per_year)) / n, where variance is
    the forecast variance per bar and n the number of symbols with a forecast on that date. A forecast
    that is not finite, or a variance or volatility that is not positive, counts as none: weight 0.

    target_volatility: annual volatility each position aims at, as a fraction (0.1 is 10 %).
    max_weight: bound of a position before it is divided by n; above 1 it borrows.
    forecast_unit: what the forecast is, per bar: log_variance, variance or volatility.

    Raises DataError if bars_per_year is not positive. Source: Harvey et al. (2018), The Impact
    of Volatility Targeting, Journal of Portfolio Management 45(1).
    """

    forecast_kind: ClassVar[tuple[str, ...]] = ("level",)

    target_volatility: Annotated[float, Gt(0)]
    max_weight: Annotated[float, Gt(0)]
    forecast_unit: Literal["log_variance", "variance", "volatility"]

    def weights(self, view: View) -> Float:
        forecast_DS, bars_per_year = view.forecast_DS, view.bars_per_year
        if not bars_per_year > 0:
            raise DataError(
                f"bars_per_year is {bars_per_year}: a volatility cannot be annualised; "
                "give the panel at least two bars per symbol"
            )
        with np.errstate(all="ignore"):
            annual_DS = self._volatility(forecast_DS) * np.sqrt(bars_per_year)
            weight_DS = np.minimum(self.max_weight, self.target_volatility / annual_DS)
        usable_DS = self._usable(forecast_DS)
        share_D1: Float = 1 / np.maximum(usable_DS.sum(axis=1, keepdims=True), 1)
        return np.where(usable_DS, weight_DS, 0.0) * share_D1

    def _volatility(self, forecast_DS: Float) -> Float:
        """(D, S) volatility per bar."""
        if self.forecast_unit == "log_variance":
            return np.exp(forecast_DS / 2)
        return forecast_DS if self.forecast_unit == "volatility" else np.sqrt(forecast_DS)

    def _usable(self, forecast_DS: Float) -> npt.NDArray[np.bool_]:
        finite_DS = np.isfinite(forecast_DS)
        return finite_DS if self.forecast_unit == "log_variance" else finite_DS & (forecast_DS > 0)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"target_volatility": 0.1, "max_weight": 1.0, "forecast_unit": "log_variance"},
            {"target_volatility": 0.15, "max_weight": 2.0, "forecast_unit": "variance"},
            {"target_volatility": 0.2, "max_weight": 1.5, "forecast_unit": "volatility"},
        )
