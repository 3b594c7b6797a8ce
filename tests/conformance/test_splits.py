"""What every split promises of its spans, a new one as soon as it exists."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.contracts import Split
from components.errors import DataError
from components.values import Span, within
from runner.composition.build import build
from runner.composition.catalog import catalogue
from runner.composition.schema import class_path

SPLITS = [
    build(Split, {"_target_": class_path(cls), **example}, path="split")
    for cls in catalogue().values()
    if issubclass(cls, Split)
    for example in cls.examples()
]


def asked(split: Split, times: np.ndarray, symbols: tuple[str, ...]) -> tuple[tuple[Span, ...], str]:
    """Its spans, or the line with which it refuses."""
    try:
        return split.spans(times, symbols), ""
    except DataError as error:
        return (), str(error)


@pytest.mark.parametrize("split", SPLITS, ids=lambda each: repr(each)[:70])
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 900), st.sampled_from([1, 7, 24 * 60]))
def test_spans(split: Split, seed: int, n: int, minutes: int) -> None:
    """On times with holes: every interval begins at a decision time and ends at one, or right after the last; the
    same times give the same spans, and no path tests a symbol at a time twice."""
    rng = np.random.default_rng(seed)
    clock = np.datetime64("2012-02-27", "us") + np.arange(3 * n) * np.timedelta64(minutes, "m")
    times = np.sort(rng.choice(clock, n, replace=False))
    times.flags.writeable = False
    symbols = ("A", "B", "C", "D")
    spans, refusal = asked(split, times, symbols)
    assert not refusal or (refusal.startswith("split: ") and "; give more bars" in refusal)
    if refusal:
        return
    assert spans == split.spans(times.copy(), symbols)
    ends = {*times[1:].tolist(), (times[-1] + np.timedelta64(1, "us")).item()}
    tested: dict[tuple[int, str], list] = {}
    for one in spans:
        for begin, end in (*one.train, *one.valid, *one.test):
            assert begin.item() in set(times.tolist())
            assert end.item() in ends
            assert within(((begin, end),), times).any()
        for path, interval in zip(one.paths, one.test, strict=True):
            for symbol in one.test_symbols or symbols:
                tested.setdefault((path, symbol), []).append(interval)
        if one.test_symbols is not None:
            assert not set(one.train_symbols) & set(one.test_symbols)
            assert {*one.train_symbols, *one.test_symbols} <= set(symbols)
    assert {path for path, _ in tested} == set(range(1, max(path for path, _ in tested) + 1))
    for intervals in tested.values():
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(sorted(intervals)))
        # Every path covers the same history.
        covered = within(tuple(intervals), times)
        assert (covered == within(tuple(next(iter(tested.values()))), times)).all()


def test_there_is_something_to_test() -> None:
    assert len({type(split) for split in SPLITS}) >= 5
