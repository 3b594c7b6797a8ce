"""Bars that are missing: sessions of an exchange, weeks or months, and hours or minutes within a session.

Shape legend: R rows.
"""

from collections.abc import Iterator

import numpy as np

from components.bars import Bars
from components.errors import ConfigError
from components.quality._series import continues, spacing, spans
from components.structure import Defect, named
from components.values import Float, Int, Time

DAY = np.timedelta64(1, "D")
USUAL, OFTEN = 0.05, 3
"""Share of the steps of a kind (within a day, to the next, further) from which on a length of step is usual, and how
many times suffice: half days come a few times a year."""
LONGER_THAN_DAYS = 3 * DAY
CLOCK_CHANGE = np.timedelta64(1, "h")
ILLIQUID = 3.0
"""Where bars are missing all the time, for want of trades, a gap is this many times as long as nearly all of them."""


def gaps(bars: Bars, max_gap_sessions: int, calendar: str | None) -> Iterator[Defect]:
    """Bars before which more sessions, or bars within a session, than allowed are missing.

    Sessions are those of the exchange's calendar; without one, the days on which any symbol has a bar, and weekdays
    where the bars are daily or finer. Bars that are longer than a day are counted themselves, and so are those within a
    session: by how long the steps between a symbol's bars usually are.
    """
    step = spacing(bars)
    long = step > LONGER_THAN_DAYS
    missed_R = _long_missed(bars, step) if long else _sessions_missed(bars, step, max_gap_sessions, calendar)
    within_R = _within(bars, step, max_gap_sessions) if step < DAY else np.zeros(bars.n_rows)
    rows = np.flatnonzero((missed_R > max_gap_sessions) | (within_R > 0))
    rows = rows[np.lexsort((-within_R[rows], -missed_R[rows]))]
    if len(rows):
        row = rows[0]
        count = f"{missed_R[row]} {'bars are missing' if long else 'sessions without a bar'} before"
        if missed_R[row] <= max_gap_sessions:
            count = f"{within_R[row]:.0f} bars of a session are missing before"
        remedy = "give the missing bars, or the exchange in quality.calendar"
        yield Defect(rows=rows, says=f"{count}: {named(bars, row)}", remedy=remedy)


def _sessions_missed(bars: Bars, step: np.timedelta64, allowed: int, calendar: str | None) -> Int:
    days_R, same_R = bars.timestamps_R.astype("datetime64[D]"), continues(bars)
    before_R = np.roll(days_R, 1)
    if calendar is not None:
        missed_R = _between(_sessions(calendar, days_R), before_R, days_R)
    else:
        missed_R = _between(np.unique(days_R), before_R, days_R)
        far = np.flatnonzero(same_R & (days_R - before_R > allowed * DAY))
        if len(far) and step <= DAY:
            missed_R[far] = np.maximum(missed_R[far], np.busday_count(before_R[far], days_R[far]) - 1)
    return np.where(same_R, missed_R, 0)


def _between(sessions: Time, start_R: Time, end_R: Time) -> Int:
    return np.searchsorted(sessions, end_R, "left") - np.searchsorted(sessions, start_R, "right")


def _sessions(calendar: str, days_R: Time) -> Time:
    import exchange_calendars

    try:
        found = exchange_calendars.get_calendar(calendar, start=str(days_R.min()), end=str(days_R.max() + DAY))
    except exchange_calendars.errors.InvalidCalendarName:
        raise ConfigError(f"quality.calendar: '{calendar}' is no calendar; write for example XNYS, or null") from None
    except ValueError:
        span = f"{days_R.min()} to {days_R.max()}"
        raise ConfigError(f"quality.calendar: '{calendar}' does not cover {span}; write null") from None
    return np.asarray(found.sessions.to_numpy(), dtype="datetime64[D]")


def _long_missed(bars: Bars, step: np.timedelta64) -> Int:
    """(R,) bars of weeks, months or years that are missing before each."""
    missed_R = np.zeros(bars.n_rows, dtype=np.int64)
    steps = np.diff(bars.timestamps_R) / step
    missed_R[1:] = np.where(continues(bars)[1:], np.rint(steps) - 1, 0)
    return missed_R


def _within(bars: Bars, step: np.timedelta64, allowed: int) -> Float:
    """(R,) bars missing before each beyond what is usual, where they are more than allowed; else 0.

    Steps within a day, to the next day and over several have usual lengths of their own: a break at noon, the night,
    a weekend. Whole days in between are the business of the sessions. Clocks change by an hour.
    """
    found_R = np.zeros(bars.n_rows)
    for start, end in spans(bars):
        times = bars.timestamps_R[start:end]
        taken = np.diff(times)
        apart = np.diff(times.astype("datetime64[D]")).astype("timedelta64[D]").astype(np.int64)
        if len(taken) == 0:
            continue
        whole = np.maximum(apart - 1, 0) * DAY if _has_weekends(times) else 0 * DAY
        length = (taken - whole).astype("timedelta64[us]")
        for kind, slack in ((apart == 0, 0 * CLOCK_CHANGE), (apart == 1, CLOCK_CHANGE), (apart > 1, CLOCK_CHANGE)):
            if not kind.any():
                continue
            missing = _beyond(length[kind], slack, step)
            limit = max(float(allowed), ILLIQUID * float(np.quantile(missing, 0.99, method="lower")))
            found_R[start + 1 : end][kind] = np.where(missing > limit, missing, 0.0)
    return found_R


def _beyond(length: Time, slack: np.timedelta64, step: np.timedelta64) -> Float:
    """Bars by which each step is longer than the longest usual one that is not longer than it."""
    values, counts = np.unique(length, return_counts=True)
    usual = np.append(step.astype("timedelta64[us]"), values[counts >= np.clip(USUAL * counts.sum(), 2, OFTEN)])
    usual = np.unique(usual)
    place = np.searchsorted(usual, length + slack, side="right") - 1
    beyond = length - usual[np.maximum(place, 0)]
    return np.where(beyond > slack, np.floor(beyond / step), 0.0)


def _has_weekends(times: Time) -> bool:
    """Whether the market rests on some days of the week."""
    days = np.unique(times.astype("datetime64[D]"))
    return bool(len(np.unique((days.view(np.int64) + 3) % 7)) < 7) or len(days) < 14
