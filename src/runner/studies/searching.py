"""One cell: its search, the verdict of the trial that it chooses, and every trial again on bars that it never saw."""

import io
import json
import math
import os
import shlex
import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from components.errors import ConfigError, Problem
from runner.composition.compose import Memo
from runner.composition.configure import configure
from runner.composition.figures import metrics
from runner.compute.threads import one_thread_of_blas
from runner.compute.told import Timed
from runner.console import Console
from runner.job import Bench, run_job
from runner.recording.run_folder import manifest_of
from runner.specification.places import HERE
from runner.storage.disk import write_atomically
from runner.studies.results import Chosen, Result, Trials, Values, chosen_of
from runner.studies.study import Cell, Overrides, Study, setting
from runner.sweeps.checked import checked
from runner.sweeps.opened import ASKED, Opened, opened_again
from runner.sweeps.points import check_points
from runner.sweeps.settings import asked
from runner.sweeps.study import StudyTrial
from runner.sweeps.sweep import sweep
from runner.whole import is_current, judged_now

VERSIONS = ("assay-runner", "lightgbm", "numpy", "optuna", "scikit-learn")
DIGITS = 5
CHOSEN = "chosen.json"
"""In the sweep's folder: its choice, and the verdict on it."""


def check_cells(study: Study) -> None:
    """Composes and checks every arm in every case, later runs too. Raises ConfigError, with their names in front."""
    problems: list[Problem] = []
    for cell in (cell for cell in study.cells() if cell.draw == 0):
        try:
            points = checked(asked(cell.overrides)).points
            if cell.later is not None:
                check_points([_over(points[0], cell.later)])
        except ConfigError as error:
            problems += [Problem(f"{cell.name}: {each.path}", each.message, each.hint) for each in error.problems]
    if problems:
        raise ConfigError(*problems)


def searched(study: Study, cell: Cell) -> Result:
    """Searches the cell, from where it was if it was begun and cut off.

    Raises ConfigError where `later` tests on bars that the search has seen.
    """
    began, processor = time.perf_counter(), _processor_seconds()
    with redirect_stdout(io.StringIO()):
        opened = _search(cell)
        trials = opened.trials()
        finished = [trial for trial in trials if trial.state == "finished"]
        found = _trials(study, finished)
        best = _best(study, found)
        choice = None if best is None else _choice(study, opened, finished[best])
        if study.later is not None:
            found = _later(study, opened, finished, found)
    manifest = {} if best is None else manifest_of(Path(str(finished[best].run)))
    return Result(
        arm=cell.arm,
        case=cell.case,
        draw=cell.draw,
        key=cell.key,
        asked=study.asked,
        command=shlex.join(["python", "-m", "runner", "-m", *cell.overrides]),
        data=(manifest["data"]["fingerprint"],) if manifest else (),
        versions=_versions(manifest),
        seconds=round(time.perf_counter() - began, 1),
        processor_seconds=round(_processor_seconds() - processor, 1),
        begun=len(trials),
        trials=found,
        chosen=choice,
        problems=Counter(trial.state for trial in trials if trial.state != "finished"),
    )


def _search(cell: Cell) -> Opened:
    folder = _begun_before(cell.overrides)
    overrides = cell.overrides if folder is None else (f"sweep.resume={folder.name}",)
    return opened_again(Path(sweep(overrides).content["folder"]))


def _begun_before(overrides: Sequence[str]) -> Path | None:
    """The last sweep here that was asked for the same, of the same data; nothing of it that ended is run again."""
    request = asked(overrides)
    wanted = json.loads(json.dumps({"overrides": request.plain, "settings": request.settings.content()}))
    for file in sorted(HERE.sweeps.glob(f"*/{ASKED}"), reverse=True):
        content = json.loads(file.read_text(encoding="utf-8"))
        if all(content.get(name) == value for name, value in wanted.items()):
            return file.parent if _is_current(opened_again(file.parent)) else None
    return None


def _is_current(opened: Opened) -> bool:
    runs = [Path(trial.run) for trial in opened.trials() if trial.state == "finished" and trial.run]
    return not runs or is_current(runs[0], Timed(), HERE)


def _trials(study: Study, finished: Sequence[StudyTrial]) -> Trials:
    rows = [_figures(Path(str(trial.run))) for trial in finished]
    return Trials(
        number=tuple(trial.number for trial in finished),
        valid=_column(rows, f"valid/{study.metric}"),
        steady=tuple(_rounded(_steadiness(trial.scores)) for trial in finished),
        test=_column(rows, f"test/{study.metric}"),
        sharpe=_column(rows, "backtest/sharpe"),
        psr=_column(rows, "backtest/psr"),
    )


