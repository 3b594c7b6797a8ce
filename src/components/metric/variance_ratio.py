from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class VarianceRatio(ForecastMetric):
    """Variance of the forecasts / variance of the outcomes."""

    label = "Variance of forecast / outcome"
    says = "How lively the forecasts are against the outcomes; near 0 the model hardly ever moves."
    unit = "1"
    style = "three decimals"
    better = 0
    place = 29
    kinds = ("level", "return")

    def value(self, scored: Scored) -> float:
        return forecast.variance_ratio(scored.target_M, scored.forecast_M)
