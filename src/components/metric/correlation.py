from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class Correlation(ForecastMetric):
    """Pearson correlation of forecasts and outcomes."""

    label = "Correlation"
    phrase = "the correlation of forecasts and outcomes"
    says = "Whether forecast and outcome rise and fall together: 1 always, 0 unrelated, -1 always opposed."
    unit = "1"
    style = "three decimals"
    better = 1
    place = 27
    brief = True
    kinds = ("level", "return")

    def value(self, scored: Scored) -> float:
        return forecast.correlation(scored.target_M, scored.forecast_M)
