"""`-m`: a search over a space, each point a trial. The space is checked first, and no trial's failure ends the rest."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from components.errors import ConfigError, Problem
from runner import exit_codes
from runner.answer import Answer
from runner.composition.compose import Memo
from runner.composition.handover import QUIET, hydra_main
from runner.specification.places import HERE
from runner.sweeps import table
from runner.sweeps.nulls.kept import refuse_points, search_all
from runner.sweeps.nulls.told import of_sweep
from runner.sweeps.opened import Opened, begun, folder_of, opened_again
from runner.sweeps.plan import plan
from runner.sweeps.points import check_points, points_of
from runner.sweeps.settings import asked as asked_for
from runner.sweeps.space import space_of
from runner.sweeps.worker import work
from runner.tracking.deliver import deliver

RELAUNCHES = 20
"""How many workers that died are replaced before the sweep gives up."""

Asked = Callable[[], bool]


SWEEP = {
    "folder": "text or null: where the trials are noted; null for a plan",
    "objectives": "list: figures that the search is after",
    "jobs": "list: of each trial, job, overrides, exit_code, run_folder, ending (a level, or how it failed), metrics",
    "best": "integer or null: job that is best by the first objective",
    "null_worlds": "map or null: where the best stands among null worlds: worlds, asked, failed (in which the "
    "search found nothing), trials, leading (the figure that is judged), its p_value, rank, real and nulls (a world), "
    "figures (the same of each, and low and high of the share of worlds as good) and says, the same in words",
}
"""Fields of the answer."""


def sweep(overrides: Sequence[str]) -> Answer:
    """Runs the trials; the exit code is that of the whole.

    Raises ConfigError with the problems of all points before anything runs.
    """
    asked = asked_for(overrides)
    if asked.settings.resume is not None:
        if asked.overrides:
            hint = "drop what stands beside it: the sweep knows its space"
            raise ConfigError(Problem("sweep.resume", f"'{asked.overrides[0]}' cannot be added", hint))
        opened, memo, launcher = opened_again(folder_of(asked.settings.resume)), Memo(), []
        if asked.settings.null_worlds is not None:
            opened = replace(opened, settings=replace(opened.settings, null_worlds=asked.settings.null_worlds))
            refuse_points([opened.space.overrides(values) for values in opened.space.corners()])
        opened.study().resume()
    else:
        launcher, space = asked.hydra, space_of(asked.plain, asked.branches)
        points = points_of(space, asked.settings)
        memo = check_points(points)
        if asked.settings.plan:
            return plan(asked.settings, space, points, memo)
        if asked.settings.null_worlds is not None:
            refuse_points(points)
        opened = begun(asked, space, points[0])
    return _searched(opened, memo, launcher)


def _searched(opened: Opened, memo: Memo, launcher: Sequence[str]) -> Answer:
    minutes = opened.settings.minutes
    until = None if minutes is None else time.time() + 60 * minutes
    interrupted = False
    try:
        with _interrupts() as stop:
            if launcher:
                _launch(opened, launcher, until)
            elif opened.settings.workers > 1:
                _supervise(opened, stop, until)
            else:
                work(opened, memo, stop, until=until)
            if opened.settings.null_worlds is not None and not stop():
                search_all(opened, len(opened.study().refresh()), stop)
            interrupted = stop()
    except KeyboardInterrupt:
        _say_how_to_go_on(opened)
        raise
    finally:
        deliver(HERE.outputs)
    trials = opened.study().refresh()
    nulls = of_sweep(opened, trials)

    def show() -> None:
        table.show(opened, trials)
        if nulls is not None:
            print(nulls["says"])

    if interrupted:
        show()
        _say_how_to_go_on(opened)
        raise KeyboardInterrupt
    code = exit_codes.of_jobs(trial.code if trial.code is not None else exit_codes.UNFORESEEN for trial in trials)
    return Answer({**table.content(opened, trials), "null_worlds": nulls}, show, code)


def _say_how_to_go_on(opened: Opened) -> None:
    print(f"go on with: python -m runner -m sweep.resume={opened.folder.name}", file=sys.stderr, flush=True)


@contextmanager
def _interrupts() -> Iterator[Asked]:
    """Whether Ctrl-C was pressed: the first lets running trials end, the second ends them."""
    import signal

    heard: list[int] = []

    def hear(number: int, _: Any) -> None:
        heard.append(number)
        if len(heard) > 1:
            raise KeyboardInterrupt
        print("the running trial is the last one; Ctrl-C again ends it now", file=sys.stderr)

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield lambda: bool(heard)
    finally:
        signal.signal(signal.SIGINT, before)


def _supervise(opened: Opened, stop: Asked, until: float | None) -> None:
    """Keeps so many workers alive, in processes of their own, until all have nothing left to do."""
    command = [sys.executable, "-m", "runner.sweeps.worker", str(opened.folder)]
    command += [] if until is None else [str(until)]
    workers = [subprocess.Popen(command) for _ in range(opened.settings.workers)]  # noqa: S603  # our own command line
    left = RELAUNCHES
    try:
        while workers and not stop():
            time.sleep(0.05)
            for place, worker in enumerate(workers):
                if (code := worker.poll()) is None:
                    continue
                if code != exit_codes.RAN and left > 0:
                    left -= 1
                    workers[place] = subprocess.Popen(command)  # noqa: S603
                else:
                    workers.remove(worker)
                    break
    finally:
        for worker in workers:
            worker.terminate()
        for worker in workers:
            worker.wait()


def _launch(opened: Opened, launcher: Sequence[str], until: float | None) -> None:
    """Workers through the launcher that `hydra.*` on the command line chose, in whatever processes."""
    folder = opened.folder

    def worker(_: Any) -> None:
        work(opened_again(Path(folder)), Memo(), lambda: False, until=until)

    settings = [*QUIET, f"hydra.sweep.dir={folder}", "hydra.sweep.subdir=."]
    numbers = ",".join(map(str, range(opened.settings.workers)))
    try:
        hydra_main(worker, ["--multirun", f"+sweep_worker={numbers}", *launcher, *settings])
    except SystemExit as end:
        print(f"{folder}: the launcher ended with exit code {end.code}", file=sys.stderr)
