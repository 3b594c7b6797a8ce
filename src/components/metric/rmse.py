from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class Rmse(ForecastMetric):
    """Root of the mean of (outcome - forecast)^2."""

    label = "Root mean squared error"
    says = "Typical size of a miss in the unit of the outcome, large misses weighing most."
    unit = "the target's"
    style = "significant"
    better = -1
    place = 23
    kinds = ("level", "return")

    def value(self, scored: Scored) -> float:
        return forecast.rmse(scored.target_M, scored.forecast_M)
