"""What the battery reads off folds that no split could have made, and how versions of the past are compared."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.values import LeakFinding
from leakage.corpus import FEATURES, RETURNS, market, overrides_for, written
from runner.composition.configure import configure
from runner.compute import pipeline
from runner.console import Console
from runner.leaks.battery import quick_battery
from runner.leaks.rescale import FACTOR, versions
from runner.leaks.static import static
from runner.leaks.subject import Subject, merged, moved, poisoned
from runner.specification.places import Places


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    folder = tmp_path_factory.mktemp("static")
    experiment, _ = configure([*RETURNS, *overrides_for(written(market(), folder), FEATURES)])
    cache = pipeline.open_cache(Places(outputs=folder / "outputs"), Console(io.StringIO()))
    prepared = pipeline.prepare(experiment, cache)
    return Subject(
        experiment=experiment,
        prepared=prepared,
        executed=pipeline.execute(experiment, prepared, cache),
    )


def with_fold(subject: Subject, **rows: np.ndarray) -> list[LeakFinding]:
    first, *others = subject.folds
    folds = (replace(first, **rows), *others)
    return list(static(replace(subject, prepared=pipeline.with_folds(subject.prepared, folds))))


def test_honest_folds_have_no_finding(subject: Subject) -> None:
    assert list(static(subject)) == []


def test_shared_rows_are_counted_and_placed(subject: Subject) -> None:
    first = subject.folds[0]
    valid = np.union1d(first.valid_rows, first.test_rows[:3])
    (found,) = with_fold(subject, valid_rows=valid)
    assert (found.where, found.evidence) == ("split (fold 1, valid and test)", "3 rows are in both spans")


def test_labels_that_end_in_the_next_span_are_counted(subject: Subject) -> None:
    first = subject.folds[0]
    valid_begins = first.span.valid[0][0]
    purged = np.flatnonzero(
        (subject.panel.timestamps_R < valid_begins) & (subject.prepared.labels.label_end_R > valid_begins)
    )
    (found,) = with_fold(subject, train_rows=np.union1d(first.train_rows, purged))
    begins = str(valid_begins)[:10]
    assert found.where == "split (fold 1, train and valid)"
    assert found.evidence == f"2 labels of the train span end after {begins}, when the valid span begins"


def test_a_run_makes_its_tests_in_order_and_finds_nothing(subject: Subject) -> None:
    report = quick_battery(subject.prepared, subject.executed, experiment=subject.experiment)
    assert report.tests == ("static", "cut", "poison", "replay", "rescale", "inputs")
    assert report.findings == ()


def test_poison_changes_nothing_before_and_everything_after(subject: Subject) -> None:
    panel = subject.panel
    start = panel.dates_T[400]
    other = poisoned(panel, start, np.random.default_rng(0))
    late_R = panel.timestamps_R >= start
    for name, values_R in panel.fields.items():
        np.testing.assert_array_equal(values_R[~late_R], other.fields[name][~late_R])
        assert (values_R[late_R] != other.fields[name][late_R]).all()
    assert (other.fields["high"] >= other.fields["low"]).all()


def test_rescaling_keeps_the_traded_value_and_touches_one_symbol(subject: Subject) -> None:
    (panel,) = versions(subject.panel, "S1")
    own_R = subject.panel.symbol_codes_R == 1
    traded = [each.fields["close"] * each.fields["volume"] for each in (panel, subject.panel)]
    np.testing.assert_array_equal(*traded)
    ratio_R = panel.fields["close"] / subject.panel.fields["close"]
    np.testing.assert_array_equal(ratio_R, np.where(own_R, FACTOR, 1.0))


@given(st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=30), st.integers(0, 2))
def test_only_what_moves_beyond_rounding_has_moved(values: list[float], place: int) -> None:
    old = np.array(values)
    other = old.copy()
    other[place] += 2 * (np.abs(old).max() + 1)
    assert not moved(old, old * (1 + 1e-9)).any()
    assert moved(old, other).tolist() == [i == place for i in range(len(old))]
    other[place] = np.nan
    assert moved(old, other)[place]
    assert not moved(other, other).any()


def test_leaks_stand_before_what_is_suspect() -> None:
    made = [LeakFinding(test="cut", severity=how, where=how, evidence="e") for how in ("suspect", "leak")]
    report = merged([("cut", made[:1], ""), ("poison", [], ""), ("cut", made[1:], "")])
    assert report.tests == ("cut", "poison")
    assert [found.severity for found in report.findings] == ["leak", "suspect"]


def test_a_test_that_could_not_be_made_has_shown_nothing_and_says_so() -> None:
    report = merged([("static", [], ""), ("cut", None, "portfolio: too few rows")])
    assert report.tests == ("static",)
    (found,) = report.findings
    assert (found.test, found.severity, found.evidence) == (
        "cut",
        "suspect",
        "could not be made: portfolio: too few rows",
    )
