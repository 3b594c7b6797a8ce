"""Run folders as runs leave them, without the run; and what trackers make of them, read back."""

import json
import struct
from pathlib import Path
from typing import Any

import yaml

from runner.recording.provenance import this_process

WANDB = {
    "_target_": "runner.tracking.wandb.WandB",
    "mode": "offline",
    "project": "assay",
    "entity": None,
    "group": None,
    "tags": ["daily"],
}
MLFLOW = {"_target_": "runner.tracking.mlflow.MLflow", "uri": None, "project": "assay", "registry": True}
NONE = {"_target_": "runner.tracking.none.NoTracking"}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000a49444154789c63000100000500010d0a2db4"
    "0000000049454e44ae426082"
)
GONE = f"{this_process().rpartition(':')[0]}:{1 << 30}"
HEAD = f"3:{'a' * 64}"
GATES = [
    {"name": "skill", "status": "passed", "required": True, "value": 0.5, "threshold": 0.0, "says": "R² is 0.5."},
    {"name": "tries", "status": "pending", "required": False, "value": None, "threshold": None, "says": "Not yet."},
]
METRICS = {
    "backtest/sharpe": 1.25,
    "test/n": None,
    "test/r2": 0.5,
    "test/har/r2_fold_1": 0.1,
    "test/r2_fold_1": 0.4,
    "test/r2_fold_2": 0.6,
}
STAGES = [{"name": "panel", "seconds": 0.5, "cached": False}, {"name": "fits", "seconds": 2.0, "cached": True}]
FINDING = {"test": "cut", "severity": "leak", "where": "features.x", "evidence": "It changes."}


def combined(**sets: dict[str, Any]) -> dict[str, Any]:
    return {"_target_": "runner.tracking.combined.CombinedTrackers", "sets": sets}


def run_folder(outputs: Path, run: str, tracking: dict[str, Any], places: list[str] | None, **facts: Any) -> Path:
    """The folder of a run of the experiment vol. places: what its manifest says; None: nothing, as older ones do;
    facts: of the manifest; `config`, `files`: more of these; `bare`: without verdict, pictures and report."""
    folder = outputs / "runs" / "vol" / run
    (folder / "plots").mkdir(parents=True)
    config = {"model": {"rate": 0.5}, "tracking": tracking, **facts.pop("config", {})}
    bare, files = facts.pop("bare", False), dict(facts.pop("files", {}))
    span = [["2020-01-01", "2020-02-01"]]
    rows = {"n_train": 10, "n_valid": 5, "n_test": 5, "purged_train": 1, "purged_valid": 1}
    manifest = {
        "experiment": "vol", "run_id": run, "run_key": "k" * 64, "state": "finished",
        "started": "2020-03-01T10:00:00+00:00", "finished": "2020-03-01T10:00:09+00:00", "process": GONE,
        "git": {"commit": "c" * 40, "dirty": False}, "data": {"identity": "bundled:sp500", "fingerprint": "f" * 64},
        "trial": {"number": 7, "family_trials": 9, "counted": True}, "ledger_head": HEAD, "bundle": None, "sweep": None,
        "stages": STAGES,
        "folds": [{"number": n, "train": span, "valid": span, "test": span, **rows} for n in (1, 2)],
        **({} if places is None else {"tracking": places}), **facts,
    }  # fmt: skip
    if not bare:
        verdict = {"level": "candidate", "passed": True, "forecast": "passed", "portfolio": "none", "gates": GATES}
        files |= {
            "metrics.json": METRICS,
            "gates.json": verdict,
            "leaks.json": {"tests": ["cut"], "findings": [FINDING]},
        }
        (folder / "plots" / "equity.png").write_bytes(PNG)
        (folder / "report.html").write_text("<p>report</p>")
    for name, content in {**files, "manifest.json": manifest}.items():
        (folder / name).write_text(json.dumps(content))
    (folder / "config.yaml").write_text(yaml.safe_dump(config))
    (folder / "SHA256SUMS").write_text("")
    return folder


def version(outputs: Path, number: int, run: str, tracking: dict[str, Any], places: list[str]) -> str:
    """A promoted version of vol, and what the manifest of its run says of it."""
    folder = outputs / "registry" / "vol" / str(number)
    folder.mkdir(parents=True)
    (folder / "bundle.json").write_text(json.dumps({"run": {"run_key": run, "tracking": places}}))
    (folder / "config.yaml").write_text(yaml.safe_dump({"tracking": tracking}))
    return f"outputs/registry/vol/{number}"


def moved(outputs: Path, number: int, before: int | None, to: int, why: str = "promote") -> None:
    """A move of the champion of vol."""
    move = {"number": number, "alias": "champion", "before": before, "version": to, "why": why, "override": None}
    move |= {"at": "2020-03-02T10:00:00+00:00", "previous": "0" * 64}
    (outputs / "registry" / "vol" / "moves").mkdir(exist_ok=True)
    (outputs / "registry" / "vol" / "moves" / f"{number}.json").write_text(json.dumps(move))


def records(outputs: Path, record: str) -> list[Any]:
    """The records of an offline run of W&B: a LevelDB log of protocol buffers after a header of 7 bytes."""
    from wandb.proto import wandb_internal_pb2

    (file,) = outputs.glob(f"wandb/offline-run-*-{record}/run-{record}.wandb")
    data, at, message, found = file.read_bytes(), 7, b"", []
    while at + 7 <= len(data):
        _, length, kind = struct.unpack_from("<IHB", data, at)
        if kind == 0:
            at += 32768 - at % 32768
            continue
        message += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):
            found.append(wandb_internal_pb2.Record())
            found[-1].ParseFromString(message)
            message = b""
        at += -at % 32768 if 32768 - at % 32768 < 7 else 0
    return found


def items(entries: Any) -> dict[str, Any]:
    """Name -> value of the entries of a config, a summary or a row of history."""
    return {"/".join(entry.nested_key) or entry.key: json.loads(entry.value_json) for entry in entries}
