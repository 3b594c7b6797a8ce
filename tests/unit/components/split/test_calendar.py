"""Test spans begin with months, quarters and years."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import DataError
from components.split.calendar import Calendar
from components.values import within

MONTHS = {"month": 1, "quarter": 3, "year": 12}


def calendar(step: str, first: int, valid: int = 1, test: int = 1, window: str = "expanding") -> Calendar:
    return Calendar(step=step, first_steps=first, valid_steps=valid, test_steps=test, window=window, vault_start=None)


def step_of(time: np.datetime64, step: str) -> tuple[int, int]:
    day = time.astype("datetime64[D]").item()
    return day.year, (day.month - 1) // MONTHS[step]


@given(
    st.sampled_from(sorted(MONTHS)),
    st.integers(2, 8),
    st.integers(1, 3),
    st.integers(1, 4),
    st.sampled_from(["expanding", "rolling"]),
    st.integers(-8_000, 8_000),
    st.integers(1, 2_500),
    st.integers(0, 10_000),
)
def test_against_a_slow_count(
    step: str, first: int, valid: int, test: int, window: str, begin: int, n: int, seed: int
) -> None:
    """Days with holes, some of them months long, from before 1970 on."""
    rng = np.random.default_rng(seed)
    days = np.datetime64("1970-01-01", "us") + (begin + np.arange(n)) * np.timedelta64(1, "D")
    times = days[(rng.random(n) > 0.3) & (rng.random(n // 90 + 1) > 0.2)[np.arange(n) // 90]]
    steps = list(dict.fromkeys(step_of(time, step) for time in times))
    split = calendar(step, first, valid, test, window)
    if first <= valid or len(steps) <= first:
        with pytest.raises(DataError, match=f"split: the decision times lie in {len(steps)} {step}s: too few"):
            split.spans(times, ())
        return
    spans = split.spans(times, ())
    assert len(spans) == -(-(len(steps) - first) // test)
    of_time = [steps.index(step_of(time, step)) for time in times]
    for number, one in enumerate(spans):
        begins = first + number * test
        start = begins - first if window == "rolling" else 0
        parts = {"train": (start, begins - valid), "valid": (begins - valid, begins), "test": (begins, begins + test)}
        for name, (low, high) in parts.items():
            inside = within(getattr(one, name), times)
            assert inside.tolist() == [low <= place < high for place in of_time]


def test_too_few_steps() -> None:
    times = np.datetime64("2020-01-15", "us") + np.arange(80) * np.timedelta64(1, "D")
    with pytest.raises(DataError) as error:
        calendar("month", 4).spans(times, ())
    assert str(error.value) == (
        "split: the decision times lie in 4 months: too few for split.first_steps=4, 1 of them for validation, and a "
        "test span; give more bars, lower split.first_steps or choose a shorter split.step"
    )
    assert len(calendar("month", 3).spans(times, ())) == 1
    assert [str(problem) for problem in calendar("month", 2, valid=2).problems()] == [
        "valid_steps: 2 of 2 steps before the first test span leave nothing to train on; lower it, or raise "
        "split.first_steps"
    ]
