from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.statistics import calibration
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class CalibrationError(ForecastMetric):
    """Root mean squared distance of stated probabilities from how often it then happened, less what chance alone
    shows, over equally large groups (Kumar, Liang & Ma 2019); 0 to 1."""

    label = "Calibration error"
    says = "How far stated probabilities are from how often it then happened, on average."
    unit = "fraction"
    style = "percent"
    better = -1
    place = 46
    kinds = ("direction",)

    def value(self, scored: Scored) -> float:
        return calibration.calibration_error(scored.target_M, scored.forecast_M)
