"""How a trial ended, from what lies in its folders: as its worker tells it, and as the next one finds it where that
worker died before it could tell."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from runner import exit_codes
from runner.recording.sealed import SUMS, seal
from runner.specification.places import HERE
from runner.storage.disk import write_atomically
from runner.sweeps.opened import JOBS, Opened
from runner.sweeps.study import Ending, StudyTrial

Figures = Mapping[str, float | None]


def scored(opened: Opened, folder: Path, code: int, scores: Iterable[float], seconds: float) -> Ending:
    """Of a trial that ran to its end: its objectives, that it has none, or that it was pruned."""
    manifest: dict[str, Any] = _json(folder / "manifest.json")
    told: dict[str, Any] = {"code": code, "run": str(folder), "scores": tuple(scores), "seconds": seconds}
    told["key"] = manifest.get("trial", {}).get("key")
    if manifest["state"] == "pruned":
        return Ending(state="pruned", **told)
    figures: Figures = _json(folder / "metrics.json")
    wanted = [*opened.objectives, *(constraint.figure for constraint in opened.constraints)]
    found = {name: value for name in wanted if (value := figures.get(name)) is not None and math.isfinite(value)}
    if lacking := [name for name in dict.fromkeys(wanted) if name not in found]:
        return Ending(state="nan", says=f"no {', '.join(lacking)}", **told)
    violations = tuple(constraint.violation(found[constraint.figure]) for constraint in opened.constraints)
    objectives = tuple(found[name] for name in opened.objectives)
    return Ending(state="finished", objectives=objectives, violations=violations, **told)


def keep(opened: Opened, number: int, overrides: Sequence[str], ending: Ending) -> None:
    """Writes jobs/<number>.json in the sweep's folder."""
    job = {
        "job": number,
        "overrides": list(overrides),
        "exit_code": ending.code,
        "run_folder": ending.run,
        "says": ending.says,
        "ending": asdict(ending),
    }
    write_atomically(_job(opened, number), json.dumps(job, indent=1).encode(), synced=False)


def found(opened: Opened, trial: StudyTrial) -> Ending | None:
    """The ending of a trial that was begun before, if it came to its end; None where it must run again."""
    if _job(opened, trial.number).is_file():
        kept: dict[str, Any] = _json(_job(opened, trial.number))["ending"]
        if kept["state"] != "interrupted":
            lists: dict[str, Any] = {name: tuple(each) for name, each in kept.items() if isinstance(each, list)}
            return Ending(**{**kept, **lists})
    own = {"name": opened.name, "trial": trial.number}
    for folder, manifest in _ended():
        if manifest.get("sweep") == own:
            if not (folder / SUMS).is_file():
                seal(folder, manifest["run_key"], None)  # the ledger was told before the run ended
            return scored(opened, folder, _code(manifest), _scores(opened, folder, manifest), 0.0)
    return None


def _ended() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Run folders whose runs came to their end, the newest first."""
    paths = sorted(HERE.outputs.glob("runs/*/*/manifest.json"), key=lambda path: path.parent.name, reverse=True)
    for path in paths:
        manifest: dict[str, Any] = _json(path)
        if manifest["state"] in ("finished", "failed", "pruned"):
            yield path.parent, manifest


def _scores(opened: Opened, folder: Path, manifest: Mapping[str, Any]) -> list[float]:
    """The first objective, fold by fold."""
    name = opened.objectives[0]
    if manifest["state"] == "pruned":
        return [heard[name] for heard in manifest["pruned"]["scores"] if name in heard]
    figures: Figures = _json(folder / "metrics.json")
    values = (figures.get(f"{name}_fold_{fold['number']}") for fold in manifest["folds"])
    return [value for value in values if value is not None]


def _code(manifest: Mapping[str, Any]) -> int:
    """What the process of the run would have ended with."""
    return exit_codes.UNFORESEEN if manifest["state"] == "failed" else exit_codes.RAN


def _job(opened: Opened, number: int) -> Path:
    return opened.folder / JOBS / f"{number}.json"


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
