from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class Mae(ForecastMetric):
    """Mean of |outcome - forecast|."""

    label = "Mean absolute error"
    says = "Average size of a miss in the unit of the outcome."
    unit = "the target's"
    style = "significant"
    better = -1
    place = 24
    kinds = ("level", "return")
    leads = ("level",)

    def value(self, scored: Scored) -> float:
        return forecast.mae(scored.target_M, scored.forecast_M)
