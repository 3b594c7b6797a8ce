"""Spans of every split: in order, disjoint, test spans cover the rest of the axis without a gap."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import ContractError, DataError
from components.split.holdout import Holdout
from components.split.walk_forward import WalkForward
from components.values import Span, within


def days(n: int) -> np.ndarray:
    return np.datetime64("2000-01-01", "us") + np.arange(n) * np.timedelta64(1, "D")


def check(spans: tuple[Span, ...], times: np.ndarray) -> None:
    for one in spans:
        ((begin, valid),), ((also_valid, test),), ((also_test, end),) = one.train, one.valid, one.test
        assert begin < valid == also_valid < test == also_test < end
        assert one.paths == (1,)
        assert one.train_symbols is one.test_symbols is None
    for before, after in itertools.pairwise(spans):
        assert before.test[0][1] == after.test[0][0]
    assert spans[-1].test[0][1] > times[-1]


@given(
    st.integers(1, 12),
    st.floats(0.1, 0.8),
    st.floats(0.01, 0.5),
    st.sampled_from(["expanding", "rolling"]),
    st.integers(150, 900),
)
def test_walk_forward(n_folds: int, share: float, valid: float, window: str, n: int) -> None:
    split = WalkForward(
        n_folds=n_folds, first_share=share, valid_share=valid, times="ready", window=window, vault_start=None
    )
    times = days(n)
    if round(n * share) - max(1, round(n * valid)) < 1 or n - round(n * share) < n_folds:
        with pytest.raises(DataError, match=f"split: {n} decision times are too few for {n_folds} folds"):
            split.spans(times, ())
        return
    spans = split.spans(times, ())
    assert len(spans) == n_folds
    check(spans, times)
    lengths = {(one.train[0][1] - one.train[0][0]) for one in spans}
    if window == "rolling":
        assert len(lengths) == 1
    else:
        assert {one.train[0][0] for one in spans} == {times[0]}
    sizes = [int(within(one.test, times).sum()) for one in spans]
    assert max(sizes) - min(sizes) <= 1
    assert sum(sizes) == n - round(n * share)


@given(st.floats(0.05, 0.9), st.floats(0.05, 0.9), st.integers(3, 500))
def test_holdout(train: float, valid: float, n: int) -> None:
    split = Holdout(train_share=train, valid_share=valid, vault_start=None)
    if not 0 < round(n * train) < round(n * (train + valid)) < n:
        with pytest.raises(DataError, match=f"split: {n} decision times cannot be divided into train"):
            split.spans(days(n), ())
        return
    spans = split.spans(days(n), ())
    assert len(spans) == 1
    check(spans, days(n))


def at(day: int) -> np.datetime64:
    return np.datetime64("2000-01-01", "us") + np.timedelta64(day, "D")


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        (
            {"test": ((at(15), at(30)),)},
            "split: a valid interval ends at 2000-01-21T00:00:00.000000, after a test interval began at "
            "2000-01-16T00:00:00.000000; the intervals of a span may not overlap",
        ),
        (
            {"train": ((at(5), at(9)), (at(0), at(5)))},
            "split: a span's train intervals are missing or out of order",
        ),
        ({"valid": ()}, "split: a span's valid intervals are missing or out of order"),
        (
            {"train": ((at(5), at(5)),)},
            "split: a train interval ends at 2000-01-06T00:00:00.000000, where it begins or before",
        ),
        ({"paths": (1, 2)}, "split: 1 test intervals have 2 paths"),
    ],
)
def test_a_span_whose_parts_do_not_fit_together_is_refused(parts: dict, message: str) -> None:
    sound = {"train": ((at(0), at(10)),), "valid": ((at(10), at(20)),), "test": ((at(20), at(30)),)}
    Span(**sound)
    with pytest.raises(ContractError) as error:
        Span(**{**sound, **parts})
    assert str(error.value) == message
