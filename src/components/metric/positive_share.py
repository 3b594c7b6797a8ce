from dataclasses import dataclass

import numpy as np

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class PositiveShare(ForecastMetric):
    """Share of forecasts above 1/2."""

    label = "Share of 'up' calls"
    says = "How often the model says 'up'; far from how often it happens, the model is one-sided."
    unit = "fraction"
    style = "percent"
    better = 0
    place = 42
    kinds = ("direction",)

    def value(self, scored: Scored) -> float:
        return forecast.mean((scored.forecast_M > 0.5).astype(np.float64))
