from dataclasses import dataclass

from components.contracts.metric import OrderMetric
from components.statistics.newey_west import mean_test
from components.values import Float


@dataclass(frozen=True, kw_only=True)
class RankIcT(OrderMetric):
    """Mean rank IC over its standard error, robust to the overlap of labels."""

    label = "Rank IC, t statistic"
    says = "How many standard errors the mean rank IC is away from zero; above about 2 luck is unlikely."
    unit = "standard errors"
    style = "two decimals"
    better = 1
    place = 11
    brief = True
    ranked = True

    def value(self, ic_T: Float, horizon_bars: int) -> float:
        return mean_test(ic_T, horizon_bars).t
