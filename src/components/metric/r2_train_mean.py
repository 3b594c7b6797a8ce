from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class R2TrainMean(ForecastMetric):
    """1 - sum of squared errors / sum of squared distances of the outcomes from the mean label of the train rows."""

    label = "R² against train mean"
    phrase = "R² against the training mean"
    says = "As R², against the average of the training years, which a forecaster could really have known."
    unit = "1"
    style = "three decimals"
    better = 1
    place = 21
    kinds = ("level", "return")
    per_fold = True
    needs_train_mean = True

    def value(self, scored: Scored) -> float:
        return forecast.r2_against(scored.target_M, scored.forecast_M, scored.train_mean_M)
