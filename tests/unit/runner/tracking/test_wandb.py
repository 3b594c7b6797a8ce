"""Weights & Biases, the real thing: offline needs no account, no network, and says nothing."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from run_folders import (
    FINDING,
    GATES,
    HEAD,
    METRICS,
    MLFLOW,
    NONE,
    PNG,
    WANDB,
    combined,
    items,
    moved,
    records,
    run_folder,
    version,
)
from runner.composition.places import config_folder

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
Tell = Callable[..., list[str]]
ONLINE = {**WANDB, "mode": "online"}
LONG = "é" * 70
ODD = {"x.y": {"{w}": "é" * 100_000, "nan": math.nan, "days": [math.inf, None]}, "x": {"y": {"{w}": 3}}}


def written(outputs: Path) -> list[str]:
    return sorted(path.name.partition("-vol")[2] for path in outputs.glob("wandb/offline-run-*"))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory, tell: Tell) -> tuple[Path, list[str]]:
    """Runs of all kinds, told by one process."""
    outputs = tmp_path_factory.mktemp("told") / "outputs"
    sweep = {"name": "20200301T100000Z", "trial": 4}
    run_folder(outputs, "whole", {**WANDB, "tags": ["daily", LONG]}, ["wandb"], sweep=sweep, config=ODD)
    for state in ("failed", "interrupted", "pruned", "running"):
        run_folder(outputs, state, WANDB, ["wandb"], state=state, bare=True)
    run_folder(outputs, "old", WANDB, None)
    run_folder(outputs, "untracked", NONE, [])
    run_folder(outputs, "alive", WANDB, ["wandb"], state="running", process="another.host:1")
    many = [{**GATES[0], "name": f"gate_{k}"} for k in range(5000)]
    run_folder(outputs, "many", WANDB, ["wandb"], files={})
    (outputs / "runs" / "vol" / "many" / "gates.json").write_text(json.dumps({"level": "rejected", "gates": many}))
    return outputs, tell(outputs, WANDB_DIR=str(outputs / "elsewhere"), WANDB_RUN_ID="mine", WANDB_MODE="online")


def test_it_says_nothing_and_writes_below_outputs_only(told, tell):
    outputs, said = told
    assert said == []
    assert sorted(path.name for path in outputs.iterdir()) == ["runs", "tracking", "wandb"]
    assert written(outputs) == ["-failed", "-interrupted", "-many", "-pruned", "-running", "-whole"]
    files = (*outputs.glob("wandb/*/run-*.wandb"), outputs / "tracking" / "delivered.jsonl")
    before = {path: path.stat().st_mtime_ns for path in files}
    assert tell(outputs) == []
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_the_run_holds_everything_field_by_field(told):
    found = records(told[0], "vol-whole")
    run = next(record.run for record in found if record.HasField("run"))
    assert (run.run_id, run.display_name, run.project, run.run_group) == (
        "vol-whole",
        "whole",
        "assay",
        "20200301T100000Z",
    )
    assert (run.job_type, list(run.tags)) == ("vol", ["daily", LONG[:64], "candidate"])
    config = items(run.config.update)
    assert config["model"] == {"rate": 0.5}
    assert config["x.y"] == {"{w}": "é" * 100_000, "nan": "nan", "days": ["inf", None]}
    assert config["x"] == {"y": {"{w}": 3}}
    summary: dict[str, Any] = {}
    for record in found:
        if record.HasField("summary"):
            summary |= items(record.summary.update)
    for name, value in METRICS.items():
        assert summary.get(name) == value
    assert (summary["state"], summary["level"], summary["ledger_head"]) == ("finished", "candidate", HEAD)
    assert (summary["trial"], summary["sweep_trial"], summary["commit"]) == (7, 4, "c" * 40)
    assert (summary["data_fingerprint"], summary["gate/skill/value"]) == ("f" * 64, 0.5)
    assert (summary["gate/skill/status"], summary["gate/tries/status"]) == ("passed", "pending")
    assert not [name for name in summary if name.startswith(("fold/", "stage/")) or name in ("fold", "stage")]
    rows = [items(record.history.item) for record in found if record.HasField("history")]
    folds = [{k: v for k, v in row.items() if not k.startswith("_")} for row in rows if "fold" in row]
    assert folds == [{"fold": 1, "fold/test_har_r2": 0.1, "fold/test_r2": 0.4}, {"fold": 2, "fold/test_r2": 0.6}]
    stages = [(row["stage"], row["stage/name"], row["stage/seconds"]) for row in rows if "stage" in row]
    assert stages == [(1, "panel", 0.5), (2, "fits", 2.0)]
    metrics = {record.metric.glob_name: record.metric.step_metric for record in found if record.HasField("metric")}
    assert metrics.items() >= {"fold/*": "fold", "stage/*": "stage"}.items()
    assert [record.exit.exit_code for record in found if record.HasField("exit")] == [0]


def test_tables_figures_and_report_are_files_of_the_run(told):
    outputs, _ = told
    found = records(outputs, "vol-whole")
    shown = next(row for r in found if r.HasField("history") and "gates/path" in (row := items(r.history.item)))
    (folder,) = outputs.glob("wandb/offline-run-*-vol-whole/files")
    gates, leaks, folds = (
        json.loads((folder / shown[f"{n}/path"]).read_text()) for n in ("gates", "leak_findings", "folds")
    )
    assert gates["data"] == [[gate[name] for name in gates["columns"]] for gate in GATES]
    assert dict(zip(leaks["columns"], leaks["data"][0], strict=True)) == FINDING
    assert [row[0] for row in folds["data"]] == [1, 2]
    assert (folder / shown["figures/equity/path"]).read_bytes() == PNG
    artifacts = {record.artifact.type: record.artifact for record in found if record.HasField("artifact")}
    assert artifacts.keys() == {"run_table", "report"}
    (entry,) = artifacts["report"].manifest.contents
    assert entry.local_path == str(folder / "report.html")
    assert Path(entry.local_path).read_text() == "<p>report</p>"
    assert not Path(entry.local_path).is_symlink()
    for record in found:  # nothing that is to be uploaded later lies elsewhere
        for entry in record.artifact.manifest.contents:
            assert Path(entry.local_path).is_relative_to(outputs)
            assert Path(entry.local_path).is_file()


@pytest.mark.parametrize(
    ("run", "state", "code"),
    [
        ("failed", "failed", 1),
        ("interrupted", "interrupted", 255),
        ("pruned", "pruned", 0),
        ("running", "crashed", 137),
    ],
)
def test_every_ending_is_the_true_one(told, run, state, code):
    found = records(told[0], f"vol-{run}")
    assert [record.exit.exit_code for record in found if record.HasField("exit")] == [code]
    said = [
        items(r.summary.update)["state"] for r in found if r.HasField("summary") and "state" in items(r.summary.update)
    ]
    assert said == [state]
    assert state in next(record.run.tags for record in found if record.HasField("run"))


def test_five_thousand_gates_are_told(told):
    summary = next(
        found
        for record in records(told[0], "vol-many")
        if record.HasField("summary") and len(found := items(record.summary.update)) > 100
    )
    assert sum(name.startswith("gate/") for name in summary) == 10_000


def models(outputs: Path, record: str) -> dict[str, set[str]]:
    """Version -> aliases, as a record tells them."""
    found = [r.artifact for r in records(outputs, record) if r.HasField("artifact") and r.artifact.type == "model"]
    return {json.loads(artifact.metadata)["version"]: set(artifact.aliases) - {"latest"} for artifact in found}


def test_promotions_and_rollbacks_are_told_when_they_happen(tmp_path, tell):
    outputs = tmp_path / "outputs"
    folder = run_folder(outputs, "a", WANDB, ["wandb"])
    assert tell(outputs) == []
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"bundle": version(outputs, 1, "a", WANDB, ["wandb"])}))
    moved(outputs, 1, None, 1)
    run_folder(outputs, "b", WANDB, ["wandb"], bundle=version(outputs, 2, "b", WANDB, ["wandb"]))
    assert tell(outputs) == []
    assert written(outputs) == ["-a", "-b"]  # a is told anew in its own place, and its move with it
    assert models(outputs, "vol-a") == {1: {"champion", "version-1"}}
    moved(outputs, 2, 1, 2)
    moved(outputs, 3, 2, 1, "rollback")
    assert tell(outputs) == []
    assert written(outputs) == ["-a", "-b", "-moves-3"]
    assert models(outputs, "vol-moves-3") == {1: {"champion", "version-1"}, 2: {"version-2"}}
    run = next(record.run for record in records(outputs, "vol-moves-3") if record.HasField("run"))
    assert (run.job_type, run.display_name) == ("rollback", "vol rollback 3")
    assert tell(outputs) == []
    assert written(outputs) == ["-a", "-b", "-moves-3"]


def test_what_a_kill_left_undone_is_done_once(tmp_path, tell):
    outputs = tmp_path / "outputs"
    for name in ("written", "half", "noted"):
        run_folder(outputs, name, WANDB, ["wandb"])
    assert tell(outputs) == []
    noted = outputs / "tracking" / "delivered.jsonl"
    kept = [line for line in noted.read_text().splitlines() if '"vol-noted"' in line]
    noted.write_text(f"{kept[0]}\n" + '{"place": "wan')
    folders = {path.name.partition("-vol-")[2]: path for path in outputs.glob("wandb/offline-run-*")}
    (folders["half"] / "edition.txt").unlink()
    file = next(folders["half"].glob("run-*.wandb"))
    file.write_bytes(file.read_bytes()[:100])
    before = {name: next(folder.glob("run-*.wandb")).read_bytes() for name, folder in folders.items()}
    assert tell(outputs) == []
    assert written(outputs) == ["-half", "-noted", "-written"]
    assert sum(record.HasField("exit") for record in records(outputs, "vol-half")) == 1
    for name in ("written", "noted"):
        assert next(folders[name].glob("run-*.wandb")).read_bytes() == before[name]
    assert len(noted.read_text().splitlines()) == 3


def test_online_without_a_key_it_is_written_and_waits(tmp_path, tell):
    outputs = tmp_path / "outputs"
    run_folder(outputs, "a", ONLINE, ["wandb"])
    line = (
        "tracking: 1 record waits for wandb: W&B has no key; run `wandb login` or set WANDB_API_KEY; "
        f"kept in {outputs}/wandb for `wandb sync`; `python -m runner deliver` tells them, and so does the next run"
    )
    assert tell(outputs) == [line]
    assert written(outputs) == ["-a"]
    assert (outputs / "tracking" / "waiting.txt").read_text() == f"{line}\n"
    assert tell(outputs, WANDB_MODE="offline") == []
    assert not (outputs / "tracking" / "waiting.txt").exists()
    assert len(list(outputs.glob("wandb/offline-run-*"))) == 1


@pytest.mark.slow
def test_online_without_a_network_it_is_written_and_waits(tmp_path, tell):
    outputs = tmp_path / "outputs"
    run_folder(outputs, "a", ONLINE, ["wandb"])
    (line,) = tell(outputs, WANDB_API_KEY="a" * 40, WANDB_BASE_URL="http://127.0.0.1:9")
    assert line.startswith("tracking: 1 record waits for wandb: ")
    assert f"; kept in {outputs}/wandb for `wandb sync`; `python -m runner deliver` tells them" in line
    assert written(outputs) == ["-a"]


def test_the_disabled_tracker_is_no_place(monkeypatch):
    from runner.tracking.wandb import WandB

    tracker = WandB(mode="online", project="assay", entity=None, group=None, tags=())
    assert list(tracker.places()) == ["wandb"]
    monkeypatch.setenv("WANDB_MODE", "disabled")
    assert tracker.places() == {}
    assert not tracker.waits()


def test_what_one_place_cannot_take_another_has(tmp_path, tell):
    outputs = tmp_path / "outputs"
    server = {**MLFLOW, "uri": "http://127.0.0.1:9"}
    for number in range(5):
        run_folder(outputs, f"r{number}", combined(wandb=WANDB, mlflow=server), ["wandb", "mlflow"])
    said = tell(outputs, MLFLOW_HTTP_REQUEST_MAX_RETRIES="0")
    assert written(outputs) == [f"-r{number}" for number in range(5)]
    assert len(said) == 1
    assert said[0].startswith("tracking: 5 records wait for mlflow: ")


@pytest.mark.parametrize(("choice", "mode"), [("wandb", "online"), ("wandb_offline", "offline")])
def test_both_choices_are_the_same_class_with_all_parameters(choice, mode):
    config = yaml.safe_load((config_folder() / "tracking" / f"{choice}.yaml").read_text())
    assert config == {**WANDB, "mode": mode, "tags": []}
