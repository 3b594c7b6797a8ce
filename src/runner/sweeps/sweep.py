"""`-m`: a search over a space, each point a trial. The space is checked first, and no trial's failure ends the rest."""

import sys
import time
from collections.abc import Sequence

from components.errors import ConfigError, Problem
from runner import exit_codes
from runner.answer import Answer
from runner.composition.compose import Memo
from runner.specification.places import HERE
from runner.sweeps import table
from runner.sweeps.best import judge_best
from runner.sweeps.launching import Launcher, launch, launcher_of
from runner.sweeps.nulls.kept import refuse_points, search_all, with_worlds
from runner.sweeps.nulls.told import keep_ranks
from runner.sweeps.opened import Opened, folder_of
from runner.sweeps.parts import begun_parts, parts_of, together
from runner.sweeps.plan import plan
from runner.sweeps.points import check_points, points_of
from runner.sweeps.settings import asked as asked_for
from runner.sweeps.space import space_of
from runner.sweeps.stopping import interrupts, revoke
from runner.sweeps.supervising import supervise
from runner.sweeps.worker import work
from runner.tracking.deliver import deliver

SWEEP = {
    "folder": "text or null: where the trials are noted; null for a plan",
    "objectives": "list: figures that the search is after",
    "jobs": "list: of each trial, job, overrides, exit_code, run_folder, ending (a level, or how it failed), metrics",
    "best": "integer or null: job that is best by the first objective",
    "null_worlds": "map or null: where the best stands among null worlds: worlds, asked, failed (in which the "
    "search found nothing), trials, leading (the figure that is judged), its p_value, rank, real and nulls (a world), "
    "figures (the same of each, and low and high of the share of worlds as good) and says, the same in words",
    "parts": "map: symbol -> the same fields, of a sweep by symbol; empty otherwise",
}
"""Fields of the answer."""


def sweep(overrides: Sequence[str]) -> Answer:
    """Runs the trials; the exit code is that of the whole.

    Raises ConfigError with the problems of all points before anything runs.
    """
    asked = asked_for(overrides)
    launcher = launcher_of(asked.hydra)
    if asked.settings.resume is not None:
        if asked.plain:
            hint = "drop what stands beside it: the sweep knows its space"
            raise ConfigError(Problem("sweep.resume", f"'{asked.plain[0]}' cannot be added", hint))
        parts, memo = parts_of(folder_of(asked.settings.resume)), Memo()
        if asked.settings.null_worlds is not None:
            parts = [with_worlds(opened, asked.settings.null_worlds) for opened in parts]
        for opened in parts:
            opened.study().resume()
            revoke(opened.folder)
    else:
        space = space_of(asked.plain, asked.branches)
        points = points_of(space, asked.settings)
        memo = check_points(points, asked.settings)
        if asked.settings.plan:
            return plan(asked.settings, space, points, memo)
        if asked.settings.null_worlds is not None:
            refuse_points(points)
        parts = begun_parts(asked, space, points[0], memo)
    return together(parts, [_searched(opened, memo, launcher) for opened in parts])


def _searched(opened: Opened, memo: Memo, launcher: Launcher | None) -> Answer:
    minutes = opened.settings.minutes
    until = None if minutes is None else time.time() + 60 * minutes
    interrupted = False
    try:
        with interrupts(opened.folder) as stop:
            if launcher is not None:
                launch(opened, launcher, until=until)
            elif opened.settings.workers > 1 or work(opened, memo, stop, until=until) == "grown":
                supervise(opened, opened.settings.workers, until=until)
            if opened.settings.null_worlds is not None and not stop():
                search_all(opened, len(opened.study().refresh()), stop)
            interrupted = stop()
        nulls = keep_ranks(opened, opened.study().refresh())
        if not interrupted:
            judge_best(opened, opened.study().refresh())
    except BaseException:
        _say_how_to_go_on(opened)
        raise
    finally:
        deliver(HERE.outputs)
    trials = opened.study().refresh()

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
    print(f"go on with: python -m runner -m sweep.resume={opened.name.partition('/')[0]}", file=sys.stderr, flush=True)
