"""Runs are filtered and sorted by fields, choices and figures; two are told apart by what differs."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.errors import ConfigError
from runner.recording.keeping import Marks
from runner.report.compared import tables
from runner.report.listed import chosen, compared, ordered, rows, value_of

MARKS = {"r2": Marks(("good", "paper"), ("look",))}


def write(outputs: Path, run: str, level: str, figures: dict[str, float | None], model: str, **config: Any) -> Path:
    folder = outputs / "runs" / "mine" / run
    folder.mkdir(parents=True)
    manifest = {"run_id": run, "experiment": "mine", "state": "finished", "choices": {"model": model}}
    gate = {"name": "earns", "status": "passed" if level == "candidate" else "failed", "required": True}
    files = {
        "manifest": {**manifest, "trial": {"counted": True}},
        "metrics": figures,
        "gates": {"level": level, "passed": level == "candidate", "portfolio": "passed", "gates": [gate]},
    }
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    (folder / "config.yaml").write_text(json.dumps({"name": "mine", "model": {"_target_": model}, **config}))
    return folder


@pytest.fixture
def outputs(tmp_path: Path) -> Path:
    write(tmp_path, "r1", "rejected", {"backtest/sharpe": 0.2, "test/mse": 3.0}, "ridge", seed=1, split={"n_folds": 8})
    write(
        tmp_path, "r2", "candidate", {"backtest/sharpe": 1.1, "test/mse": 2.0}, "linear", seed=1, split={"n_folds": 4}
    )
    write(tmp_path, "r3", "rejected", {"backtest/sharpe": None, "test/mse": 1.0}, "ridge", seed=2, split={})
    return tmp_path


def ids(found: list[dict[str, Any]]) -> list[str]:
    return [row["run"] for row in found]


def test_the_newest_stands_first_and_carries_what_was_said_of_it(outputs: Path) -> None:
    found = rows(outputs, MARKS)
    assert ids(found) == ["r3", "r2", "r1"]
    assert (found[1]["tags"], found[1]["notes"], found[0]["tags"]) == (["good", "paper"], ["look"], [])
    (outputs / "runs" / "mine" / "cut").mkdir()
    (outputs / "runs" / "mine" / "cut" / "manifest.json").write_text("{")
    assert ids(rows(outputs, MARKS)) == ["r3", "r2", "r1"]
    assert rows(outputs, MARKS, archived=True) == []


@pytest.mark.parametrize(
    ("conditions", "kept"),
    [
        (["level=candidate"], ["r2"]),
        (["level!=candidate"], ["r3", "r1"]),
        (["model=ridge"], ["r3", "r1"]),
        (["tag=paper"], ["r2"]),
        (["tag!=paper"], ["r3", "r1"]),
        (["sharpe>0.2"], ["r2"]),
        (["sharpe >= 0.2"], ["r2", "r1"]),
        (["test/mse<2.5", "model=ridge"], ["r3"]),
        (["debug=false"], ["r3", "r2", "r1"]),
        (["experiment=other"], []),
    ],
)
def test_conditions_hold_together(outputs: Path, conditions: list[str], kept: list[str]) -> None:
    assert ids(chosen(rows(outputs, MARKS), conditions)) == kept


@pytest.mark.parametrize(
    ("key", "reverse", "order"),
    [
        ("sharpe", False, ["r2", "r1", "r3"]),
        ("sharpe", True, ["r1", "r2", "r3"]),
        ("mse", False, ["r3", "r2", "r1"]),
        ("level", False, ["r2", "r3", "r1"]),
        ("model", True, ["r3", "r1", "r2"]),
    ],
)
def test_the_best_stands_first_and_what_has_no_figure_last(
    outputs: Path, key: str, reverse: bool, order: list[str]
) -> None:
    assert ids(ordered(rows(outputs, MARKS), key, reverse=reverse)) == order
    assert value_of(rows(outputs, MARKS)[1], "sharpe") == 1.1


@pytest.mark.parametrize(
    ("condition", "line"),
    [
        ("level", "--where: 'level' is no condition; write KEY=VALUE, KEY!=VALUE, KEY>NUMBER or KEY<NUMBER, such as "
                  "level=candidate"),
        ("levle=candidate", "--where: no run has 'levle'; did you mean 'level'?"),
        ("sharpe>much", "--where: 'sharpe>much' compares with no number; such as sharpe>0.5"),
    ],
)  # fmt: skip
def test_a_condition_that_makes_no_sense_is_told(outputs: Path, condition: str, line: str) -> None:
    with pytest.raises(ConfigError) as error:
        chosen(rows(outputs, MARKS), [condition])
    assert str(error.value) == line


def test_two_runs_are_told_apart_by_what_differs(outputs: Path) -> None:
    found = compared(*(outputs / "runs" / "mine" / run for run in ("r1", "r2")))
    assert found["settings"] == {"model._target_": ["ridge", "linear"], "split.n_folds": [8, 4]}
    assert found["gates"] == {"earns": ["failed", "passed"]}
    assert found["metrics"] == {"backtest/sharpe": [0.2, 1.1], "test/mse": [3.0, 2.0]}
    assert [run["level"] for run in found["runs"]] == ["rejected", "candidate"]
    verdict, settings, gates, figures = tables(found)
    assert [row.cells for row in gates.rows] == [("failed", "passed")]
    assert ("Sharpe ratio, backtest", ("0.20", "1.10")) in [(row.label, row.cells) for row in figures.rows]
    assert [row.label for row in settings.rows] == ["model._target_", "split.n_folds"]
    assert verdict.header == ("Verdict", "r1", "r2")
