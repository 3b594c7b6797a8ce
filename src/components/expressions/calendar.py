"""What the timestamps say: calendar fields, usable like columns of the panel, and periods of several bars.

All of it in the clock of the timestamps, which know no time zone.
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
Time = npt.NDArray[np.datetime64]

# 1970-01-01, where days are counted from, was a Thursday.
_FIRST_WEEKDAY = 3


def _count(unit: str, within: str) -> Callable[[Time], Float]:
    """How many whole units have passed since the beginning of the greater unit."""
    return lambda stamps_R: (
        stamps_R.astype(f"M8[{unit}]") - stamps_R.astype(f"M8[{within}]").astype(f"M8[{unit}]")
    ).astype(np.float64)


def _weekday(stamps_R: Time) -> Float:
    days_R = stamps_R.astype("M8[D]").astype(np.int64)
    return ((days_R + _FIRST_WEEKDAY) % 7).astype(np.float64)


CALENDAR: Mapping[str, Callable[[Time], Float]] = {
    "minute": _count("m", "h"),  # 0 to 59
    "hour": _count("h", "D"),  # 0 to 23
    "day_of_week": _weekday,  # Monday 0 to Sunday 6
    "day_of_month": lambda stamps_R: _count("D", "M")(stamps_R) + 1.0,  # 1 to 31
    "day_of_year": lambda stamps_R: _count("D", "Y")(stamps_R) + 1.0,  # 1 to 366
    "month": lambda stamps_R: _count("M", "Y")(stamps_R) + 1.0,  # 1 to 12
}


def _week(stamps_R: Time) -> Time:
    monday_R: Time = stamps_R.astype("M8[D]") - _weekday(stamps_R).astype("m8[D]")
    return monday_R


def _steps(step: np.timedelta64) -> Callable[[Time], Time]:
    """The begin of the step, counted from midnight, in which a timestamp lies."""

    def begins(stamps_R: Time) -> Time:
        days_R = stamps_R.astype("M8[D]").astype("M8[us]")
        begin_R: Time = days_R + (stamps_R.astype("M8[us]") - days_R) // step * step
        return begin_R

    return begins


PERIODS: Mapping[str, Callable[[Time], Time]] = {
    "minutes_5": _steps(np.timedelta64(5, "m")),
    "minutes_15": _steps(np.timedelta64(15, "m")),
    "minutes_30": _steps(np.timedelta64(30, "m")),
    "hourly": lambda stamps_R: stamps_R.astype("M8[h]"),
    "hours_4": _steps(np.timedelta64(4, "h")),
    "daily": lambda stamps_R: stamps_R.astype("M8[D]"),
    "weekly": _week,
    "monthly": lambda stamps_R: stamps_R.astype("M8[M]"),
}
"""Timeframe -> function that gives the beginning of the period in which a timestamp lies; weeks begin on Monday."""
