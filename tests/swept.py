"""Sweeps as their folders have them, without running any."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from runner.recording.ledger import Family, Ledger, Series
from runner.specification.sweep import Settings

STAMPS_T = np.datetime64("2010-01-04", "us") + np.arange(300) * np.timedelta64(1, "D")
FAMILY = Family(source="bars", symbols=("A",), first=date(2010, 1, 4), last=date(2010, 12, 31))
FOLDS = 5


@dataclass(frozen=True, kw_only=True)
class Told:
    """A trial: valid, test: of its objective; folds: on which both are known; state: how it ended."""

    values: Mapping[str, str]
    valid: float | None = 0.0
    test: float | None = 0.0
    state: str = "finished"
    says: str = ""
    further: Mapping[str, float | None] = field(default_factory=dict)
    objectives: Sequence[float] | None = None
    folds: int = FOLDS
    violations: Sequence[float] = ()


@dataclass(frozen=True)
class Swept:
    folder: Path
    keys: tuple[str, ...]


def made(
    trials: Sequence[Told],
    *,
    name: str = "20300101T000000.000000Z",
    overrides: Sequence[str] = ("+experiment=mine", "model=ridge,naive"),
    when: Mapping[str, Mapping[str, str]] | None = None,
    objectives: Sequence[str] = ("valid/r2",),
    directions: Sequence[int] = (1,),
    ledger: bool = True,
    folders: bool = True,
    null_worlds: int | None = None,
    constraints: Sequence[str] | None = None,
    remembered: bool = True,
    noted: bool = False,
) -> Swept:
    """Writes sweep.json, the journal, run folders, and the trials with their returns in the ledger. remembered: whether
    the ledger has their figures too; noted: the journal has their keys, and the ledger them of other runs."""
    folder = Path("outputs/sweeps") / name
    folder.mkdir(parents=True)
    bounds = None if constraints is None else tuple(constraints)
    settings = Settings(search="random", trials=99, null_worlds=null_worlds, constraints=bounds)
    asked = {
        "name": name,
        "overrides": list(overrides),
        "when": when or {},
        "settings": settings.content(),
    }
    (folder / "sweep.json").write_text(json.dumps({**asked, "objectives": objectives, "directions": directions}))
    lines: list[Mapping[str, Any]] = []
    rng, keys = np.random.default_rng(0), []
    record = Ledger.open() if ledger else None
    for number, trial in enumerate(trials):
        key = f"{name}-{number}"
        lines.append({"asked": number, "worker": f"w:1:{number}", "values": trial.values, "notes": {}})
        if trial.state == "running":
            continue
        run = None
        if trial.state in ("finished", "nan", "pruned"):
            run = f"outputs/runs/mine/{key}"
            if folders:
                write_run(Path(run), key, trial, objectives[0])
            if record is not None:
                keys.append(key)
                record.start_trial(
                    FAMILY,
                    key,
                    {"target": "t", "run_id": "another" if noted else key},
                    seen=("2010-01-04", "2010-12-31"),
                )
                values_T = rng.normal(0.0005 * (number % 8), 0.01, len(STAMPS_T))
                series = {"returns": Series(stamps_T=STAMPS_T, values_T=values_T)}
                body = {"metrics": figures_of(key, trial, objectives[0])} if remembered else {}
                record.finish_trial(key, "pruned" if trial.state == "pruned" else "finished", body, series)
        own = [trial.valid] if trial.objectives is None else trial.objectives
        ended = {
            "state": trial.state,
            "code": 0,
            "violations": trial.violations,
            "run": run,
            "says": trial.says,
            "seconds": 1.5,
            **({"key": key} if noted else {}),
        }
        scores = [0.1] * 2 if trial.state == "pruned" else []
        lines.append(
            {"told": number, "objectives": own if trial.state == "finished" else [], "scores": scores, **ended}
        )
    (folder / "study.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return Swept(folder, tuple(keys))


def write_run(folder: Path, key: str, trial: Told, objective: str) -> None:
    folder.mkdir(parents=True)
    ended = {"run_id": key, "experiment": "mine", "state": "pruned" if trial.state == "pruned" else "finished"}
    data = {"n_symbols": 1, "first": "2010-01-04", "last": "2010-12-31"}
    manifest = {**ended, "trial": {"key": key, "counted": True}, "data": data, "overrides": ["+experiment=mine"]}
    manifest |= {"run_key": key, "target": {"kind": "level"}, "choices": {"model": "ridge"}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    if trial.state == "pruned":
        return
    (folder / "metrics.json").write_text(json.dumps(figures_of(key, trial, objective)))
    gates = [{"name": "skill", "status": "failed"}, {"name": "vault", "status": "pending"}]
    (folder / "gates.json").write_text(json.dumps({"level": "rejected", "passed": False, "gates": gates}))


def figures_of(key: str, trial: Told, objective: str) -> dict[str, float | None]:
    metric, figures = objective.partition("/")[2], dict(trial.further)
    rng = np.random.default_rng(len(key))
    for span, value in (("valid", trial.valid), ("test", trial.test)):
        figures[f"{span}/{metric}"] = value
        for fold in range(1, trial.folds + 1):
            figures[f"{span}/{metric}_fold_{fold}"] = None if value is None else value + float(rng.normal(0, 0.01))
    return {**figures, "backtest/sharpe": 0.3}
