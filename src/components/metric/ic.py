from dataclasses import dataclass

from components.contracts.metric import OrderMetric
from components.statistics import forecast, performance
from components.values import Float


@dataclass(frozen=True, kw_only=True)
class Ic(OrderMetric):
    """Mean over dates of the correlation of forecasts and outcomes across symbols."""

    label = "Mean IC (information coefficient)"
    phrase = "the mean information coefficient"
    says = "Whether symbols that were forecast higher than others on a date also did better, averaged over the dates."
    unit = "1"
    style = "three decimals"
    better = 1
    place = 12
    ranked = False
    leads = ("return",)
    per_fold = True

    def value(self, ic_T: Float, horizon_bars: int) -> float:
        return forecast.mean(performance.known(ic_T))
