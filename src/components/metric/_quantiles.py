"""What metrics of quantiles look at."""

from components.errors import ContractError
from components.values import Scored


def level(scored: Scored) -> float:
    """Of the quantile that is scored. Raises ContractError where it is none."""
    if scored.outputs is None or scored.outputs.decided.level is None:
        raise ContractError("a metric of quantiles was asked of forecasts that are none")
    return scored.outputs.decided.level
