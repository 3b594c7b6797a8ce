"""A trial of a sweep is judged by what it has; judged wholly, it is what the same run started alone is."""

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest

from runner import whole
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


def test_a_trial_that_is_killed_has_said_what_it_is(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The manifest that it begins with is all that whoever tells trackers of it can read."""
    experiment, composed = configure((*OVERRIDES, "tracking=wandb_offline"))

    def killed(*_: Any, **__: Any) -> Any:
        (folder,) = HERE.outputs.glob("runs/*/*")
        found.update(said(folder, "manifest.json"))
        raise SystemExit

    found: dict[str, Any] = {}
    monkeypatch.setattr("runner.job._tried", killed)
    with Bench.at(HERE) as bench, pytest.raises(SystemExit):
        run_job(experiment, composed, quiet(), bench, sweep={"name": "s", "trial": 3})
    assert (found["state"], found["tracking"], found["sweep"]) == ("running", ["wandb"], {"name": "s", "trial": 3})
    assert found["process"].endswith(f":{os.getpid()}")


@pytest.mark.parametrize(
    "gates", ["regression", pytest.param("[strict,regression,deployment]", marks=pytest.mark.slow)], ids=str
)
def test_a_trial_that_is_judged_wholly_is_the_run_alone(
    gates: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = (*OVERRIDES, f"gates={gates}")
    if "deployment" in gates:
        measured = [f"~gates.sets.{name}.checks.bundle_latency" for name in ("strict", "deployment")]
        asked = (*asked, *measured)  # what they measure is another time each time
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

    with monkeypatch.context() as cut_off:
        cut_off.setattr(whole, "report_on", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            judge_wholly(trial, quiet(), HERE)
    assert not is_whole(trial)
    judge_wholly(trial, quiet(), HERE)
    assert is_whole(trial)
    assert not list(trial.glob(".trial-*"))
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


def test_a_trial_that_changes_the_account_alone_fits_nothing(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = []
    with Bench.at(HERE) as bench:
        for cost in ("backtest.cost_bps=1", "backtest.cost_bps=2"):
            outcome = run_job(
                *configure((*OVERRIDES, cost)), quiet(), bench, sweep={"name": "s", "trial": len(folders)}
            )
            folders.append(outcome.folder)
    first, second = (said(folder, "manifest.json") for folder in folders)
    assert first["keys"]["fit_fold 1"] == second["keys"]["fit_fold 1"]
    assert first["keys"]["trade"] != second["keys"]["trade"]
    shown = {stage["name"]: stage["cached"] for stage in second["stages"]}
    assert shown == {name: name not in ("weights", "backtest", "benchmark", "metrics") for name in shown}
    store = [path.parent.name for path in (place / "outputs").rglob("index.json") if "fit_fold" in path.parts]
    assert len(store) == len(set(store)) >= 3
    assert [folder.resolve() for folder in folders][-1] == (place / "outputs" / "latest").resolve()
    # Both are tries, and neither asked what was tried before.
    assert [each["trial"]["number"] for each in (first, second)] == [1, 2]
    assert not any("tries" in each for each in (first, second))
