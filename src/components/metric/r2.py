from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class R2(ForecastMetric):
    """1 - sum of squared errors / sum of squared distances of the outcomes from their own mean."""

    label = "R²"
    phrase = "R² (share of the outcomes' variance explained)"
    says = (
        "Share of the ups and downs of the outcome that the forecast explains: 1 is perfect, 0 is no better than "
        "having known the average, below 0 is worse."
    )
    unit = "1"
    style = "three decimals"
    better = 1
    place = 20
    brief = True
    kinds = ("level", "return")
    leads = ("level", "return")
    per_fold = True

    def value(self, scored: Scored) -> float:
        return forecast.r2(scored.target_M, scored.forecast_M)
