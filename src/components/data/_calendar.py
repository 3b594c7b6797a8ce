"""When a market is open: its sessions, and the period of a session or week that a moment belongs to.

Shape legend: D sessions, R moments.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

import numpy as np

from components.errors import ConfigError, Problem
from components.panel import TIME_DTYPE, Int, Time

if TYPE_CHECKING:
    import pandas as pd

Period = Literal["5min", "15min", "30min", "1h", "4h", "1d", "1w", "1mo"]

STEPS: Mapping[str, np.timedelta64] = MappingProxyType(
    {
        "1min": np.timedelta64(1, "m"),
        "5min": np.timedelta64(5, "m"),
        "15min": np.timedelta64(15, "m"),
        "30min": np.timedelta64(30, "m"),
        "1h": np.timedelta64(1, "h"),
        "4h": np.timedelta64(4, "h"),
    }
)
"""Lengths of the periods within a day."""

CURRENCIES = "24/5"
# The last session of a month must be known before the month is over.
AHEAD = np.timedelta64(40, "D")


@dataclass(frozen=True, kw_only=True, eq=False)
class Sessions:
    """Trading days in order: dates_D their names (datetime64[D]), opens_D and closes_D in UTC.

    A moment belongs to the session with open < moment <= close, as bars are known at their end.
    """

    dates_D: Time
    opens_D: Time
    closes_D: Time

    def at(self, moments_R: Time) -> Int:
        """(R,) position of each moment's session; -1 between sessions."""
        place_R = np.searchsorted(self.opens_D, moments_R, side="left") - 1
        inside_R = (place_R >= 0) & (moments_R <= self.closes_D[place_R])
        return np.where(inside_R, place_R, -1)

    def complete(self, begins_R: Time, length: np.timedelta64) -> Time:
        """(R,) when bars of that length are complete: one that begins inside a session ends with it at the latest,
        unless the next one opens before the bar is over."""
        ends_R = begins_R + length
        place_R = np.searchsorted(self.opens_D, begins_R, side="right") - 1
        close_R = self.closes_D[place_R]
        next_R = np.append(self.opens_D, np.datetime64("9999-01-01", "us"))[place_R + 1]
        cut_R = (place_R >= 0) & (begins_R < close_R) & (close_R < ends_R) & (ends_R <= next_R)
        return np.where(cut_R, close_R, ends_R)

    def on(self, dates_R: Time) -> Int:
        """(R,) position of the session with each date; -1 where there is none."""
        place_R = np.minimum(np.searchsorted(self.dates_D, dates_R), len(self.dates_D) - 1)
        return np.where(self.dates_D[place_R] == dates_R, place_R, -1)

    def around(self, period: Literal["1d", "1w", "1mo"]) -> tuple[Int, Int]:
        """(D,) positions of the first and the last session of each session's day, week (from Monday) or month."""
        names_D = self.dates_D
        if period == "1mo":
            names_D = names_D.astype("datetime64[M]")
        elif period == "1w":
            # Weeks of numpy begin on Thursdays.
            names_D = (names_D - 4).astype("datetime64[W]")
        return np.searchsorted(names_D, names_D), np.searchsorted(names_D, names_D, side="right") - 1


def sessions(calendar: str | None, first: np.datetime64, last: np.datetime64) -> Sessions:
    """The sessions from before `first` until after the month of `last`.

    calendar  null: every day, from midnight to midnight UTC; 24/5: currencies and metals, Monday to
              Friday, each day beginning and ending at 17:00 in New York; else a calendar of the package
              exchange_calendars, such as XNYS or CMES, with its holidays and early closes
    Raises ConfigError for a calendar that does not exist or does not reach back to `first`.
    """
    start, end = first.astype("datetime64[D]") - 8, last.astype("datetime64[D]") + AHEAD
    if calendar is None:
        dates_D = np.arange(start, end)
        return _sessions(dates_D, dates_D, dates_D + 1)
    return _currency_sessions(start, end) if calendar == CURRENCIES else _exchange_sessions(calendar, start, end)


def check_calendar(calendar: str | None) -> None:
    """Raises ConfigError for a calendar that does not exist."""
    if calendar in (None, CURRENCIES):
        return
    import exchange_calendars

    names = exchange_calendars.get_calendar_names()
    if calendar not in names:
        raise ConfigError(
            Problem(
                "calendar",
                f"'{calendar}' is no calendar; must be null (24/7, UTC), {CURRENCIES} (currencies) or one of "
                "exchange_calendars",
                "for example XNYS, XLON, XTKS or CMES",
            )
        )


def _sessions(dates_D: Time, opens_D: Time, closes_D: Time) -> Sessions:
    return Sessions(dates_D=dates_D, opens_D=opens_D.astype(TIME_DTYPE), closes_D=closes_D.astype(TIME_DTYPE))


def _currency_sessions(start: np.datetime64, end: np.datetime64) -> Sessions:
    import pandas as pd

    days = pd.bdate_range(str(start), str(end))

    def five_pm_in_new_york(dates: "pd.DatetimeIndex") -> Time:
        return _utc((dates + pd.Timedelta(hours=17)).tz_localize("America/New_York"))

    return _sessions(
        days.to_numpy().astype("datetime64[D]"),
        five_pm_in_new_york(days - pd.Timedelta(days=1)),
        five_pm_in_new_york(days),
    )


def _exchange_sessions(calendar: str, start: np.datetime64, end: np.datetime64) -> Sessions:
    import exchange_calendars
    import pandas as pd

    check_calendar(calendar)
    try:
        found = exchange_calendars.get_calendar(calendar, start=str(start), end=str(end))
    except ValueError as error:
        raise ConfigError(
            Problem("calendar", f"{calendar} cannot tell its sessions from {start} to {end}: {error}")
        ) from None
    opens_D, closes_D = (_utc(pd.DatetimeIndex(times)) for times in (found.opens, found.closes))
    return _sessions(found.sessions.to_numpy().astype("datetime64[D]"), opens_D, closes_D)


def _utc(times: "pd.DatetimeIndex") -> Time:
    naive: Time = times.tz_convert("UTC").tz_localize(None).to_numpy().astype(TIME_DTYPE)
    return naive
