"""What the gates that look at all tries on the data have in common."""

from typing import Literal

import numpy as np

from components.contracts import Kind
from components.statistics.comparison import per_timestamp
from components.statistics.forecast import loss
from components.values import Evidence, Float, Trials

Statistic = Literal["auto", "sharpe", "loss"]


def gated_of(statistic: Statistic, kind: Kind) -> Literal["sharpe", "loss"]:
    """A level is not traded itself: what counts is how well it is forecast. Moves of prices are there to be earned."""
    if statistic == "auto":
        return "loss" if kind == "level" else "sharpe"
    return statistic


def gated(statistic: Statistic, evidence: Evidence) -> Literal["sharpe", "loss"]:
    """The same, of a run."""
    return gated_of(statistic, evidence.kind)


def gains_TK(evidence: Evidence, trials: Trials, baseline: str) -> tuple[Float, int | None]:
    """(T, K) losses of a baseline minus those of every try, at times where all are known, and the run's column."""
    scored = evidence.test
    if baseline not in scored.baselines or trials.own_loss is None:
        return np.empty((0, trials.losses_TK.shape[1])), None
    loss_M = loss(evidence.kind, scored.target_M, scored.baselines[baseline])
    stamps_T = np.unique(scored.timestamps_M)
    loss_T = per_timestamp(loss_M, scored.timestamps_M)
    place_T = np.searchsorted(stamps_T, trials.loss_stamps_T.astype(stamps_T.dtype))
    gain_TK = loss_T[place_T][:, None] - trials.losses_TK
    return gain_TK[np.isfinite(gain_TK).all(axis=1)], trials.own_loss


def silent_too(trials: Trials, series_TK: Float) -> int:
    """Tries that have no column in the series."""
    return trials.count - int(series_TK.shape[1])


def series_TK(statistic: Statistic, baseline: str, evidence: Evidence, trials: Trials) -> tuple[Float, int | None]:
    """(T, K) what every try earned per time, returns or smaller losses, and the run's column."""
    if gated(statistic, evidence) == "loss":
        return gains_TK(evidence, trials, baseline)
    return trials.returns_TK, trials.own
