"""What metrics of intervals look at."""

from components.errors import ContractError
from components.values import Float, Scored


def ends(scored: Scored) -> tuple[Float, Float, Float]:
    """Outcomes, lower and upper ends, (M,) each. Raises ContractError without intervals."""
    if scored.lower_M is None or scored.upper_M is None:
        raise ContractError("a metric of intervals was asked of forecasts that have none")
    return scored.target_M, scored.lower_M, scored.upper_M
