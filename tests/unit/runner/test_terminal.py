"""Tables of the command line where there is little room."""

import io

import pytest

from runner import terminal
from runner.terminal import Terminal


@pytest.mark.parametrize(
    ("width", "lines"),
    [
        (29, ["name   first   second   words", "a      1.000    2.000   of it"]),
        (28, ["name   first   words", "a      1.000   of it"]),
        (19, ["name   words", "a      of it"]),
    ],
)
def test_numbers_that_do_not_fit_are_left_out_and_named(
    width: int, lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "PLAIN_WIDTH", width)
    out = io.StringIO()
    header = ("name", "first", "second", "words")
    Terminal(out).grid(header, [("a", "1.000", "2.000", "of it")], right=(1, 2))
    shown = out.getvalue().splitlines()
    assert [shown[0].rstrip(), shown[2].rstrip()] == lines
    missing = [name for name in header if name not in lines[0]]
    assert " ".join(shown[3:]).startswith(f"Too narrow for {', '.join(missing)}:" if missing else "")
    assert (len(shown) == 3) == (not missing)
