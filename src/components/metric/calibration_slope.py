from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import forecast
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class CalibrationSlope(ForecastMetric):
    """Slope of the outcomes' regression on the forecasts (Mincer & Zarnowitz 1969); 1 is ideal."""

    label = "Calibration slope (ideal: 1)"
    says = "How much the outcome moves when the forecast moves by 1; below 1 forecasts are too bold."
    unit = "1"
    style = "three decimals"
    better = 0
    place = 28
    kinds = ("level", "return")

    def value(self, scored: Scored) -> float:
        return forecast.calibration_slope(scored.target_M, scored.forecast_M)
