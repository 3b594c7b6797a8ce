"""Returns of a symbol's bars, and how unusual one of them is.

Shape legend: R rows.
"""

import itertools

import numpy as np

from components.bars import Bars, Mask
from components.values import Float

MAD_TO_SIGMA = 1.4826
MIN_RETURNS = 60
AROUND = 20
CALM = 8.0
"""What is wrong is this many times the usual move of the bars around it: in a crisis many shares fall by a fifth."""


def continues(bars: Bars) -> Mask:
    """(R,) whether the row before is of the same symbol."""
    return np.append(False, bars.codes_R[1:] == bars.codes_R[:-1])


def spans(bars: Bars) -> list[tuple[int, int]]:
    """First row of every symbol, and the one after its last."""
    return list(itertools.pairwise(np.append(np.flatnonzero(~continues(bars)), bars.n_rows).tolist()))


def spacing(bars: Bars) -> np.timedelta64:
    """Median time between neighbouring bars of a symbol."""
    steps = np.diff(bars.timestamps_R)[continues(bars)[1:]]
    return np.timedelta64(int(np.median(steps.view(np.int64))), "us") if len(steps) else np.timedelta64(0, "us")


def log_returns(bars: Bars) -> Float:
    close_R = bars.fields["close"]
    with np.errstate(divide="ignore", invalid="ignore"):
        log_R = np.log(close_R)
        return_R = np.where(continues(bars), log_R - np.roll(log_R, 1), np.nan)
    return np.where(np.isfinite(return_R), return_R, np.nan)


def robust_scores(bars: Bars, values_R: Float, least_R: Float | None = None) -> Float:
    """(value - median) / (1.4826 x median absolute deviation) within a symbol; 0 where it has few values.

    least_R: other values, of whose deviation a fifth is the least that counts, where the values hardly vary at all.
    """
    score_R = np.zeros(len(values_R))
    for start, end in spans(bars):
        values = values_R[start:end]
        known = values[np.isfinite(values)]
        if len(known) >= MIN_RETURNS:
            middle = np.median(known)
            sigma = max(_deviation(known), 0.0 if least_R is None else _deviation(least_R[start:end]) / 5)
            if sigma > 0:
                score_R[start:end] = np.nan_to_num((values - middle) / sigma)
    return score_R


def _deviation(values: Float) -> float:
    known = values[np.isfinite(values)]
    return MAD_TO_SIGMA * float(np.median(np.abs(known - np.median(known)))) if len(known) else 0.0


def usual_around(return_R: Float, row: int, start: int, end: int) -> float:
    """Robust deviation of the returns of the bars before a row of a symbol, or of those after it, whichever is more."""
    before, after = return_R[max(start, row - AROUND) : row], return_R[row + 1 : end][:AROUND]
    known = [np.abs(side[np.isfinite(side)]) for side in (before, after)]
    return MAD_TO_SIGMA * max((float(np.median(side)) for side in known if len(side)), default=0.0)
