"""Common to the splits: from positions on the time axis to half-open intervals."""

import numpy as np

from components.values import Span, Time


def span(times_T: Time, train: int, valid: int, test: int, end: int) -> Span:
    """The span whose parts begin at positions train < valid < test < end of times_T; end is excluded."""
    last = times_T[end] if end < len(times_T) else times_T[-1] + np.timedelta64(1, "us")
    return Span(
        train=(times_T[train], times_T[valid]),
        valid=(times_T[valid], times_T[test]),
        test=(times_T[test], last),
    )
