"""Periods a year by the usual spacing of times."""

import math

import numpy as np
import pytest

from components.values.periods import periods_of


def days(first: str, last: str, step: int = 1) -> np.ndarray:
    return np.arange(first, last, step, dtype="datetime64[D]").astype("datetime64[us]")


def business(first: str, last: str) -> np.ndarray:
    all_days = np.arange(first, last, dtype="datetime64[D]")
    return all_days[np.is_busday(all_days)].astype("datetime64[us]")


def without(stamps_T: np.ndarray, first: str, last: str) -> np.ndarray:
    return stamps_T[(stamps_T < np.datetime64(first)) | (stamps_T >= np.datetime64(last))]


def hourly(first: str, last: str) -> np.ndarray:
    hours = np.arange(9, 16).astype("timedelta64[h]")
    return (business(first, last)[:, None] + hours).ravel()


def months(first: str, last: str, step: int = 1) -> np.ndarray:
    return np.arange(first, last, step, dtype="datetime64[M]").astype("datetime64[us]")


SERIES = {
    "business days": (business("2010-01-01", "2018-01-01"), 260.9),
    "every day": (days("2010-01-01", "2018-01-01"), 365.25),
    "weeks": (days("2010-01-01", "2018-01-01", 7), 52.18),
    "months": (months("2010-01", "2018-01"), 12.0),
    "quarters": (months("2010-01", "2018-01", 3), 4.0),
    "years": (months("1990-01", "2018-01", 12), 1.0),
    "hours of sessions": (hourly("2010-01-01", "2014-01-01"), 7 * 260.9),
}


@pytest.mark.parametrize("name", SERIES)
def test_whole_records_count_as_they_are(name: str) -> None:
    stamps_T, a_year = SERIES[name]
    found = periods_of(stamps_T)
    assert found.a_year == pytest.approx(a_year, rel=0.01)
    assert found.holes == 0
    length = (stamps_T[-1] - stamps_T[0]) / np.timedelta64(1, "D") / 365.25
    assert found.a_year == pytest.approx((len(stamps_T) - 1) / length), "what it has always been"


@pytest.mark.parametrize("name", SERIES)
def test_a_hole_of_years_changes_nothing(name: str) -> None:
    stamps_T, a_year = SERIES[name]
    found = periods_of(without(stamps_T, "2011-03-05", "2013-02-20"))
    assert found.a_year == pytest.approx(a_year, rel=0.02)
    assert found.holes == 1


def test_two_holes_are_two() -> None:
    stamps_T = without(
        without(business("2010-01-01", "2018-01-01"), "2012-01-01", "2013-01-01"), "2015-01-01", "2016-01-01"
    )
    assert periods_of(stamps_T).holes == 2
    assert periods_of(stamps_T).a_year == pytest.approx(260.9, rel=0.01)


def test_returns_that_come_trade_by_trade_have_no_holes() -> None:
    rng = np.random.default_rng(0)
    stamps_T = np.datetime64("2010-01-01", "us") + np.cumsum(rng.integers(1, 60, 200)) * np.timedelta64(1, "D")
    found = periods_of(stamps_T)
    assert found.holes == 0
    assert found.a_year == pytest.approx(365.25 / 30, rel=0.15)


def test_closed_weeks_are_no_holes() -> None:
    stamps_T = without(business("2010-01-01", "2018-01-01"), "2012-02-01", "2012-02-12")
    assert periods_of(stamps_T).holes == 0


def test_nothing_is_known_of_one_time_or_of_equal_ones() -> None:
    assert math.isnan(periods_of(days("2010-01-01", "2010-01-02")).a_year)
    assert math.isnan(periods_of(np.repeat(days("2010-01-01", "2010-01-02"), 3)).a_year)
    assert math.isnan(periods_of(days("2010-01-01", "2010-01-01")).a_year)
