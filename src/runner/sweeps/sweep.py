"""`-m`: a search over a space, each point a trial. The space is checked first, and no trial's failure ends the rest."""

import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from components.errors import ConfigError, Problem
from runner import exit_codes
from runner.answer import Answer
from runner.composition.compose import Memo
from runner.composition.configure import configure
from runner.specification.places import HERE
from runner.specification.tracker import Tracker
from runner.sweeps import table
from runner.sweeps.best import judge_best
from runner.sweeps.launching import Launcher, launch, launcher_of
from runner.sweeps.nulls.kept import refuse_points, search_all
from runner.sweeps.nulls.told import keep_ranks
from runner.sweeps.opened import Opened, folder_of
from runner.sweeps.parts import begun_parts, one_of, parts_of, together
from runner.sweeps.plan import plan
from runner.sweeps.points import check_points, points_of, sample_of
from runner.sweeps.settings import asked as asked_for
from runner.sweeps.space import space_of
from runner.sweeps.stopping import interrupts, revoke
from runner.sweeps.supervising import supervise
from runner.sweeps.worker import work
from runner.tracking.deliver import filling

SWEEP = {
    "folder": "text or null: where the trials are noted; null for a plan",
    "objectives": "list: figures that the search is after",
    "jobs": "list: of each trial, job, overrides, exit_code, run_folder, ending (a level, or how it failed), metrics",
    "best": "integer or null: job that is best by the first objective",
    "null_worlds": "map or null: where the best stands among null worlds: worlds, asked, failed (in which the "
    "search found nothing), trials, leading (the figure that is judged), its p_value, rank, real and nulls (a world), "
    "figures (the same of each, and low and high of the share of worlds as good) and says, the same in words",
    "plan": "map or null: of a plan: points, checked, trials, seconds, processor_hours, memory_bytes, disk_bytes, "
    "and within which factor",
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
        tracker = _resumed(parts, memo)
        if (worlds := asked.settings.null_worlds) is not None:
            parts = [replace(each, settings=replace(each.settings, null_worlds=worlds)) for each in parts]
        for opened in parts:
            if opened.settings.null_worlds is not None:
                refuse_points([opened.space.overrides(values) for values in opened.space.corners()])
            opened.study().resume()
            revoke(opened.folder)
    else:
        space = space_of(asked.plain, asked.branches)
        points = points_of(space, asked.settings)
        if asked.settings.plan:
            sample = sample_of(points, space, asked.settings)
            memo = check_points(sample, asked.settings)
            one, times = one_of(asked, space, points[0], memo)
            return plan(asked.settings, one, len(points), len(sample), memo, times=times)
        memo = check_points(points, asked.settings)
        if asked.settings.null_worlds is not None:
            refuse_points(points)
        parts, tracker = begun_parts(asked, space, points[0], memo), _tracker(points[0], memo)
    return together(parts, [_searched(opened, memo, launcher, tracker) for opened in parts])


def _searched(opened: Opened, memo: Memo, launcher: Launcher | None, tracker: Tracker | None) -> Answer:
    minutes = opened.settings.minutes
    until = None if minutes is None else time.time() + 60 * minutes
    interrupted = False
    try:
        with filling(HERE.outputs, tracker):
            with interrupts(opened.folder) as stop:
                if launcher is not None:
                    launch(opened, launcher, until=until)
                elif opened.settings.workers > 1 or work(opened, memo, stop, until=until) == "grown":
                    supervise(opened, opened.settings.workers, until=until)
                if opened.settings.null_worlds is not None and not stop():
                    search_all(opened, len(opened.study().refresh()), stop)
                interrupted = stop()
            nulls = keep_ranks(opened, opened.trials())
            if not interrupted:
                judge_best(opened, opened.trials())
    except BaseException:
        _say_how_to_go_on(opened)
        raise
    trials = opened.trials()

    def show() -> None:
        table.show(opened, trials)
        if nulls is not None:
            print(nulls["says"])

    if interrupted:
        show()
        _say_how_to_go_on(opened)
        raise KeyboardInterrupt
    code = exit_codes.of_jobs(trial.code if trial.code is not None else exit_codes.UNFORESEEN for trial in trials)
    following = (f"compare {opened.folder} --html",)
    content = {**table.content(opened, trials), "null_worlds": nulls}
    return Answer(content, show, code, next=following)


def _resumed(parts: Sequence[Opened], memo: Memo) -> Tracker | None:
    begun = [(opened, trial) for opened in parts for trial in opened.study().refresh()[:1]]
    return _tracker(begun[0][0].space.overrides(begun[0][1].values), memo) if begun else None


def _tracker(first: Sequence[str], memo: Memo) -> Tracker | None:
    """What the trials are told to, by the command line of one of them; None where it cannot be said any more."""
    with suppress(ConfigError):
        return configure(first, memo=memo)[0].tracking
    return None


def _say_how_to_go_on(opened: Opened) -> None:
    print(f"go on with: python -m runner -m sweep.resume={opened.name.partition('/')[0]}", file=sys.stderr, flush=True)
