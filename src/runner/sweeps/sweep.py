"""`-m`: every point is checked before the first job starts, and a job's failure never ends the sweep."""

import json
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig

from components.errors import AssayError
from runner import exit_codes
from runner.answer import Answer
from runner.composition.compose import Memo
from runner.composition.configure import configure
from runner.composition.figures import leading
from runner.composition.figures import metrics as all_metrics
from runner.composition.handover import QUIET, for_hydra, hydra_main
from runner.composition.overrides import parsed
from runner.specification.places import HERE
from runner.storage.disk import write_atomically, writing
from runner.sweeps.grid import check_points, expand, varying, with_search_space
from runner.tracking.deliver import deliver

JOBS = "jobs"
SPANS = ("valid", "test")
LEADING = 2
"""How many of the leading metrics have a column, one a span."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """How one point of a sweep ended; kept as jobs/<number>.json in the sweep's folder."""

    job: int
    overrides: tuple[str, ...]
    exit_code: int
    run_folder: str | None


SWEEP = {
    "folder": "text: where the jobs are noted",
    "jobs": "list: of each job, overrides, exit_code, run_folder, ending (a level, pruned or failed) and metrics",
}
"""Fields of the answer."""


def sweep(overrides: Sequence[str]) -> Answer:
    """Runs every combination; the exit code is that of the whole.

    Raises ConfigError with the problems of all points before anything runs.
    """
    asked = with_search_space(overrides)
    points = expand(asked)
    memo = check_points(points)
    folder = _new_folder()
    try:
        if any(override.is_hydra_override() for override in parsed(asked)):
            _launch(asked, folder, memo)
        else:
            # What Hydra's own launcher does, without composing every point twice more.
            with _interrupts() as asked_for:
                for number, point in enumerate(points):
                    run_job(number, point, folder, memo)
                    if asked_for():
                        raise KeyboardInterrupt
    finally:
        deliver(HERE.outputs)
    jobs = _read_jobs(folder)
    results = [jobs.get(n, _vanished(n, point)) for n, point in enumerate(points)]
    content = {
        "folder": str(folder),
        "jobs": [{**asdict(job), "ending": _ending(job), "metrics": dict(_metrics(job))} for job in results],
    }
    code = exit_codes.of_jobs(job.exit_code for job in results)
    return Answer(content, lambda: _print_table(results, varying(points), folder), code)


@contextmanager
def _interrupts() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed: Python drops the exception where it meets a finaliser or a library's callback."""
    heard: list[int] = []

    def hear(number: int, _: Any) -> None:
        heard.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield lambda: bool(heard)
    finally:
        signal.signal(signal.SIGINT, before)


def _launch(asked: Sequence[str], folder: Path, memo: Memo) -> None:
    """Runs the jobs through the launcher that `hydra.*` on the command line chose, in whatever processes."""

    def job(_: Any) -> None:
        settings = HydraConfig.get()
        run_job(settings.job.num, tuple(settings.overrides.task), Path(settings.sweep.dir), memo)

    settings = [*QUIET, f"hydra.sweep.dir={folder}", "hydra.sweep.subdir=."]
    try:
        hydra_main(job, ["--multirun", *for_hydra(asked), *settings])
    except SystemExit as end:
        print(f"{folder}: the launcher ended with exit code {end.code}", file=sys.stderr)


def run_job(number: int, overrides: Sequence[str], folder: Path, memo: Memo) -> None:
    """One job; composes by our rules. folder: the sweep's; memo: see `check_points`.

    Never raises unless interrupted: an exception would end the jobs that follow.
    """
    code, run_folder = exit_codes.INTERRUPTED, None
    try:
        code, run_folder = _run(overrides, folder.name, memo)
    except AssayError as error:
        print(error, file=sys.stderr)
        code = exit_codes.of_error(error)
    except (Exception, SystemExit):
        traceback.print_exc()
        code = exit_codes.UNFORESEEN
    finally:
        _write(folder, Job(job=number, overrides=tuple(overrides), exit_code=code, run_folder=run_folder))


