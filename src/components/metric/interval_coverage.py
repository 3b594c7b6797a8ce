from dataclasses import dataclass

from components.contracts.metric import ForecastMetric
from components.metric._intervals import ends
from components.statistics import calibration
from components.values import Scored


@dataclass(frozen=True, kw_only=True)
class IntervalCoverage(ForecastMetric):
    """Share of outcomes within their interval."""

    label = "Outcomes within their interval"
    says = "Share of outcomes inside their forecast interval; to be held against the share it promises."
    unit = "fraction"
    style = "percent"
    better = 0
    place = 50
    needs_intervals = True
    per_fold = True

    def value(self, scored: Scored) -> float:
        return calibration.interval_coverage(*ends(scored))
