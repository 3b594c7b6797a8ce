"""The table of honest reach against what was measured, and its own order."""

import json
from pathlib import Path

import pytest

from components.leaks.reach import REACH, drift, of_span

MEASURED = json.loads((Path(__file__).parents[4] / "experiments" / "honest_maxima" / "results.json").read_text())
ROWS = {"size of a period": "magnitude"}


@pytest.mark.parametrize("what", MEASURED["largest"])
def test_no_honest_column_reached_more_than_the_table_says(what: str) -> None:
    assert MEASURED["largest"][what] <= REACH[ROWS.get(what, what)].honest


@pytest.mark.parametrize("what", REACH)
def test_what_is_suspect_lies_above_what_is_honest_and_below_a_leak(what: str) -> None:
    assert REACH[what].honest < REACH[what].suspect < REACH[what].leak <= 1
    raised = REACH[what].raised(own_r=0.2, drift=0.1)
    assert raised.leak >= REACH[what].leak


def test_a_longer_span_reaches_further() -> None:
    floors = [REACH[of_span(span)].leak for span in (1, 5, 20, 60)]
    assert floors == sorted(floors)
    assert drift(20, 500) > drift(20, 2500) > drift(1, 2500)


def test_every_file_of_the_study_has_its_source() -> None:
    assert len(MEASURED["files"]) >= 10
    assert all(each["source"] for each in MEASURED["files"].values())
