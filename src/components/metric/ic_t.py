from dataclasses import dataclass

from components.contracts.metric import OrderMetric
from components.statistics.newey_west import mean_test
from components.values import Float


@dataclass(frozen=True, kw_only=True)
class IcT(OrderMetric):
    """Mean IC over its standard error, robust to the overlap of labels."""

    label = "IC, t statistic"
    says = "How many standard errors the mean IC is away from zero; above about 2 luck is an unlikely explanation."
    unit = "standard errors"
    style = "two decimals"
    better = 1
    place = 13
    ranked = False

    def value(self, ic_T: Float, horizon_bars: int) -> float:
        return mean_test(ic_T, horizon_bars).t
