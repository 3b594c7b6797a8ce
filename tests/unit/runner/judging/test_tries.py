"""What was tried on the same data, from the ledger."""

from datetime import date

import numpy as np
import pytest

from runner.judging.tries import aligned, earlier_rounds, trials_of, tries_in_figures
from runner.recording.ledger import Family, Ledger, Series, Trial

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


def test_no_number_of_short_tries_shortens_the_record() -> None:
    # Each of them saw 80 % of the run's times, all of them together hardly any.
    rng, own = np.random.default_rng(0), series(0, 1000)
    given = {"own": own, "whole": series(0, 1000, 1)}
    for i in range(30):
        seen_T = np.sort(rng.choice(1000, 850, replace=False))
        given[f"{i}"] = Series(stamps_T=own.stamps_T[seen_T], values_T=own.values_T[seen_T])
    stamps_T, values_TK, keys = aligned(given, "own")
    assert len(stamps_T) >= 800
    assert keys[:2] == ["own", "whole"]
    assert values_TK.shape == (len(stamps_T), len(keys))


def test_pruned_tries_deflate_by_the_folds_that_they_left() -> None:
    """Of few folds: as strangers, each worth one; of most of them: by how they moved with the run."""
    own, other = series(0, 1000), series(0, 1000, 1)

    def independent(*pruned: Series) -> float:
        given = {"own": {"returns": own}, **{f"{i}": {"returns": one} for i, one in enumerate(pruned)}}
        found = trials_of(given, own="own", number=1, count=len(given))
        counts = tries_in_figures(found, "return")
        assert counts["count"] == 1 + len(pruned)
        return float(counts["independent"])

    until = own.stamps_T[250], own.stamps_T[900]
    early, same, stranger = own.before(until[0]), own.before(until[1]), other.before(until[1])
    assert independent() == 1
    assert independent(early, early, early) == 4
    assert independent(same, same, same) < 1.5
    assert independent(stranger) > 1.8


def tried(key: str, **body) -> Trial:
    return Trial(key=key, keys=(key,), number=1, state="finished", started_at="", started=body, outcome={}, actor={})


def test_a_sweep_is_one_round_and_so_is_a_run_of_its_own() -> None:
    trials = [tried("a", round="a"), *(tried(f"s{i}", round="sweep") for i in range(5)), tried("b", round="b")]
    assert [earlier_rounds(trials, key) for key in ("a", "s0", "s4", "b")] == [0, 1, 1, 2]
    assert earlier_rounds(trials, "unknown") == 3


def test_tries_that_say_nothing_of_their_round_are_one() -> None:
    trials = [tried("a"), tried("b"), tried("c", round="c")]
    assert [earlier_rounds(trials, key) for key in ("a", "b", "c")] == [0, 0, 1]


def test_a_number_of_tries_says_of_which_series_it_is_the_number() -> None:
    given = {f"{i}": {"returns": series(0, 300, i), "losses": series(0, 300, 100)} for i in range(4)}
    given["failed"] = {}
    trials = trials_of(given, own="0", number=1, count=5)
    returns, losses = tries_in_figures(trials, "return"), tries_in_figures(trials, "level")
    assert (returns["series"], losses["series"]) == ("returns", "losses")
    assert returns["independent"] == pytest.approx(5.0, abs=0.4)
    assert losses["independent"] == pytest.approx(2.0), "four with the same losses, and one of which nothing is known"
    assert returns["silent"] == losses["silent"] == 1