def _run(overrides: Sequence[str], sweep: str, memo: Memo) -> tuple[int, str]:
    experiment, composed = configure(overrides, memo=memo)
    from runner.console import Console
    from runner.run import run_experiment

    console = Console()
    outcome = run_experiment(experiment, composed, console, HERE, single=False, sweep=sweep)
    outcome.show(console)
    return outcome.exit_code, str(outcome.folder)


def _new_folder() -> Path:
    folder = HERE.sweeps / datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    with writing(HERE.sweeps):
        (folder / JOBS).mkdir(parents=True)
    return folder


def _write(folder: Path, job: Job) -> None:
    write_atomically(folder / JOBS / f"{job.job}.json", json.dumps(asdict(job), indent=1).encode())


def _read_jobs(folder: Path) -> dict[int, Job]:
    found = {}
    for path in (folder / JOBS).glob("*.json"):
        content = json.loads(path.read_text(encoding="utf-8"))
        found[int(content["job"])] = Job(**content)
    return found


def _vanished(number: int, overrides: Sequence[str]) -> Job:
    """A job that left no word: its process was killed."""
    return Job(job=number, overrides=tuple(overrides), exit_code=exit_codes.UNFORESEEN, run_folder=None)


def _print_table(jobs: Sequence[Job], names: Sequence[str], folder: Path) -> None:
    """One line per job: what it varied, how it ended, and its main figures."""
    from rich.console import Console
    from rich.table import Column, Table
    from rich.text import Text

    figures = [_metrics(job) for job in jobs]
    columns = _columns(jobs, figures)
    best = {column: _best(column, figures) for column in columns}
    table = Table("job", Column("overrides", overflow="fold"), "ended", *columns, box=None)
    for job, name, metrics in zip(jobs, names, figures, strict=True):
        cells = (Text(_shown(metrics.get(c)), "bold" if metrics.get(c) == best[c] else "") for c in columns)
        table.add_row(str(job.job), name or "-", _ending(job), *cells)
    console = Console(highlight=False, markup=False)
    console.print(f"{len(jobs)} jobs in {folder}")
    console.print(table)
    console.print(
        f"Jobs draw no pictures: python -m runner report RUN does, RUN from {folder / JOBS}/JOB.json", soft_wrap=True
    )


def _columns(jobs: Sequence[Job], figures: Sequence[Mapping[str, float | None]]) -> list[str]:
    """Flat names of the leading metrics of every job's kind of target, on validation and test spans."""
    known: set[str] = set()
    for job, metrics in zip(jobs, figures, strict=True):
        if metrics:
            manifest = json.loads((Path(str(job.run_folder)) / "manifest.json").read_text(encoding="utf-8"))
            scored = {name.rpartition("/")[2] for name, value in metrics.items() if value is not None}
            known |= set(leading(scored, manifest["target"]["kind"])[:LEADING])
    return [f"{span}/{name}" for name in all_metrics() if name in known for span in SPANS]


def _best(name: str, figures: Sequence[Mapping[str, float | None]]) -> float | None:
    """The best of the jobs' figures; None where there is nothing to compare."""
    better = all_metrics()[name.rpartition("/")[2]].better
    values = [value for metrics in figures if (value := metrics.get(name)) is not None]
    return max(values, key=lambda value: better * value) if better and len(values) > 1 else None


def _metrics(job: Job) -> Mapping[str, float | None]:
    path = Path(job.run_folder or "") / "metrics.json"
    if job.run_folder is None or not path.is_file():
        return {}
    metrics: dict[str, float | None] = json.loads(path.read_text(encoding="utf-8"))
    return metrics


def _ending(job: Job) -> str:
    if job.exit_code not in (exit_codes.RAN, exit_codes.REJECTED) or job.run_folder is None:
        return f"failed ({job.exit_code})"
    gates = Path(job.run_folder) / "gates.json"
    if not gates.is_file():
        return "pruned"
    verdict = json.loads(gates.read_text(encoding="utf-8"))
    return str(verdict["level"])


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"
