"""What was tried on the same data, as evidence."""

import numpy as np

from components.statistics.comparison import per_timestamp
from components.statistics.forecast import logistic_loss
from components.values import Evidence, Float, Scored, Trials


def alone(evidence: Evidence) -> Trials:
    """The trials where nothing else is known to have been tried."""
    losses_T = forecast_losses(evidence.test, evidence.kind)
    return Trials(
        number=1,
        count=1,
        silent=0,
        returns_TK=evidence.returns_T[:, None],
        stamps_T=evidence.stamps_T,
        own=0,
        losses_TK=losses_T[:, None],
        loss_stamps_T=np.unique(evidence.test.timestamps_M),
        own_loss=0,
    )


def forecast_losses(scored: Scored, kind: str) -> Float:
    """(T,) loss per distinct time, mean over symbols: log losses of a direction, else squared errors."""
    loss_M = (
        logistic_loss(scored.target_M, scored.forecast_M)
        if kind == "direction"
        else (scored.target_M - scored.forecast_M) ** 2
    )
    return per_timestamp(loss_M, scored.timestamps_M)
