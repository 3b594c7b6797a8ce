"""A trial of a sweep is judged by what it has; judged wholly, it is what the same run started alone is."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from runner.composition.configure import configure
from runner.console import Console
from runner.job import Bench, run_job
from runner.recording.ledger import Ledger
from runner.recording.run_folder import RunFolder
from runner.recording.sealed import changed
from runner.run import run_experiment
from runner.specification.places import HERE
from runner.whole import is_whole, judge_wholly

OVERRIDES = ("+experiment=sp500_volatility", "model=ridge", "tracking=none", "export=never", "split.n_folds=3")
BRIEF = {"SHA256SUMS", "config.yaml", "events.jsonl", "gates.json", "manifest.json", "metrics.json"}
OF_ITS_RUN = {"SHA256SUMS", "events.jsonl", "manifest.json", "report.html"}
OF_THE_RUN = ("run_id", "started", "finished", "trial", "ledger_head", "sweep", "stages", "keys", "actor", "command")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "ledger.db"))
    return tmp_path


def said(folder: Path, name: str) -> Any:
    return json.loads((folder / name).read_text())


def quiet() -> Console:
    return Console(io.StringIO())


@pytest.mark.parametrize(
    "gates", ["regression", pytest.param("[strict,regression,deployment]", marks=pytest.mark.slow)], ids=str
)
def test_a_trial_that_is_judged_wholly_is_the_run_alone(
    gates: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = (*OVERRIDES, f"gates={gates}")
    with Bench.at(HERE) as bench:
        outcome = run_job(*configure(asked), quiet(), bench, sweep={"name": "s", "trial": 0})
    trial = outcome.folder.resolve()
    assert {path.name for path in trial.iterdir()} == BRIEF
    before, metrics = said(trial, "gates.json"), said(trial, "metrics.json")
    pending = {gate["name"] for gate in before["gates"] if gate["status"] == "pending"}
    gates = configure(asked)[0].gates.checks
    assert pending == {name for name, gate in gates.items() if gate.needs() - {"vault"}}
    assert (outcome.verdict.level if outcome.verdict else None, before["level"]) == ("pending", "pending")
    assert not before["passed"]
    assert not is_whole(trial)
    assert changed(trial, Ledger.open()) == []

    judge_wholly(trial, quiet(), HERE)
    assert is_whole(trial)
    assert (trial / "report.html").exists()
    assert changed(trial, Ledger.open()) == []
    assert RunFolder.open(trial).manifest["state"] == "finished"

    monkeypatch.setenv("ASSAY_LEDGER", str(place / "another.db"))
    (place / "elsewhere").mkdir()
    monkeypatch.chdir(place / "elsewhere")
    alone = run_experiment(*configure(asked), quiet(), HERE).folder
    names = {path.name for path in alone.iterdir()} - OF_ITS_RUN
    assert names == {path.name for path in trial.iterdir()} - OF_ITS_RUN
    for name in sorted(name for name in names if (alone / name).is_file()):
        assert (alone / name).read_bytes() == (trial / name).read_bytes(), name
    one, two = (
        {k: v for k, v in said(each, "manifest.json").items() if k not in OF_THE_RUN} for each in (alone, trial)
    )
    assert one == two
    now = {gate["name"]: gate for gate in said(trial, "gates.json")["gates"]}
    for gate in before["gates"]:
        if gate["name"] not in pending:
            assert gate == now[gate["name"]]
    assert metrics.items() <= said(trial, "metrics.json").items()
