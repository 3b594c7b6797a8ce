from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class Accuracy(ForecastMetric):
    """Share of labels on whose side of 1/2 the forecast lies."""

    label = "Accuracy"
    phrase = "the share of labels forecast right"
    says = "Share of calls that were right; to be held against the base rate, not against one half."
    unit = "fraction"
    style = "percent"
    better = 1
    place = 40
    brief = True
    kinds = ("direction",)
    leads = ("direction",)
    per_fold = True

    def value(self, scored: Scored) -> float:
        return forecast.accuracy(scored.target_M, scored.forecast_M)
