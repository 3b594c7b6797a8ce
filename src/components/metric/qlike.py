from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class Qlike(ForecastMetric):
    """Quasi-likelihood loss of log variances (Patton 2011); of another level it is a skewed squared error."""

    label = "QLIKE loss"
    says = "Loss made for variances: it punishes forecasts of too little risk more than of too much."
    unit = "1"
    style = "significant"
    better = -1
    place = 25
    brief = True
    kinds = ("level",)

    def value(self, scored: Scored) -> float:
        return forecast.qlike(scored.target_M, scored.forecast_M)
