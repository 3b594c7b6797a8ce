from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.metric._intervals import ends
from components.statistics import calibration
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class IntervalWidth(ForecastMetric):
    """Mean of upper - lower end."""

    label = "Mean width of the interval"
    says = "How wide the forecast intervals are on average; narrow ones that keep their promise are better."
    unit = "the target's"
    style = "significant"
    better = 0
    place = 51
    needs_intervals = True
    per_fold = True

    def value(self, scored: Scored) -> float:
        return calibration.interval_width(*ends(scored))
