from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class Auc(ForecastMetric):
    """Area under the receiver operating characteristic."""

    label = "Area under ROC curve"
    phrase = "AUC"
    says = "Chance that a day which rose had been given a higher probability than one which fell; a coin has 0.5."
    unit = "fraction"
    style = "three decimals"
    better = 1
    place = 44
    brief = True
    kinds = ("direction",)
    leads = ("direction",)
    per_fold = True

    def value(self, scored: Scored) -> float:
        return forecast.auc(scored.target_M, scored.forecast_M)
