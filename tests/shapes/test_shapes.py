"""Files as people have them: honest ones are read as they were written, others are refused in one line."""

import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from shapes.bad import BAD
from shapes.bad.base import FILES, INIT, LEAKTEST
from shapes.odd import MAY_ASK, ODD
from shapes.outcomes import answer_to_bad, answer_to_honest
from shapes.page import PAGE, written_anew
from shapes.runs import fault_of_run
from shapes.vendors import VENDORS

# Each is read in another way; `python tools/shapes.py runs` has all of them.
RUN = (
    *("yfinance_download", "cryptodatadownload", "binance_klines_us", "excel_german", "metatrader5", "nasdaq_com"),
    *("pandas_wide", "folder_of_symbols"),
)

# The reader is the same in every verb: every file by one, every third by the others.
ODD_TRIALS = [
    *((name, INIT) for name in ODD),
    *itertools.product(list(ODD)[::3], (FILES, LEAKTEST)),
]


def sampled(names: Iterable[Any], every: int) -> list[Any]:
    """All of them; a few by default."""
    return [pytest.param(name, marks=[] if n % every == 0 else [pytest.mark.slow]) for n, name in enumerate(names)]


@pytest.mark.parametrize("name", sampled(VENDORS, 2))
def test_what_a_vendor_writes_is_read_as_it_was_written(name: str, tmp_path: Path) -> None:
    assert answer_to_honest(name, VENDORS[name], INIT, tmp_path) == ("right", None)


@pytest.mark.parametrize("trial", sampled(ODD_TRIALS, 23), ids=" ".join)
def test_an_odd_and_honest_file_is_read_as_it_was_written(trial: tuple[str, str], tmp_path: Path) -> None:
    name, verb = trial
    answer, fault = answer_to_honest(name, ODD[name], verb, tmp_path)
    assert fault is None
    assert answer in ("right", "not tried", *(["asked"] if name in MAY_ASK else []))


@pytest.mark.parametrize("trial", sampled([(name, verb) for name in BAD for verb in BAD[name].verbs], 14), ids=" ".join)
def test_a_bad_file_ends_in_one_line(trial: tuple[str, str], tmp_path: Path) -> None:
    name, verb = trial
    answer, fault = answer_to_bad(BAD[name], verb, tmp_path)
    assert fault is None
    assert answer in ("refused", "asked", "told")


def test_there_are_as_many_as_are_promised() -> None:
    parts: Mapping[str, Mapping[str, Any]] = {"vendors": VENDORS, "odd": ODD, "bad": BAD}
    counts = {name: len(shapes) for name, shapes in parts.items()}
    assert counts["vendors"] >= 50
    assert counts["odd"] >= 200
    assert counts["bad"] >= 150


def test_the_page_shows_what_is_tested() -> None:
    """`python tools/shapes.py --page` writes it anew."""
    text = PAGE.read_text(encoding="utf-8")
    assert written_anew(text) == text


@pytest.mark.slow
@pytest.mark.parametrize("name", RUN)
def test_a_vendors_file_becomes_a_first_run_without_an_option(name: str, tmp_path: Path) -> None:
    assert fault_of_run(VENDORS[name], tmp_path) is None
