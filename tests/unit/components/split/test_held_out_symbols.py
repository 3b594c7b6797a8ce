"""Held-out symbols: every row is tested once, by a model that knows neither its symbol nor its time."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import DataError
from components.split.held_out_symbols import HeldOutSymbols
from components.split.walk_forward import WalkForward
from components.values import within

TIMES = np.datetime64("2000-01-01", "us") + np.arange(300) * np.timedelta64(1, "D")
BASE = {
    "n_folds": 3,
    "first_share": 0.4,
    "valid_share": 0.1,
    "times": "ready",
    "window": "expanding",
    "vault_start": None,
}


def split(held_out: int | tuple[str, ...]) -> HeldOutSymbols:
    return HeldOutSymbols(**BASE, held_out=held_out)


@given(st.integers(2, 6), st.sets(st.text("ABCDEF", min_size=1, max_size=4), min_size=6, max_size=40))
def test_groups(n_groups: int, names: set[str]) -> None:
    symbols = tuple(sorted(names))
    spans = split(n_groups).spans(TIMES, symbols)
    assert len(spans) == 3 * n_groups
    for one in spans:
        assert sorted((*one.train_symbols, *one.test_symbols)) == list(symbols)
        assert max(end for _, end in (*one.train, *one.valid)) <= one.test[0][0]
    tested = Counter(
        (symbol, time)
        for one in spans
        for symbol in one.test_symbols
        for time in TIMES[within(one.test, TIMES)].tolist()
    )
    plain = WalkForward(**BASE).spans(TIMES, symbols)
    expected = [time for one in plain for time in TIMES[within(one.test, TIMES)].tolist()]
    assert tested == Counter((symbol, time) for symbol in symbols for time in expected)
    sizes = [len(one.test_symbols) for one in spans]
    assert max(sizes) - min(sizes) <= 1
    # Neither the order of the symbols nor what else is split decides the groups.
    again = split(n_groups).spans(TIMES[:200], symbols)
    assert [one.test_symbols for one in spans] == [one.test_symbols for one in again]


def test_a_list_is_held_out_alone() -> None:
    spans = split(("C", "A")).spans(TIMES, ("A", "B", "C", "D"))
    assert [(one.train_symbols, one.test_symbols) for one in spans] == [(("B", "D"), ("A", "C"))] * 3


@pytest.mark.parametrize(
    ("held_out", "symbols", "line"),
    [
        (("A", "X"), ("A", "B"), "split.held_out: no forecast is possible for 'X'; symbols: A, B"),
        (
            ("A", "B"),
            ("A", "B"),
            "split.held_out: 2 symbols are too few: each fold is trained on some and tested on others; give more "
            "symbols, hold out fewer, or choose the split 'walk_forward'",
        ),
        (
            2,
            ("A",),
            "split.held_out: 1 symbols are too few: each fold is trained on some and tested on others; give more "
            "symbols, hold out fewer, or choose the split 'walk_forward'",
        ),
    ],
)
def test_impossible_symbols(held_out: int | tuple[str, ...], symbols: tuple[str, ...], line: str) -> None:
    with pytest.raises(DataError) as error:
        split(held_out).spans(TIMES, symbols)
    assert str(error.value) == line


def test_a_symbol_named_twice() -> None:
    assert [str(problem) for problem in split(("A", "A")).problems()] == ["held_out: names a symbol twice"]