def _later(study: Study, opened: Opened, finished: Sequence[StudyTrial], found: Trials) -> Trials:
    rows, memo = [], Memo()
    with one_thread_of_blas(), Bench.at(HERE) as bench:
        for trial in finished:
            overrides = _over(opened.space.overrides(trial.values), study.later or ())
            experiment, composed = configure(overrides, memo=memo)
            experiment = replace(experiment, resources=replace(experiment.resources, workers=1))
            folder = run_job(experiment, composed, Console(), bench).folder
            _refuse_seen(Path(str(trial.run)), folder)
            rows.append(_figures(folder))
    return replace(found, later=_column(rows, f"test/{study.metric}"), later_sharpe=_column(rows, "backtest/sharpe"))


def _over(overrides: Overrides, later: Overrides) -> Overrides:
    """Overrides of which others take the place: of the same setting, or of all settings of a slot chosen anew."""
    keys = {setting(text) for text in later}
    return (
        *(text for text in overrides if setting(text) not in keys and setting(text).split(".")[0] not in keys),
        *later,
    )


def _refuse_seen(searched_run: Path, later_run: Path) -> None:
    ends = max(span[1] for fold in manifest_of(searched_run)["folds"] for span in fold["test"])
    begins = min(span[0] for fold in manifest_of(later_run)["folds"] for span in fold["test"])
    if begins < ends:
        says = f"tests from {begins} on, and the search has seen bars until {ends}"
        raise ConfigError(Problem("later", says, "let its test spans begin later, or split.vault_start earlier"))


def _choice(study: Study, opened: Opened, trial: StudyTrial) -> Chosen:
    """As it was before anything ran on later bars: a search that was cut off after its choice is not judged again."""
    file = opened.folder / CHOSEN
    if not file.is_file():
        write_atomically(file, json.dumps(asdict(_chosen(study, trial)), indent=1).encode())
    return chosen_of(json.loads(file.read_text(encoding="utf-8")))


def _chosen(study: Study, trial: StudyTrial) -> Chosen:
    """With the verdict of every gate, among all that was tried by now."""
    folder = Path(str(trial.run))
    judged, trials = judged_now(folder, Timed(), HERE)
    verdict = judged.verdict.to_json()
    required = [gate for gate in verdict["gates"] if gate["required"]]
    skill = sorted((gate for gate in required if gate["skill"]), key=lambda gate: str(gate["status"]) != "failed")
    return Chosen(
        number=trial.number,
        values=dict(trial.values),
        folds=tuple(map(_rounded, _folds(_figures(folder), f"test/{study.metric}"))),
        level=verdict["level"],
        tries=trials.count,
        failed=tuple(gate["name"] for gate in required if gate["status"] == "failed"),
        says=skill[0]["says"] if skill else "",
    )


def _best(study: Study, found: Trials) -> int | None:
    better = metrics()[study.metric].better
    known = [i for i, value in enumerate(found.valid) if value is not None]
    return max(known, key=lambda i: better * (found.valid[i] or 0.0), default=None)


def _figures(run: Path) -> Mapping[str, float | None]:
    file = run / "metrics.json"
    found: Mapping[str, float | None] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return found


def _folds(figures: Mapping[str, float | None], name: str) -> list[float | None]:
    """The metric on each fold, in order."""
    prefix = f"{name}_fold_"
    numbered = {int(flat.removeprefix(prefix)): value for flat, value in figures.items() if flat.startswith(prefix)}
    return [numbered[fold] for fold in sorted(numbered)]


def _steadiness(folds: Sequence[float]) -> float | None:
    spread = statistics.stdev(folds) if len(folds) > 1 else 0.0
    return statistics.fmean(folds) / spread if spread > 0 else None


def _column(rows: Sequence[Mapping[str, float | None]], name: str) -> Values:
    return tuple(_rounded(row.get(name)) for row in rows)


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(f"{value:.{DIGITS}g}")


def _versions(manifest: Mapping[str, Any]) -> dict[str, str]:
    if not manifest:
        return {}
    known: Mapping[str, str] = manifest["versions"]
    return {"python": manifest["python"], **{name: known[name] for name in VERSIONS if name in known}}


def _processor_seconds() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system
