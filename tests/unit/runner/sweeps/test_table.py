"""What a sweep says of itself on the terminal."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from components.errors import ConfigError
from runner.sweeps import table
from runner.sweeps.opened import folder_of, opened_again
from swept import Told
from swept import made as swept


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")


def told(number: int, **of: Any) -> Told:
    figures = {name: 0.123456 for metric in ("mse", "mae") for name in (f"valid/{metric}", f"test/{metric}")}
    return Told(values={"model.penalty": f"{0.1 + number!r}"}, valid=0.1 * number, further=figures, **of)


def shown(folder: Path, capsys: pytest.CaptureFixture[str]) -> list[str]:
    opened = opened_again(folder)
    table.show(opened, opened.trials())
    return [line.rstrip() for line in capsys.readouterr().out.splitlines()]


def judge(number: int, status: str) -> None:
    (folder,) = Path("outputs/runs/mine").glob(f"*-{number}")
    (folder / "gates.json").write_text(json.dumps({"level": "rejected", "gates": [{"name": "a", "status": status}]}))


def test_only_what_was_judged_is_called_judged(capsys: pytest.CaptureFixture[str]) -> None:
    folder = swept([told(0), told(1), told(2)], ledger=False).folder
    how = f"RUN from {folder}/jobs/JOB.json"
    assert shown(folder, capsys)[-2] == (
        f"No job was judged by every gate; python -m runner report RUN judges one, {how}"
    )
    judge(2, "passed")
    judge(0, "failed")
    assert shown(folder, capsys)[-2] == (
        f"Judged by every gate: job 0, 2; python -m runner report RUN judges another, {how}"
    )
    judge(1, "failed")
    assert shown(folder, capsys)[-2] == "All finished jobs were judged by every gate."


def test_a_best_trial_whose_folder_is_gone_names_no_folder(capsys: pytest.CaptureFixture[str]) -> None:
    folder = swept([told(0), told(1)], ledger=False).folder
    shutil.rmtree("outputs/runs")
    lines = shown(folder, capsys)
    assert lines[-1] == "Best of 2 by valid/r2 0.1000: job 1, whose run folder is gone"
    assert "gate" not in "".join(lines)


def test_nothing_is_said_of_gates_where_all_were_refused(capsys: pytest.CaptureFixture[str]) -> None:
    folder = swept([told(number, state="refused") for number in range(2)], ledger=False).folder
    lines = shown(folder, capsys)
    assert "gate" not in "".join(lines)
    assert lines[-1] == "No best job: no job finished"


def test_what_lies_beyond_the_constraints_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    bounds = ("valid/mae<=0.5", "valid/r2>=0")
    trials = [told(0, violations=(0.1, -1.0)), told(1, violations=(-0.1, -1.0))]
    lines = shown(swept(trials, ledger=False, constraints=bounds).folder, capsys)
    assert [("beyond constraints" in line, "rejected" in line) for line in lines[2:4]] == [(True, False), (False, True)]
    assert lines[-1] == "No best job: a single job finished within the constraints"
    none = swept(trials[:1] * 3, name="none", ledger=False, constraints=bounds).folder
    assert shown(none, capsys)[-1] == "No best job: none of 3 that finished meets valid/mae<=0.5 and valid/r2>=0"


def test_trials_on_other_targets_are_named_before_the_best(capsys: pytest.CaptureFixture[str]) -> None:
    trials = [Told(values={"target.horizon": text}, valid=0.1) for text in ("1", "5")]
    lines = shown(swept(trials, ledger=False).folder, capsys)
    assert lines[-2] == (
        "Trials differ in target.horizon: their figures are of different bars or targets, and do not compare."
    )
    assert lines[-1].startswith("Best of 2 by valid/r2 ")


@pytest.mark.parametrize("width", [50, 60, 80, 120])
def test_no_number_is_broken(width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    trials = [
        Told(
            values={"model": "lightgbm", "model.penalty": "0.1234567891", "features.windows": "[1,2,3]"},
            further={"valid/mae": 0.25},
        )
        for _ in range(2)
    ]
    folder = swept(trials, ledger=False).folder
    lines = shown(folder, capsys)
    words = " ".join(lines).split()
    figures = ("valid/r2", "test/r2", "valid/mae")
    says = " ".join(line for line in lines if line.startswith("Too narrow"))
    assert all((name in lines[1]) != (name in says) for name in figures)
    assert words.count("0.2500") == 2 * ("valid/mae" in lines[1])
    assert {"model=lightgbm", "model.penalty=0.1235", "features.windows=[1,2,3]"} <= set(words)
    assert not [word for word in words if word.endswith("…")]


def test_run_folders_are_those_of_the_sweep(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sweep = swept([told(0), told(1)], ledger=False)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    trials = opened_again(tmp_path / sweep.folder).trials()
    assert [trial.run for trial in trials] == [
        str(tmp_path / "outputs" / "runs" / "mine" / f"{sweep.folder.name}-{number}") for number in range(2)
    ]
    with pytest.raises(ConfigError) as error:
        folder_of(f"../{sweep.folder}")
    assert str(error.value) == (
        f"sweep.resume: ../{sweep.folder}: is not of this folder's outputs/sweeps; go on in the folder where it began: "
        "its runs lie there"
    )
    monkeypatch.chdir(tmp_path)
    assert folder_of(str(sweep.folder)) == sweep.folder
