from dataclasses import dataclass

from components.contracts.metric import OrderMetric
from components.statistics import forecast, performance
from components.values import Float


@dataclass(frozen=True, kw_only=True)
class RankIc(OrderMetric):
    """Mean over dates of the rank correlation of forecasts and outcomes across symbols."""

    label = "Mean rank IC"
    phrase = "the mean rank information coefficient"
    says = (
        "How well the symbols of a date were put in order, averaged over the dates: 1 is the right order, 0 a "
        "shuffled one; 0.02 to 0.05 is what honest daily forecasts reach."
    )
    unit = "1"
    style = "three decimals"
    better = 1
    place = 10
    brief = True
    ranked = True
    leads = ("return",)
    per_fold = True

    def value(self, ic_T: Float, horizon_bars: int) -> float:
        return forecast.mean(performance.known(ic_T))
