from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class Mse(ForecastMetric):
    """Mean of (outcome - forecast)^2."""

    label = "Mean squared error"
    says = "Average of the squared distance between forecast and outcome; large misses weigh most."
    unit = "the target's, squared"
    style = "significant"
    better = -1
    place = 22
    brief = True
    kinds = ("level", "return")
    leads = ("level", "return")
    per_fold = True

    def value(self, scored: Scored) -> float:
        return forecast.mse(scored.target_M, scored.forecast_M)
