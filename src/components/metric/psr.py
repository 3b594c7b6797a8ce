from dataclasses import dataclass

from components.contracts.metric import ReturnMetric
from components.statistics import sharpe
from components.values import Float


@dataclass(frozen=True, kw_only=True)
class Psr(ReturnMetric):
    """Probability that the true Sharpe ratio is above 0 (Bailey & Lopez de Prado 2012)."""

    label = "Probability that the true Sharpe exceeds 0"
    says = (
        "How sure one can be that the true Sharpe ratio is above 0, given the length of the record, its skew and "
        "its fat tails; it knows nothing of how many tries there were."
    )
    unit = "probability"
    style = "percent"
    better = 1
    place = 108

    def value(self, returns_T: Float, bars_per_year: float) -> float:
        return sharpe.probabilistic_sharpe(sharpe.sharpe_sample(returns_T))
