"""`list operators` and `explain` know what expressions are made of."""

import pytest

from components.errors import ConfigError
from components.expressions import OPERATORS
from components.expressions.library import LIBRARY
from runner.cli import perform

Capture = pytest.CaptureFixture[str]


def test_every_operator_and_library_entry_is_listed(capsys: Capture) -> None:
    assert perform("list", ["operators"]) == 0
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    for signature in (*LIBRARY, *(o.signature for o in OPERATORS.values() if not o.symbol), "x ** y", "not x", "month"):
        assert any(line.startswith(f"{signature} ") for line in lines), signature


def test_an_operator_is_explained(capsys: Capture) -> None:
    assert perform("explain", ["obv"]) == 0
    assert capsys.readouterr().out == "obv(n)\n\nsum(sign(delta(close, 1)) * volume, n)\n"
    assert perform("explain", ["median"]) == 0
    assert capsys.readouterr().out == "median(x, w)\n\nMedian.\n"


def test_a_mistyped_operator_gets_the_nearest_name() -> None:
    with pytest.raises(ConfigError) as caught:
        perform("explain", ["garman_clas"])
    assert str(caught.value) == (
        "garman_clas: neither a choice, a class, a slot, a setting, a metric, an operator, a gate or another entry of "
        "a preset, or a word; did you mean 'garman_klass'?"
    )
