from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class ShareBelow(ForecastMetric):
    """Share of outcomes at or below the forecast quantile: its coverage."""

    label = "Outcomes at or below the quantile"
    says = "Share of outcomes that the forecast quantile was not exceeded by; to be held against its level."
    unit = "fraction"
    style = "percent"
    better = 0
    place = 55
    kinds = ("level", "return")
    needs_quantiles = True
    per_fold = True

    def value(self, scored: Scored) -> float:
        return forecast.share_below(scored.target_M, scored.forecast_M)
