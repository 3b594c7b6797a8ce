"""What a sweep came to, on a terminal: a line a trial, and how to go on."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from runner import exit_codes
from runner.composition.figures import leading
from runner.composition.figures import metrics as all_metrics
from runner.sweeps.best import best
from runner.sweeps.opened import JOBS, Opened
from runner.sweeps.study import StudyTrial

SPANS = ("valid", "test")
LEADING = 2
"""How many of the leading metrics have a column, one a span."""

SHORT = 8

Figures = Mapping[str, float | None]


def show(opened: Opened, trials: Sequence[StudyTrial]) -> None:
    """One line per trial: what it varied, how it ended, and its main figures."""
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    figures = [_metrics(trial) for trial in trials]
    columns = _columns(trials, figures)
    best = {column: _best(column, figures) for column in columns}
    table = Table("job", Column("overrides", overflow="fold"), "ended", *columns, box=None)
    for trial, metrics in zip(trials, figures, strict=True):
        cells = (Text(_shown(metrics.get(c)), "bold" if metrics.get(c) == best[c] else "") for c in columns)
        values = " ".join(f"{key}={short(text)}" for key, text in trial.values.items())
        table.add_row(str(trial.number), values or "-", _ending(trial), *cells)
    console = Console(highlight=False, markup=False)
    console.print(f"{len(trials)} jobs in {opened.folder}")
    console.print(table)
    console.print(
        f"The best were judged by every gate: python -m runner report RUN judges another, RUN from "
        f"{opened.folder / JOBS}/JOB.json",
        soft_wrap=True,
    )
    if began := earlier(opened):
        console.print(began, soft_wrap=True)
    if chosen := best_trial(opened, trials):
        value = f"{opened.objectives[0]} {chosen.objectives[0]:.4f}"
        console.print(f"Best of {len(trials)} by {value}: job {chosen.number}, {chosen.run}", soft_wrap=True)


def content(opened: Opened, trials: Sequence[StudyTrial]) -> dict[str, Any]:
    """The same as plain values."""
    best = best_trial(opened, trials)
    jobs = [
        {
            "job": trial.number,
            "overrides": list(opened.space.overrides(trial.values)),
            "exit_code": trial.code,
            "run_folder": trial.run,
            "ending": _ending(trial),
            "metrics": dict(_metrics(trial)),
        }
        for trial in trials
    ]
    return {
        "folder": str(opened.folder),
        "objectives": list(opened.objectives),
        "jobs": jobs,
        "best": best.number if best else None,
        "plan": None,
        "parts": {},
    }


def best_trial(opened: Opened, trials: Sequence[StudyTrial]) -> StudyTrial | None:
    """By the first objective; None where there is nothing to choose between."""
    eligible = best(opened, trials)
    return eligible[0] if len(eligible) > 1 else None


def earlier(opened: Opened) -> str:
    """A line on the trials that the search began with; empty where it began with none."""
    study = opened.study()
    study.refresh()
    if not study.known:
        return ""
    first = max(study.known, key=lambda past: (past.eligible, opened.directions[0] * past.objectives[0]))
    count = f"{len(study.known)} earlier trial{'' if len(study.known) == 1 else 's'}"
    return f"The search began with {count}, the best of them {first.objectives[0]:.4f}, {first.run}"


def short(text: str) -> str:
    """A number to four digits, as long as it is one that nobody typed."""
    return f"{float(text):.4g}" if "." in text and len(text) > SHORT and text[0] in "-0123456789" else text


def _columns(trials: Sequence[StudyTrial], figures: Sequence[Figures]) -> list[str]:
    """Flat names of the leading metrics of every trial's kind of target, on validation and test spans."""
    known: set[str] = set()
    for trial, metrics in zip(trials, figures, strict=True):
        if metrics:
            manifest = json.loads((Path(str(trial.run)) / "manifest.json").read_text(encoding="utf-8"))
            scored = {name.rpartition("/")[2] for name, value in metrics.items() if value is not None}
            known |= set(leading(scored, manifest["target"]["kind"])[:LEADING])
    return [f"{span}/{name}" for name in all_metrics() if name in known for span in SPANS]


def _best(name: str, figures: Sequence[Figures]) -> float | None:
    """The best of the trials' figures; None where there is nothing to compare."""
    better = all_metrics()[name.rpartition("/")[2]].better
    values = [value for metrics in figures if (value := metrics.get(name)) is not None]
    return max(values, key=lambda value: better * value) if better and len(values) > 1 else None


def _metrics(trial: StudyTrial) -> Figures:
    path = Path(trial.run or "") / "metrics.json"
    if trial.run is None or not path.is_file():
        return {}
    metrics: dict[str, float | None] = json.loads(path.read_text(encoding="utf-8"))
    return metrics


def _ending(trial: StudyTrial) -> str:
    if trial.run is None or trial.code not in (exit_codes.RAN, exit_codes.REJECTED):
        return f"{trial.state} ({trial.code})" if trial.code is not None else trial.state
    gates = Path(trial.run) / "gates.json"
    if not gates.is_file():
        return trial.state
    level = str(json.loads(gates.read_text(encoding="utf-8"))["level"])
    return "not judged yet" if level == "pending" else level


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
