"""Laws of splits: spans of decision times that do not touch, and paths that each cover the same history."""

from itertools import pairwise

import numpy as np

from components.contracts import Split
from components.errors import DataError
from components.values import Span, Time, within
from runner.testing.law import law, require

SYMBOLS = ("A", "B", "C", "D")
_RNG = np.random.default_rng(0)
SIZES = (
    *((n, 1440) for n in (1, 40, 300, 900, 2500)),
    *((int(_RNG.integers(2, 900)), minutes) for minutes in (1, 7, 1440) for _ in range(5)),
)
"""How many times, and minutes between them at least."""


def _times(seed: int, n: int, minutes: int) -> Time:
    """n times with holes."""
    rng = np.random.default_rng(seed)
    clock = np.datetime64("2012-02-27", "us") + np.arange(3 * n) * np.timedelta64(minutes, "m")
    times_T = np.sort(rng.choice(clock, n, replace=False))
    times_T.flags.writeable = False
    return times_T


def _spans(split: Split, times_T: Time) -> tuple[Span, ...]:
    """None where it refuses, which it does by saying how many bars it needs."""
    try:
        return split.spans(times_T, SYMBOLS)
    except DataError as error:
        require("; " in str(error), f"its refusal says no remedy: {error}")
        return ()


@law
def enough(split: Split) -> None:
    """A long history has folds, and the same times give the same ones."""
    found = [_spans(split, _times(0, n, minutes)) for n, minutes in SIZES]
    require(any(found), "no history of up to 2,500 times has a fold; make the examples smaller")
    again = [_spans(split, _times(0, n, minutes).copy()) for n, minutes in SIZES]
    require(found == again, "the same times give other spans")
    list(split.problems())
    require(not list(split.vault_flaws()), "its vault_start is flawed")


@law
def inside(split: Split) -> None:
    """Every interval begins at a decision time and ends at one or right after the last; none is without times, so that
    no span reaches into a vault or a gap."""
    for seed, (n, minutes) in enumerate(SIZES):
        times_T = _times(seed, n, minutes)
        begins = set(times_T.tolist())
        ends = begins | {(times_T[-1] + np.timedelta64(1, "us")).item()}
        for span in _spans(split, times_T):
            for begin, end in (*span.train, *span.valid, *span.test):
                require(begin.item() in begins, f"an interval begins at {begin}, which is no decision time")
                require(end.item() in ends, f"an interval ends at {end}, which is no decision time")
                require(within(((begin, end),), times_T).any(), f"an interval from {begin} holds no decision time")


@law
def paths(split: Split) -> None:
    """Each path covers the tested history once, all of them the same one, numbered from 1."""
    for seed, (n, minutes) in enumerate(SIZES):
        times_T = _times(seed, n, minutes)
        tested: dict[tuple[int, str], list[tuple[np.datetime64, np.datetime64]]] = {}
        for span in _spans(split, times_T):
            for path, interval in zip(span.paths, span.test, strict=True):
                for symbol in span.test_symbols or SYMBOLS:
                    tested.setdefault((path, symbol), []).append(interval)
        numbers = {path for path, _ in tested}
        require(numbers == set(range(1, len(numbers) + 1)), f"its paths are numbered {sorted(numbers)}")
        first = None
        for intervals in tested.values():
            apart = all(earlier[1] <= later[0] for earlier, later in pairwise(sorted(intervals)))
            require(apart, "a path tests a symbol twice at the same time")
            covered_T = within(tuple(intervals), times_T)
            first = covered_T if first is None else first
            require((covered_T == first).all(), "two paths, or two symbols of one, cover different histories")


@law
def symbols_apart(split: Split) -> None:
    """Where it holds symbols out, none is both trained on and tested, and all are symbols that there are."""
    for span in _spans(split, _times(3, 900, 1440)):
        train, test = span.train_symbols, span.test_symbols
        require({*(train or ()), *(test or ())} <= set(SYMBOLS), "a span names a symbol that there is not")
        if train is not None:
            require(not set(train) & set(test or SYMBOLS), "a symbol is both trained on and tested")


@law
def grows(split: Split) -> None:
    """Later bars move no fold that was over already, of a split that only learns from before its tests."""
    times_T = _times(1, 900, 1440)
    whole = _spans(split, times_T)
    if not whole or not all(span.only_learns_before(span.test[0][0]) for span in whole):
        return
    for span in whole:
        require(
            span.train[0][0] >= times_T[0] and span.test[-1][1] <= times_T[-1] + np.timedelta64(1, "us"),
            "a span leaves the history",
        )
