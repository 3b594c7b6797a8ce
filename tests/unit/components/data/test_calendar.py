"""Sessions against what exchanges publish, and periods against a slow count over the calendar."""

import datetime as dt
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.data._calendar import check_calendar, sessions
from components.errors import ConfigError

NEW_YORK = ZoneInfo("America/New_York")


def at(text: str) -> np.datetime64:
    return np.datetime64(text, "us")


def session(calendar: str | None, date: str) -> tuple[str, str] | None:
    """Open and close of one session, in UTC."""
    known = sessions(calendar, at("2015-01-05"), at("2015-12-20"))
    (place,) = known.on(np.array([date], dtype="datetime64[D]"))
    if place < 0:
        return None
    return tuple(str(times[place].astype("datetime64[m]")) for times in (known.opens_D, known.closes_D))


def test_every_day_from_midnight_to_midnight() -> None:
    assert session(None, "2015-03-07") == ("2015-03-07T00:00", "2015-03-08T00:00")


def test_currency_days_end_at_five_in_new_york_whatever_the_season() -> None:
    assert session("24/5", "2015-03-06") == ("2015-03-05T22:00", "2015-03-06T22:00")
    assert session("24/5", "2015-03-07") is None
    assert session("24/5", "2015-03-08") is None
    assert session("24/5", "2015-03-09") == ("2015-03-08T21:00", "2015-03-09T21:00")
    assert session("24/5", "2015-11-02") == ("2015-11-01T22:00", "2015-11-02T22:00")


def test_exchanges_have_holidays_early_closes_and_daylight_saving() -> None:
    assert session("XNYS", "2015-03-06") == ("2015-03-06T14:30", "2015-03-06T21:00")
    assert session("XNYS", "2015-03-09") == ("2015-03-09T13:30", "2015-03-09T20:00")
    assert session("XNYS", "2015-11-26") is None
    assert session("XNYS", "2015-11-27") == ("2015-11-27T14:30", "2015-11-27T18:00")
    # Clocks in London change three weeks after those in New York.
    assert session("XLON", "2015-03-27") == ("2015-03-27T08:00", "2015-03-27T16:30")
    assert session("XLON", "2015-03-30") == ("2015-03-30T07:00", "2015-03-30T15:30")
    # The session of a future begins on the evening before.
    assert session("CMES", "2015-03-10") == ("2015-03-09T22:00", "2015-03-10T22:00")


def test_a_moment_belongs_to_the_session_that_it_ends_in() -> None:
    known = sessions("24/5", at("2015-03-02"), at("2015-03-10"))
    friday, monday = known.on(np.array(["2015-03-06", "2015-03-09"], dtype="datetime64[D]"))
    moments = ["2015-03-06T22:00", "2015-03-06T22:01", "2015-03-08T21:00", "2015-03-08T21:01", "2015-03-09T21:00"]
    places = known.at(np.array(moments, dtype="datetime64[us]"))
    assert list(places) == [friday, -1, -1, monday, monday]


@given(st.datetimes(dt.datetime(2010, 1, 1), dt.datetime(2025, 1, 1)))
def test_currency_sessions_against_the_clock_in_new_york(moment: dt.datetime) -> None:
    known = sessions("24/5", np.datetime64(moment, "us"), np.datetime64(moment, "us"))
    (place,) = known.at(np.array([moment], dtype="datetime64[us]"))
    # A moment at the close itself is the last of its session.
    local = (moment - dt.timedelta(microseconds=1)).replace(tzinfo=dt.UTC).astimezone(NEW_YORK)
    date = local.date() + dt.timedelta(days=local.hour >= 17)
    expected = date if date.weekday() < 5 else None
    assert (known.dates_D[place].item() if place >= 0 else None) == expected


@pytest.mark.parametrize("calendar", ["XNYS", "24/5", None])
def test_weeks_and_months_reach_from_their_first_session_to_their_last(calendar: str | None) -> None:
    known = sessions(calendar, at("2015-01-01"), at("2015-06-30"))
    names = {
        "1d": [date.isoformat() for date in known.dates_D.tolist()],
        "1w": [date.isocalendar()[:2] for date in known.dates_D.tolist()],
        "1mo": [(date.year, date.month) for date in known.dates_D.tolist()],
    }
    for period, of_D in names.items():
        first_D, last_D = known.around(period)  # type: ignore[arg-type]
        assert list(first_D) == [of_D.index(name) for name in of_D]
        assert list(last_D) == [len(of_D) - 1 - of_D[::-1].index(name) for name in of_D]


def test_the_calendar_reaches_beyond_the_month_of_the_last_bar() -> None:
    known = sessions("XNYS", at("2015-01-05"), at("2015-01-05"))
    assert known.dates_D[-1] > np.datetime64("2015-02-01")
    assert known.dates_D[0] < np.datetime64("2015-01-01")


def test_refuses_unknown_calendars_and_dates_before_their_beginning() -> None:
    with pytest.raises(ConfigError) as error:
        check_calendar("NYSE2")
    assert str(error.value) == (
        "calendar: 'NYSE2' is no calendar; must be null (24/7, UTC), 24/5 (currencies) or one of exchange_calendars; "
        "for example XNYS, XLON, XTKS or CMES"
    )
    with pytest.raises(ConfigError, match=r"^calendar: XTKS cannot tell its sessions from 1989-12-24 to 1990-02-10: "):
        sessions("XTKS", at("1990-01-01"), at("1990-01-01"))
