"""Spans of every split: in order, disjoint, test spans cover the rest of the axis without a gap."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import DataError
from components.split.holdout import Holdout
from components.split.walk_forward import WalkForward
from components.values import Span


def days(n: int) -> np.ndarray:
    return np.datetime64("2000-01-01", "us") + np.arange(n) * np.timedelta64(1, "D")


def check(spans: tuple[Span, ...], times: np.ndarray) -> None:
    for one in spans:
        assert one.train[0] < one.train[1] == one.valid[0] < one.valid[1] == one.test[0] < one.test[1]
    for before, after in itertools.pairwise(spans):
        assert before.test[1] == after.test[0]
    assert spans[-1].test[1] > times[-1]


@given(
    st.integers(1, 12),
    st.floats(0.1, 0.8),
    st.floats(0.01, 0.5),
    st.sampled_from(["expanding", "rolling"]),
    st.integers(150, 900),
)
def test_walk_forward(n_folds: int, share: float, valid: float, window: str, n: int) -> None:
    split = WalkForward(n_folds=n_folds, first_share=share, valid_share=valid, window=window, vault_start=None)
    times = days(n)
    if round(n * share) - max(1, round(n * valid)) < 1 or n - round(n * share) < n_folds:
        with pytest.raises(DataError, match=f"split: {n} decision times are too few for {n_folds} folds"):
            split.spans(times)
        return
    spans = split.spans(times)
    assert len(spans) == n_folds
    check(spans, times)
    lengths = {(one.train[1] - one.train[0]) for one in spans}
    if window == "rolling":
        assert len(lengths) == 1
    else:
        assert {one.train[0] for one in spans} == {times[0]}
    sizes = [int(((times >= one.test[0]) & (times < one.test[1])).sum()) for one in spans]
    assert max(sizes) - min(sizes) <= 1
    assert sum(sizes) == n - round(n * share)


@given(st.floats(0.05, 0.9), st.floats(0.05, 0.9), st.integers(3, 500))
def test_holdout(train: float, valid: float, n: int) -> None:
    split = Holdout(train_share=train, valid_share=valid, vault_start=None)
    if not 0 < round(n * train) < round(n * (train + valid)) < n:
        with pytest.raises(DataError, match=f"split: {n} decision times cannot be divided into train"):
            split.spans(days(n))
        return
    spans = split.spans(days(n))
    assert len(spans) == 1
    check(spans, days(n))
