"""Missing bars of any length: minutes, hours, sessions, weeks and months."""

import numpy as np
import pandas as pd
import pytest

from components.bars import Bars
from components.quality._gaps import gaps


def bars(times: pd.DatetimeIndex) -> Bars:
    stamps = times.to_numpy().astype("datetime64[us]")
    return Bars(
        symbols=("A",),
        codes_R=np.zeros(len(times), dtype=np.int32),
        timestamps_R=stamps,
        fields={"close": np.ones(len(times))},
        where="a.csv",
    )


def found(times: pd.DatetimeIndex, allowed: int = 5) -> list[str]:
    return [f"{defect.says} ({len(defect.rows)})" for defect in gaps(bars(times), allowed, None)]


def exchange(step: str, begin: str = "2019-01-02", end: str = "2020-12-31") -> pd.DatetimeIndex:
    """Bars of a New York session in UTC, half days among them: the clock changes twice a year."""
    days = pd.bdate_range(begin, end)
    closes = {day: "13:00" if day.strftime("%m-%d") in ("07-02", "11-26", "12-23") else "16:00" for day in days}
    parts = [pd.date_range(f"{day:%Y-%m-%d} 09:30", f"{day:%Y-%m-%d} {closes[day]}", freq=step) for day in days]
    local = pd.DatetimeIndex(np.concatenate([part.to_numpy() for part in parts])).tz_localize("America/New_York")
    return local.tz_convert("UTC").tz_localize(None)


def currencies(step: str) -> pd.DatetimeIndex:
    """Sunday evening to Friday evening."""
    times = pd.date_range("2020-01-01", "2020-06-30", freq=step)
    week = times.dayofweek * 24 + times.hour
    return times[(week < 4 * 24 + 22) | (week >= 6 * 24 + 22)]


def lunch() -> pd.DatetimeIndex:
    """A session with a break at noon."""
    days = pd.bdate_range("2020-01-01", "2020-06-30")
    hours = ("09:00", "09:30", "10:00", "10:30", "11:00", "12:30", "13:00", "13:30", "14:00", "14:30")
    return pd.DatetimeIndex([pd.Timestamp(f"{day:%Y-%m-%d} {hour}") for day in days for hour in hours])


def thin() -> pd.DatetimeIndex:
    """Minutes of a market in which every third minute nobody trades."""
    times = pd.date_range("2020-01-01", "2020-01-31", freq="1min")
    return times[np.random.default_rng(0).random(len(times)) < 0.66]


WHOLE = {
    "hours around the clock": pd.date_range("2020-01-01", "2020-12-31", freq="1h"),
    "minutes around the clock": pd.date_range("2020-01-01", "2020-01-31", freq="1min"),
    "hours of an exchange": exchange("60min"),
    "quarters of an exchange": exchange("15min"),
    "hours of currencies": currencies("1h"),
    "five minutes of currencies": currencies("5min"),
    "a break at noon": lunch(),
    "thin minutes": thin(),
    "weeks": pd.date_range("2010-01-01", "2020-01-01", freq="W-FRI"),
    "months": pd.date_range("2000-01-31", "2020-01-31", freq="BME"),
    "quarters": pd.date_range("1990-01-31", "2020-01-31", freq="QE"),
}


@pytest.mark.parametrize("case", WHOLE)
def test_nothing_is_missing(case: str) -> None:
    assert found(WHOLE[case]) == []


HOLES = {
    "hours around the clock": ("2020-03-10 05:00", "2020-03-10 15:00", "11 bars of a session are missing before"),
    "minutes around the clock": ("2020-01-10 05:00", "2020-01-10 06:59", "120 bars of a session are missing before"),
    "quarters of an exchange": ("2019-06-11 15:00", "2019-06-11 17:00", "9 bars of a session are missing before"),
    "hours of currencies": ("2020-03-10 05:00", "2020-03-11 04:00", "24 bars of a session are missing before"),
    "thin minutes": ("2020-01-10 05:00", "2020-01-10 06:59", "1"),
    "weeks": ("2015-03-01", "2015-06-01", "13 bars are missing before"),
    "months": ("2010-03-01", "2010-12-01", "9 bars are missing before"),
}


@pytest.mark.parametrize("case", HOLES)
def test_a_hole_is_found(case: str) -> None:
    times, (begin, end, says) = WHOLE[case], HOLES[case]
    left = times[(times < begin) | (times > end)]
    after = times[times > end][0]
    (said,) = found(left)
    assert said.startswith(says)
    assert said.endswith(f"symbol A, {after} (1)")


def test_how_many_may_be_missing() -> None:
    times = WHOLE["weeks"]
    left = times[(times < "2015-03-01") | (times > "2015-06-01")]
    assert found(left, allowed=13) == []
    assert found(left, allowed=12) != []


def test_a_week_of_hours_is_sessions() -> None:
    times = WHOLE["hours of an exchange"]
    left = times[(times < "2019-06-03") | (times > "2019-06-15")]
    assert found(left) == ["10 sessions without a bar before: symbol A, 2019-06-17 13:30:00 (1)"]
