from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class BaseRate(ForecastMetric):
    """Share of the more frequent label."""

    label = "Base rate (larger class)"
    says = "What somebody would get right who always says what happens more often."
    unit = "fraction"
    style = "percent"
    better = 0
    place = 41
    brief = True
    kinds = ("direction",)
    per_fold = True

    def value(self, scored: Scored) -> float:
        return forecast.base_rate(scored.target_M)
