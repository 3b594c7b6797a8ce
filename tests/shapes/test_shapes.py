"""Files as people have them: honest ones are read as they were written, others are refused in one line."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from shapes.bad import BAD
from shapes.odd import MAY_ASK, ODD
from shapes.outcomes import answer_to_bad, answer_to_honest
from shapes.vendors import VENDORS


def sampled(names: Iterable[str], every: int) -> list[Any]:
    """All names; a few of them by default."""
    return [pytest.param(name, marks=[] if n % every == 0 else [pytest.mark.slow]) for n, name in enumerate(names)]


@pytest.mark.parametrize("name", VENDORS)
def test_what_a_vendor_writes_is_read_as_it_was_written(name: str, tmp_path: Path) -> None:
    assert answer_to_honest(name, VENDORS[name], tmp_path) == ("right", None)


@pytest.mark.parametrize("name", sampled(ODD, 7))
def test_an_odd_and_honest_file_is_read_as_it_was_written(name: str, tmp_path: Path) -> None:
    answer, fault = answer_to_honest(name, ODD[name], tmp_path)
    assert fault is None
    assert answer in (("right", "asked") if name in MAY_ASK else ("right",))


@pytest.mark.parametrize(("name", "verb"), [
    pytest.param(name, verb, marks=[] if n % 7 == 0 else [pytest.mark.slow])
    for n, (name, verb) in enumerate((name, verb) for name, bad in BAD.items() for verb in bad.verbs)
])  # fmt: skip
def test_a_bad_file_ends_in_one_line(name: str, verb: str, tmp_path: Path) -> None:
    answer, fault = answer_to_bad(BAD[name], verb, tmp_path)
    assert fault is None
    assert answer in ("refused", "asked", "told")


def test_there_are_as_many_as_are_promised() -> None:
    parts: Mapping[str, Mapping[str, Any]] = {"vendors": VENDORS, "odd": ODD, "bad": BAD}
    counts = {name: len(shapes) for name, shapes in parts.items()}
    assert counts["vendors"] >= 50
    assert counts["odd"] >= 200
    assert counts["bad"] >= 150
