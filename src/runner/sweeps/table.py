"""What a sweep came to, on a terminal: a line a trial, and how to go on."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner import exit_codes
from runner.composition.figures import leading
from runner.composition.figures import metrics as all_metrics
from runner.sweeps.best import best
from runner.sweeps.opened import JOBS, Opened, unlike, unlike_says
from runner.sweeps.study import StudyTrial
from runner.terminal import fitting, narrow

if TYPE_CHECKING:
    from rich.console import Console

SPANS = ("valid", "test")
LEADING = 2
"""How many of the leading metrics have a column, one a span."""

SHORT = 8
GAP = 2
"""Between columns, and at both edges together."""

Figures = Mapping[str, float | None]


def show(opened: Opened, trials: Sequence[StudyTrial]) -> None:
    """One line per trial: what it varied, how it ended, and its main figures."""
    from rich.console import Console

    console = Console(highlight=False, markup=False)
    console.print(f"{len(trials)} jobs in {opened.folder}")
    _print_table(console, trials)
    lines = [_judged(opened, trials), earlier(opened), _unlike(trials), _chosen(opened, trials)]
    for line in filter(None, lines):
        console.print(line, soft_wrap=True)


def _print_table(console: "Console", trials: Sequence[StudyTrial]) -> None:
    from rich.table import Column, Table
    from rich.text import Text

    figures = [_metrics(trial) for trial in trials]
    columns = _columns(trials, figures)
    alike = not unlike([trial.values for trial in trials])
    best = {column: _best(column, figures) for column in columns if alike}
    header = ("job", "overrides", "ended", *columns)
    rows = [
        (str(trial.number), _values(trial), _ended(trial), *(_shown(metrics.get(c)) for c in columns))
        for trial, metrics in zip(trials, figures, strict=True)
    ]
    kept = fitting([header, *rows], console.width - GAP, range(3, len(header)), wraps=1, apart=GAP)
    table = Table(*(Column(header[i], overflow="fold", no_wrap=i != 1) for i in kept), box=None)
    for row, metrics in zip(rows, figures, strict=True):
        bold = {i for i, column in enumerate(columns, 3) if column in best and metrics.get(column) == best[column]}
        table.add_row(*(Text(row[i], "bold" if i in bold else "") for i in kept))
    console.print(table)
    if len(kept) < len(header):
        console.print(narrow([word for i, word in enumerate(header) if i not in kept]))


def _values(trial: StudyTrial) -> str:
    return " ".join(f"{key}={short(text)}" for key, text in trial.values.items()) or "-"


def _ended(trial: StudyTrial) -> str:
    return "beyond constraints" if trial.state == "finished" and not trial.eligible else _ending(trial)


def _judged(opened: Opened, trials: Sequence[StudyTrial]) -> str:
    """Which trials every gate has judged; empty where none finished, or nothing is left of them."""
    finished = [trial for trial in trials if trial.state == "finished" and _is_there(trial)]
    wholly = [trial.number for trial in finished if _is_judged(trial)]
    if not finished:
        return ""
    if len(wholly) == len(finished):
        return "All finished jobs were judged by every gate."
    which = f"Judged by every gate: job {', '.join(map(str, wholly))}" if wholly else "No job was judged by every gate"
    another = "another" if wholly else "one"
    how = f"python -m runner report RUN judges {another}, RUN from {opened.folder / JOBS}/JOB.json"
    return f"{which}; {how}"


def _is_there(trial: StudyTrial) -> bool:
    return trial.run is not None and (Path(trial.run) / "manifest.json").is_file()


def _is_judged(trial: StudyTrial) -> bool:
    gates = Path(str(trial.run)) / "gates.json"
    judged = json.loads(gates.read_text(encoding="utf-8"))["gates"] if gates.is_file() else ()
    return bool(judged) and all(gate["status"] != "pending" for gate in judged)


def _unlike(trials: Sequence[StudyTrial]) -> str:
    keys = unlike([trial.values for trial in trials])
    return f"{unlike_says(keys)}." if keys else ""


def _chosen(opened: Opened, trials: Sequence[StudyTrial]) -> str:
    """The best, or why there is none."""
    if chosen := best_trial(opened, trials):
        value = f"{opened.objectives[0]} {chosen.objectives[0]:.4f}"
        where = chosen.run if _is_there(chosen) else "whose run folder is gone"
        return f"Best of {len(trials)} by {value}: job {chosen.number}, {where}"
    finished = [trial for trial in trials if trial.state == "finished"]
    if len(finished) > 1 and not any(trial.eligible for trial in finished):
        bounds = " and ".join(map(str, opened.constraints))
        return f"No best job: none of {len(finished)} that finished meets {bounds}"
    eligible = sum(trial.eligible for trial in finished)
    if len(trials) < 2:
        return ""
    few = "a single job" if eligible else "no job"
    return f"No best job: {few} finished{' within the constraints' if len(finished) > eligible else ''}"


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
