"""Ranks among worlds without skill are exact."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from components.statistics.rank import exact_interval, rank_of


def test_the_best_of_99_has_one_in_a_hundred() -> None:
    found = rank_of(2.0, [1.0] * 99, better=1)
    assert (found.p_value, found.rank, found.worlds, found.low) == (0.01, 1, 99, 0.0)


def test_a_tie_and_a_world_without_a_figure_count_against_it() -> None:
    assert rank_of(1.0, [1.0, None, 0.0], better=1).p_value == 3 / 4
    assert rank_of(1.0, [1.0, None, 2.0], better=-1).rank == 3


def test_one_world_is_enough_to_say_little() -> None:
    assert rank_of(1.0, [0.0], better=1).p_value == 0.5


@given(st.lists(st.integers(0, 5), min_size=1, max_size=30), st.integers(0, 5), st.sampled_from([1, -1]))
def test_it_is_the_share_counted_by_hand(nulls: list[int], real: int, better: int) -> None:
    found = rank_of(float(real), [float(each) for each in nulls], better=better)
    above = [each for each in nulls if (each >= real if better == 1 else each <= real)]
    assert found.p_value == (1 + len(above)) / (1 + len(nulls))
    exact = binomtest(len(above), len(nulls)).proportion_ci(0.95, method="exact")
    assert np.allclose([found.low, found.high], [exact.low, exact.high])


def test_the_interval_covers_the_share_as_often_as_it_says() -> None:
    for share in (0.01, 0.05, 0.3):
        covered = 0.0
        for count in range(51):
            low, high = exact_interval(count, 50)
            if low <= share <= high:
                covered += math.comb(50, count) * share**count * (1 - share) ** (50 - count)
        assert covered >= 0.95


@pytest.mark.parametrize(("real", "nulls"), [(1.0, []), (math.nan, [1.0]), (1.0, [math.nan])])
def test_nothing_to_rank(real: float, nulls: list[float | None]) -> None:
    with pytest.raises(ValueError, match="a rank needs a real figure and one or more others, none of them NaN"):
        rank_of(real, nulls, better=1)
