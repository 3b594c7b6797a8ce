"""The command that would have been right: what was typed, with the fix in the place of the mistake."""

from typing import Any

import pytest

from runner.mended import mended


def error(path: str, *fix: str, code: str = "not_allowed") -> dict[str, Any]:
    return {"path": path, "fix": list(fix), "code": code}


@pytest.mark.parametrize(
    ("typed", "errors", "right"),
    [
        (["mine"], [error("mine", "+experiment=mine", code="unknown_verb")], ["+experiment=mine"]),
        (["chekc", "+experiment=x"], [error("chekc", "check")], ["check +experiment=x"]),
        (["+experiment=nope"], [error("experiment=nope", "experiment=mine")], ["+experiment=mine"]),
        (["+experiment=x", "model=rigde"], [error("model=rigde", "model=ridge")], ["+experiment=x model=ridge"]),
        (["model.penalyt=2"], [error("model.penalyt", "model.penalty=2")], ["model.penalty=2"]),
        (["promote", "r", "--as", "king"], [error("--as", "--as=champion")], ["promote r --as=champion"]),
        (["promote", "r", "--as=king"], [error("--as", "--as=champion")], ["promote r --as=champion"]),
        (["init", "f.csv"], [error("f.csv: line 3", "--close Last")], ["init f.csv --close Last"]),
        (["rm", "r"], [error("r", "--force")], ["rm r --force"]),
        (
            ["init", "f.csv"],
            [error("f.csv", "'data.date_format=%d/%m/%Y %H'", "'data.date_format=%m/%d/%Y %H'")],
            ["init f.csv 'data.date_format=%d/%m/%Y %H'", "init f.csv 'data.date_format=%m/%d/%Y %H'"],
        ),
        (
            ["model=rigde", "seed=-1"],
            [error("model=rigde", "model=ridge", "model=linear"), error("seed", "seed=0")],
            ["model=ridge seed=0", "model=linear seed=0"],
        ),
        (["seed=-1", "x=1"], [error("seed", "seed=0"), error("x")], ["seed=0 x=1"]),
        (["seed=-1"], [error("seed")], []),
    ],
)
def test_the_fix_stands_where_the_mistake_stood(
    typed: list[str], errors: list[dict[str, Any]], right: list[str]
) -> None:
    assert mended(typed, errors) == [f"python -m runner {command}" for command in right]


def test_a_key_of_a_file_is_taken_away_and_the_right_one_set() -> None:
    wrong = error("model.penalyt", "model.penalty=2", code="unknown_key")
    assert mended(["+experiment=mine"], [wrong]) == [
        "python -m runner +experiment=mine '~model.penalyt' model.penalty=2"
    ]
