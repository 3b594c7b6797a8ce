"""Where the vault begins: at a date, or at the last so many times of the source."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.errors import DataError
from components.split.holdout import Holdout

DAY = np.datetime64("2000-01-01", "us")


def split(start: str | None) -> Holdout:
    return Holdout(train_share=0.5, valid_share=0.2, vault_start=start)


@given(st.lists(st.integers(0, 60), min_size=2, max_size=80), st.integers(1, 60))
def test_the_last_times(places: list[int], last: int) -> None:
    """In any order, of any number of symbols; a bar without a time is none."""
    stamps = np.append(DAY + np.array(places) * np.timedelta64(1, "D"), np.datetime64("NaT", "us"))
    distinct = sorted(set(places))
    if len(distinct) <= last:
        with pytest.raises(DataError) as error:
            split(f"last {last} bars").vault_begins(stamps)
        assert str(error.value) == (
            f"split.vault_start: the data have {len(distinct)} times, none of them before the 'last {last} bars'; "
            "ask for fewer or give more bars"
        )
        return
    begins = split(f"last {last} bars").vault_begins(stamps)
    assert begins == DAY + distinct[-last] * np.timedelta64(1, "D")
    assert len(set(stamps[stamps >= begins].tolist())) == last


@pytest.mark.parametrize("start", ["last 0 bars", "last bars", "last 5", "last -1 bars", "2017-13-01", "soon"])
def test_what_is_neither(start: str) -> None:
    assert [str(problem) for problem in split(start).vault_flaws()] == [
        f"vault_start: '{start}' is not a date; write it as YYYY-MM-DD, as 'last 504 bars', or null"
    ]


@pytest.mark.parametrize("start", [None, "2017-01-01", "2017-01-01T12:00:00", "last 1 bar", "last 504 bars"])
def test_what_is(start: str | None) -> None:
    assert list(split(start).vault_flaws()) == []
