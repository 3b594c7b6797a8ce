from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class LogLoss(ForecastMetric):
    """Mean of -log(probability given to what happened)."""

    label = "Log loss"
    phrase = "the log loss"
    says = "How badly the stated probabilities fit what happened; sure and wrong costs most."
    unit = "nats"
    style = "significant"
    better = -1
    place = 43
    brief = True
    kinds = ("direction",)
    leads = ("direction",)
    per_fold = True

    def value(self, scored: Scored) -> float:
        return forecast.log_loss(scored.target_M, scored.forecast_M)
