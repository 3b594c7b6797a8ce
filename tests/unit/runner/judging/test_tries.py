"""What was tried on the same data, from the ledger."""

from datetime import date

import numpy as np
import pytest

from runner.judging.tries import aligned, trials_of
from runner.recording.ledger import Family, Ledger, Series

DAY = np.timedelta64(1, "D")
START = np.datetime64("2020-01-01", "us")
FAMILY = Family(source="bars", symbols=("A",), first=date(2019, 1, 1), last=date(2021, 1, 1))


def series(first: int, n: int, seed: int = 0) -> Series:
    values_T = np.random.default_rng(seed).normal(size=n)
    return Series(stamps_T=START + (first + np.arange(n)) * DAY, values_T=values_T)


def test_tries_are_compared_at_the_times_that_they_share_with_the_run() -> None:
    own, near, far = series(0, 100), series(10, 100, 1), series(60, 100, 2)
    stamps_T, values_TK, keys = aligned({"own": own, "near": near, "far": far}, "own")
    assert keys == ["own", "near"]
    np.testing.assert_array_equal(stamps_T, own.stamps_T[10:])
    np.testing.assert_array_equal(values_TK[:, 0], own.values_T[10:])
    np.testing.assert_array_equal(values_TK[:, 1], near.values_T[:90])


def test_tries_that_left_nothing_or_saw_other_times_are_silent() -> None:
    given = {"own": {"returns": series(0, 50)}, "failed": {}, "elsewhere": {"returns": series(500, 50)}}
    found = trials_of(given, own="own", number=1, count=3)
    assert (found.count, found.silent, found.own, found.own_loss) == (3, 2, 0, None)


@pytest.mark.parametrize("state", ["failed", "interrupted", "pruned"])
def test_a_try_counts_however_it_ended(tmp_path, state) -> None:
    ledger = Ledger.open(tmp_path / "l.sqlite")
    ledger.start_trial(FAMILY, "k", {"target": "y"})
    ledger.finish_trial("k", state, {})
    (trial,) = ledger.trials(FAMILY)
    assert ledger.series([trial], "returns") == {}
    assert trial.state == state
