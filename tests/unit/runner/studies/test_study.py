"""study.yaml: refused with everything that is wrong; its cells are what would be typed behind -m."""

from dataclasses import replace
from pathlib import Path

import pytest

from components.errors import ConfigError
from made_studies import study
from runner.studies.study import read_study

GOOD = """
title: A title
question: Why
  not?
expectation: Nothing.
method: By trying.
metric: ic
arms: {plain: [model=ridge], trees: [model=lightgbm]}
"""


def told(folder: Path, text: str) -> str:
    (folder / "study.yaml").write_text(text)
    with pytest.raises(ConfigError) as error:
        read_study(folder)
    return str(error.value)


def test_what_is_not_said_is_as_documented(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(GOOD)
    read = read_study(tmp_path)
    assert (read.question, read.minutes, read.n_draws, read.later) == ("Why not?", 45.0, 1, None)
    assert [cell.overrides for cell in read.cells()] == [
        ("model=ridge", "tracking=none", "export=never", "sweep.judged=0", "sweep.objectives=[valid/ic]"),
        ("model=lightgbm", "tracking=none", "export=never", "sweep.judged=0", "sweep.objectives=[valid/ic]"),
    ]


def test_everything_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("question: Why\n  not?", "quetsion: Why?").replace("metric: ic", "metric: n_trades")
    assert told(tmp_path, text + "minutes: 0\n").splitlines() == [
        "quetsion: unknown key; did you mean 'question'?",
        "question: is missing; a study says it before it runs",
        "minutes: 0 is not allowed; must be > 0",
        "metric: 'n_trades' is nothing to choose by; name a metric such as ic",
    ]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("arms: {}", "arms: there are none; name one or more"),
        ("draws: {seed: 2, data.seed: 3}", "draws: holds several settings; one: it is drawn for every arm and case"),
        ("always: [a: 1]", "always: [{'a': 1}] is not allowed; must be a list of texts; quote one that holds ': '"),
    ],
)
def test_a_study_that_cannot_run_is_refused(tmp_path: Path, line: str, says: str) -> None:
    kept = "\n".join(text for text in GOOD.splitlines() if text.partition(":")[0] != line.partition(":")[0])
    assert told(tmp_path, f"{kept}\n{line}\n") == says


def test_no_file_and_no_map(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        read_study(tmp_path)
    assert str(error.value) == f"{tmp_path}: holds no study.yaml; name the folder of a study"
    assert told(tmp_path, "- a\n").startswith(f"{tmp_path}/study.yaml: must hold a map with title, question, ")


def test_all_arms_and_cases_of_a_draw_come_before_the_next() -> None:
    asked = study(arms={"a": ("x=1",), "b": ()}, cases={"u": ("y=1",), "v": ()}, draws={"seed": 2}, always=("z=0",))
    cells = asked.cells()
    assert [(cell.draw, cell.case, cell.arm) for cell in cells[:5]] == [
        (0, "u", "a"), (0, "u", "b"), (0, "v", "a"), (0, "v", "b"), (1, "u", "a"),
    ]  # fmt: skip
    assert cells[4].overrides[:4] == ("z=0", "y=1", "x=1", "seed=1")
    assert len({cell.key for cell in cells}) == len(cells)


def test_an_arm_differs_from_what_stands_in_every_arm() -> None:
    asked = study(arms={"a": ("x=2",)}, always=("x=1", "y=1"), cases={"u": ("+y=3",)})
    assert asked.cells()[0].overrides[:2] == ("+y=3", "x=2")


def test_a_cell_is_another_where_it_runs_something_else_and_not_where_words_change() -> None:
    asked = study(later=("split=holdout",))
    (cell,), (reworded,) = asked.cells(), replace(asked, method="Otherwise.", minutes=1).cells()
    assert reworded.key == cell.key
    assert replace(asked, later=None).cells()[0].key != cell.key
    assert replace(asked, expectation="Much.").asked != asked.asked == replace(asked, method="Otherwise.").asked
