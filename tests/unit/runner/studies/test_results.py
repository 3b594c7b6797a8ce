"""Results are kept line by line: a line that was cut off costs its own cell, and one of other settings is none."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from made_studies import result, study, trials
from runner.studies.results import FILE, keep, kept, place

ASKED = study(draws={"seed": 3}, later=("split=holdout",))
RESULTS = [result(ASKED, cell, trials(4, gain=0.0, rng=np.random.default_rng(cell.draw))) for cell in ASKED.cells()]


def test_what_is_kept_is_read_as_it_was_in_the_order_of_the_study(tmp_path: Path) -> None:
    for each in reversed(RESULTS):
        keep(tmp_path, each)
    assert list(kept(tmp_path, ASKED).values()) == RESULTS
    assert kept(tmp_path / "elsewhere", ASKED) == {}


def test_a_line_that_was_cut_off_is_searched_again_and_spoils_no_other(tmp_path: Path) -> None:
    for each in RESULTS[:2]:
        keep(tmp_path, each)
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole[:-40])
    assert list(kept(tmp_path, ASKED).values()) == RESULTS[:1]
    for each in RESULTS[1:]:
        keep(tmp_path, each)
    assert list(kept(tmp_path, ASKED).values()) == RESULTS


def test_the_last_result_of_a_cell_counts_and_one_of_other_settings_does_not(tmp_path: Path) -> None:
    keep(tmp_path, RESULTS[0])
    keep(tmp_path, replace(RESULTS[0], seconds=9.0))
    assert kept(tmp_path, ASKED)[place(ASKED.cells()[0])].seconds == 9.0
    assert kept(tmp_path, replace(ASKED, always=("model=ridge",))) == {}
