from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.metric._intervals import ends
from components.statistics import calibration
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class IntervalScore(ForecastMetric):
    """Mean width plus 2 / (1 - coverage) times what an outcome lies outside (Gneiting & Raftery 2007)."""

    label = "Interval score"
    says = "Width of the intervals plus a fine for each outcome outside; lower is better."
    unit = "the target's"
    style = "significant"
    better = -1
    place = 52
    needs_intervals = True
    per_fold = True

    def value(self, scored: Scored) -> float:
        return calibration.interval_score(*ends(scored), scored.coverage or 0.0)
