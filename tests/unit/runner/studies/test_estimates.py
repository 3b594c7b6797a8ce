"""Intervals hold the truth as often as they say."""

import math

import numpy as np
import pytest

from docs import interval
from runner.studies.estimates import Estimate, mean_of, share_of


def test_the_interval_of_a_mean_holds_it_in_95_of_100_cases() -> None:
    draws = np.random.default_rng(1).standard_normal((1000, 6)) + 0.3
    found = [mean_of(row.tolist()) for row in draws]
    assert np.mean([each.low <= 0.3 <= each.high for each in found]) == pytest.approx(0.95, abs=0.02)


def test_unknown_values_are_left_out_and_few_have_no_interval() -> None:
    assert mean_of([1.0, None, math.nan, 3.0]).value == mean_of([1.0, 3.0]).value == 2.0
    assert (mean_of([1.0]).value, mean_of([]).n) == (1.0, 0)
    assert math.isnan(mean_of([1.0]).low)
    assert math.isnan(mean_of([None]).value)


@pytest.mark.parametrize(("count", "n"), [(0, 60), (3, 60), (60, 60), (1, 1)])
def test_the_interval_of_a_share_is_exact(count: int, n: int) -> None:
    found = share_of(count, n)
    assert f"{found.low:.1%} to {found.high:.1%}" == interval(count, n)


def test_turned_it_is_of_the_negative() -> None:
    found = Estimate(value=1.0, low=0.5, high=1.5, n=4)
    assert found.turned(1) == found
    assert found.turned(-1) == Estimate(value=-1.0, low=-1.5, high=-0.5, n=4)
    assert (found.above(0.4), found.above(0.6), found.below(2.0)) == (True, False, True)
