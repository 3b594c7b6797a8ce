from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class Brier(ForecastMetric):
    """Mean of (probability - label)^2 (Brier 1950)."""

    label = "Brier score"
    says = "Average squared distance between the stated probability and what happened, 0 or 1."
    unit = "1"
    style = "significant"
    better = -1
    place = 45
    kinds = ("direction",)
    leads = ("direction",)

    def value(self, scored: Scored) -> float:
        return forecast.brier(scored.target_M, scored.forecast_M)
