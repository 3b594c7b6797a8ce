"""Runs trials of a study until there are no more: `python -m runner.sweeps.worker FOLDER`."""

import gc
import json
import math
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from components.errors import AssayError
from runner import exit_codes
from runner.composition.compose import Memo
from runner.composition.configure import configure
from runner.compute.threads import one_thread_of_blas
from runner.job import Bench, run_job
from runner.specification.places import HERE
from runner.storage.disk import write_atomically
from runner.sweeps.opened import JOBS, Opened, opened_again
from runner.sweeps.pruning import FoldPruner
from runner.sweeps.study import BEAT_SECONDS, Ending, Study, StudyTrial, Wait

GROWN = 1 << 30
"""Bytes by which a worker may grow over its third trial before another process takes its place."""

WARM = 3


@dataclass(frozen=True, kw_only=True)
class Job:
    """How one trial ended; kept as jobs/<number>.json in the sweep's folder."""

    job: int
    overrides: tuple[str, ...]
    exit_code: int
    run_folder: str | None
    says: str = ""


def work(opened: Opened, memo: Memo, stop: Callable[[], bool], *, until: float | None = None) -> None:
    """Runs trials one after the other. stop: asked before each; until: no trial is begun after this time.

    Raises KeyboardInterrupt where a trial is interrupted; it counts as not begun then.
    """
    study, done, at_first = opened.study(), 0, 0
    with _beating(study), one_thread_of_blas(), Bench.at(HERE) as bench:
        while not stop() and (until is None or time.time() < until):
            trial = study.take()
            if trial is None:
                return
            if isinstance(trial, Wait):
                time.sleep(BEAT_SECONDS / 10)
                continue
            study.tell(trial.number, run_trial(opened, study, trial, memo, bench))
            done += 1
            if done == WARM:
                gc.freeze()  # what every trial shares need not be looked through after each of them
                at_first = _memory()
            if done > WARM and _memory() > at_first + GROWN:
                return


def run_trial(opened: Opened, study: Study, trial: StudyTrial, memo: Memo, bench: Bench) -> Ending:
    """One trial; what ended before its end was told is not run again. Never raises unless interrupted."""
    overrides = opened.space.overrides(trial.values)
    pruner = FoldPruner(
        kind=opened.settings.prune,
        objective=opened.objectives[0],
        direction=opened.directions[0],
        space=opened.space,
        trial=trial,
        past=[each for each in study.trials if each.state != "running"],
    )
    began = time.time()
    code, folder, says, state = exit_codes.INTERRUPTED, None, "", "interrupted"
    try:
        sweep = {"name": opened.folder.name, "trial": trial.number}
        code, folder = _run(overrides, sweep, memo, pruner, bench)
        state = "finished"
    except AssayError as error:
        code, says, state = exit_codes.of_error(error), str(error), "refused"
        print(error, file=sys.stderr)
    except MemoryError as error:
        code, says, state = exit_codes.UNFORESEEN, f"MemoryError: {error}", "memory"
        print(says, file=sys.stderr)
    except (Exception, SystemExit) as error:
        code, says, state = exit_codes.UNFORESEEN, f"{type(error).__name__}: {error}", "failed"
        traceback.print_exc()
    finally:
        job = Job(job=trial.number, overrides=overrides, exit_code=code, run_folder=folder, says=says)
        write_atomically(opened.folder / JOBS / f"{trial.number}.json", json.dumps(asdict(job), indent=1).encode())
    seconds = round(time.time() - began, 3)
    if folder is None or state != "finished":
        return Ending(state=state, code=code, run=folder, says=says, scores=tuple(pruner.scores), seconds=seconds)  # type: ignore[arg-type]
    return _scored(opened, folder, code, pruner, seconds)


def _scored(opened: Opened, folder: str, code: int, pruner: FoldPruner, seconds: float) -> Ending:
    """The ending of a trial that ran: its objectives, or that it has none."""
    scores = tuple(pruner.scores)
    manifest = json.loads((Path(folder) / "manifest.json").read_text(encoding="utf-8"))
    if manifest["state"] == "pruned":
        return Ending(state="pruned", code=code, run=folder, scores=scores, seconds=seconds)
    figures = json.loads((Path(folder) / "metrics.json").read_text(encoding="utf-8"))
    objectives = tuple(figures.get(name) for name in opened.objectives)
    if any(value is None or not math.isfinite(value) for value in objectives):
        lacking = ", ".join(n for n, v in zip(opened.objectives, objectives, strict=True) if v is None)
        return Ending(state="nan", code=code, run=folder, scores=scores, says=f"no {lacking}", seconds=seconds)
    return Ending(state="finished", code=code, run=folder, scores=scores, objectives=objectives, seconds=seconds)


def _run(
    overrides: tuple[str, ...], sweep: Mapping[str, Any], memo: Memo, pruner: FoldPruner, bench: Bench
) -> tuple[int, str]:
    from runner.console import Console

    experiment, composed = configure(overrides, memo=memo)
    experiment = replace(experiment, resources=replace(experiment.resources, workers=1))
    outcome = run_job(experiment, composed, Console(), bench, sweep=sweep, pruner=pruner)
    return outcome.exit_code, str(outcome.folder)


@contextmanager
def _beating(study: Study) -> Iterator[None]:
    """Shows at intervals that this process lives, while a trial runs."""
    over = threading.Event()

    def beat() -> None:
        while not over.wait(BEAT_SECONDS):
            study.beat()

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _memory() -> int:
    """Bytes of this process in memory; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


def main() -> int:
    """A worker of a sweep that another process supervises; the first Ctrl-C is that one's business."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked.append(number))
    opened = opened_again(Path(sys.argv[1]))
    with redirect_stdout(sys.stderr):  # what a trial says is talk; the answer is the sweep's
        work(opened, Memo(), lambda: bool(asked), until=float(sys.argv[2]) if len(sys.argv) > 2 else None)
    return exit_codes.RAN


if __name__ == "__main__":
    sys.exit(main())
