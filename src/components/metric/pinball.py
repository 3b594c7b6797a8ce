from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.metric._quantiles import level
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class Pinball(ForecastMetric):
    """Mean of max(q (y - f), (q - 1) (y - f)) for outcomes y and forecasts f of their quantile q."""

    label = "Pinball loss"
    says = "Average miss of a quantile, weighted so that the true quantile costs least; lower is better."
    unit = "the target's"
    style = "significant"
    better = -1
    place = 54
    kinds = ("level", "return")
    needs_quantiles = True
    per_fold = True

    def value(self, scored: Scored) -> float:
        return forecast.pinball(scored.target_M, scored.forecast_M, level(scored))
