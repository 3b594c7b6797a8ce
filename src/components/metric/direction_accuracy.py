from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class DirectionAccuracy(ForecastMetric):
    """Share of outcomes whose sign is that of their forecast."""

    label = "Direction accuracy"
    phrase = "the share of directions forecast right"
    says = "Share of moves whose sign was forecast right; a coin gets about one half."
    unit = "fraction"
    style = "percent"
    better = 1
    place = 30
    brief = True
    kinds = ("return",)
    per_fold = True

    def value(self, scored: Scored) -> float:
        return forecast.direction_accuracy(scored.target_M, scored.forecast_M)
