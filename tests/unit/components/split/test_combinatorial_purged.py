"""Every choice of groups is tested once; the test forecasts make phi whole paths."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import DataError
from components.split.combinatorial_purged import CombinatorialPurged
from components.values import Span, within


def days(n: int) -> np.ndarray:
    return np.datetime64("2000-01-01", "us") + np.arange(n) * np.timedelta64(1, "D")


def split(n_groups: int, n_test_groups: int, valid_share: float = 0.1) -> CombinatorialPurged:
    return CombinatorialPurged(
        n_groups=n_groups, n_test_groups=n_test_groups, valid_share=valid_share, vault_start=None
    )


@st.composite
def settings(draw: st.DrawFn) -> tuple[int, int, float, int]:
    n_groups = draw(st.integers(2, 8))
    return (
        n_groups,
        draw(st.integers(1, n_groups - 1)),
        draw(st.floats(0.01, 0.99)),
        draw(st.integers(2 * n_groups, 400)),
    )


@given(settings())
def test_every_group_is_tested_phi_times_and_every_path_is_whole(given_: tuple[int, int, float, int]) -> None:
    n, k, share, total = given_
    times, made = days(total), split(n, k, share)
    spans = made.spans(times, ())
    assert len(spans) == math.comb(n, k)
    assert made.n_paths == math.comb(n - 1, k - 1)
    groups = sorted({interval for one in spans for interval in one.test})
    assert len(groups) == n
    sizes = [int(within((group,), times).sum()) for group in groups]
    assert sum(sizes) == total
    assert max(sizes) - min(sizes) <= 1
    tested = [(path, group) for one in spans for path, group in zip(one.paths, one.test, strict=True)]
    assert sorted(tested) == sorted(itertools.product(range(1, made.n_paths + 1), groups))


@given(settings())
def test_parts_cover_history_once_and_the_last_training_times_validate(given_: tuple[int, int, float, int]) -> None:
    n, k, share, total = given_
    times = days(total)
    for one in split(n, k, share).spans(times, ()):
        train, valid, test = (within(part, times) for part in (one.train, one.valid, one.test))
        assert (train.astype(int) + valid + test == 1).all()
        assert times[train].max() < times[valid].min()
        rest = int(train.sum() + valid.sum())
        assert valid.sum() == min(max(1, round(rest * share)), rest - 1)


def test_six_groups_by_hand() -> None:
    spans = split(6, 2, 0.25).spans(days(12), ())
    assert [one.paths for one in spans[:6]] == [(1, 1), (2, 1), (3, 1), (4, 1), (5, 1), (2, 2)]

    def at(one: Span, part: str) -> list[int]:
        return np.flatnonzero(within(getattr(one, part), days(12))).tolist()

    assert [at(spans[0], part) for part in ("train", "valid", "test")] == [[4, 5, 6, 7, 8, 9], [10, 11], [0, 1, 2, 3]]
    assert [at(spans[-1], part) for part in ("train", "valid", "test")] == [[0, 1, 2, 3, 4, 5], [6, 7], [8, 9, 10, 11]]
    assert [at(spans[8], part) for part in ("train", "valid", "test")] == [[0, 1, 4, 5, 6, 7], [8, 9], [2, 3, 10, 11]]
    assert len(spans[8].train) == 2


def test_too_few_times() -> None:
    with pytest.raises(DataError) as error:
        split(6, 2).spans(days(11), ())
    assert str(error.value) == (
        "split: 11 decision times are too few for split.n_groups=6: every group needs two or more; "
        "give more bars or lower split.n_groups"
    )


@pytest.mark.parametrize(
    ("n", "k", "line"),
    [
        (4, 4, "n_test_groups: 4 test groups of 4 leave nothing to train on; lower it, or raise split.n_groups"),
        (20, 10, "n_groups: 10 test groups of 20 are 184756 folds, at most 1000; lower it or split.n_test_groups"),
    ],
)
def test_impossible_groups(n: int, k: int, line: str) -> None:
    assert [str(problem) for problem in split(n, k).problems()] == [line]
    assert list(split(6, 2).problems()) == []
