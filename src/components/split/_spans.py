"""Common to the splits: from positions on the time axis to half-open intervals."""

import numpy as np

from components.values import Interval, Span, Time


def interval(times_T: Time, begin: int, end: int) -> Interval:
    """From position begin of times_T up to and without position end, which may be the end of the axis."""
    return times_T[begin], times_T[end] if end < len(times_T) else times_T[-1] + np.timedelta64(1, "us")


def span(times_T: Time, train: int, valid: int, test: int, end: int) -> Span:
    """The span whose parts begin at positions train < valid < test < end of times_T; end is excluded."""
    return Span(
        train=(interval(times_T, train, valid),),
        valid=(interval(times_T, valid, test),),
        test=(interval(times_T, test, end),),
    )
