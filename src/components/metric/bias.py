from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class Bias(ForecastMetric):
    """Mean of forecast - outcome."""

    label = "Bias (forecast − outcome)"
    says = "How much the forecast is too high (above 0) or too low (below 0) on average."
    unit = "the target's"
    style = "significant"
    better = 0
    place = 26
    kinds = ("level", "return")

    def value(self, scored: Scored) -> float:
        return forecast.bias(scored.target_M, scored.forecast_M)
