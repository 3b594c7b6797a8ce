"""The page says what the results say: those that are published are written anew, and nobody has typed a figure."""

from dataclasses import replace
from pathlib import Path

import pytest

from docs import ROOT
from made_studies import results, study
from runner.studies.page import PAGE, PICTURE, page
from runner.studies.picture import picture
from runner.studies.results import FILE, kept
from runner.studies.study import read_study

PUBLISHED = sorted(path.parent for path in (ROOT / "experiments").glob("*/study.yaml"))


@pytest.mark.parametrize("folder", PUBLISHED, ids=lambda folder: folder.name)
def test_a_published_page_is_that_of_its_results(folder: Path) -> None:
    asked = read_study(folder)
    found = kept(folder, asked)
    lines = (folder / FILE).read_text(encoding="utf-8").splitlines() if found else []
    assert len(found) == len(lines), "a result is of a cell that the study no longer has, or stands there twice"
    assert page(folder.name, asked, found) == (folder / PAGE).read_text(encoding="utf-8")
    if found:
        assert picture(asked, found) == (folder / PICTURE).read_text(encoding="utf-8")
    assert all(result.asked == asked.asked for result in found.values()), "the expectation was written first"


def test_an_expectation_that_was_changed_afterwards_is_told() -> None:
    asked = study()
    found = results(asked, {"one": 0.0})
    assert "changed" not in page("x", asked, found)
    late = page("x", replace(asked, expectation="I knew."), found)
    assert "I knew. *(Question or expectation were changed after 1 of 1 results were in.)*" in late


def test_what_did_not_run_is_told() -> None:
    asked = study(draws={"seed": 200}, later=("split=holdout",))
    again = "each of them once more on later bars, as study.yaml says."
    some = page("x", asked, results(asked, {"one": 0.0}, cells=asked.cells()[:60]))
    assert f"**What ran.** 60 of 200 searches with 300 finished trials, {again}" in some
    none = page("x", asked, {})
    assert none.endswith(f"**What ran.** 0 of 200 searches with 0 finished trials, {again}\n")
