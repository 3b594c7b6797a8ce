"""`-m`: a search over a space, each point a trial. The space is checked first, and no trial's failure ends the rest."""

import sys
from collections.abc import Sequence
from contextlib import suppress

from components.errors import ConfigError, Problem
from runner import exit_codes
from runner.answer import Answer
from runner.composition.compose import Memo
from runner.composition.configure import configure
from runner.specification.places import HERE
from runner.specification.tracker import Tracker
from runner.sweeps import table
from runner.sweeps.best import judge_best
from runner.sweeps.checked import checked, parts_checked
from runner.sweeps.going_on import going_on, write_changes
from runner.sweeps.launching import Launcher, launch, launcher_of
from runner.sweeps.nulls.kept import refuse_points, search_all
from runner.sweeps.nulls.told import keep_ranks
from runner.sweeps.opened import Opened, folder_of
from runner.sweeps.parts import begun_parts, parts_of, together
from runner.sweeps.plan import plan
from runner.sweeps.settings import asked as asked_for
from runner.sweeps.stopping import interrupts, revoke
from runner.sweeps.supervising import supervise
from runner.sweeps.worker import work
from runner.tracking.deliver import filling

SWEEP = {
    "folder": "text or null: where the trials are noted; null for a plan",
    "objectives": "list: figures that the search is after",
    "jobs": "list: of each trial, job, overrides, exit_code, run_folder, ending (a level, or how it failed), metrics",
    "best": "integer or null: job that is best by the first objective",
    "null_worlds": "map or null: where the best stands among null worlds: worlds, asked, first (what was "
    "known before more worlds or trials were asked for: asked, worlds, trials, leading, p_value; or null), failed (in "
    "which the search found nothing), trials, leading (the figure that is judged), its p_value, rank, real and nulls "
    "(a world), figures (the same of each, and low and high of the share of worlds as good) and says, the same in "
    "words",
    "plan": "map or null: of a plan: points, checked, trials, null_trials, seconds, processor_hours, memory_bytes, "
    "disk_bytes, and within which factor",
    "parts": "map: symbol -> the same fields, of a sweep by symbol; empty otherwise",
}
"""Fields of the answer."""


def sweep(overrides: Sequence[str]) -> Answer:
    """Runs the trials; the exit code is that of the whole.

    Raises ConfigError with the problems of all points before anything runs.
    """
    asked = asked_for(overrides)
    if asked.settings.resume is not None:
        if asked.plain:
            hint = "drop what stands beside it: the sweep knows its space"
            raise ConfigError(Problem("sweep.resume", f"'{asked.plain[0]}' cannot be added", hint))
        launcher, memo = launcher_of(asked.hydra), Memo()
        parts = going_on(parts_of(folder_of(asked.settings.resume)), asked.given)
        tracker = _resumed(parts, memo)
        for opened in parts:
            if opened.settings.null_worlds is not None:
                refuse_points([opened.space.overrides(values) for values in opened.space.corners()])
        for opened in parts:
            write_changes(opened)
            opened.study().resume()
            revoke(opened.folder)
    else:
        search = checked(asked)
        launcher, memo, first = search.launcher, search.memo, search.points[0]
        searches = parts_checked(search)
        if asked.settings.plan:
            return plan(searches[0], len(search.points), len(search.seen), memo, times=len(searches))
        parts, tracker = begun_parts(searches, memo), _tracker(first, memo)
    return together(parts, [_searched(opened, memo, launcher, tracker) for opened in parts])


def _searched(opened: Opened, memo: Memo, launcher: Launcher | None, tracker: Tracker | None) -> Answer:
    interrupted = False
    try:
        with filling(HERE.outputs, tracker):
            with interrupts(opened.folder) as stop:
                if launcher is not None:
                    launch(opened, launcher)
                elif opened.settings.workers > 1 or work(opened, memo, stop) == "grown":
                    supervise(opened, opened.settings.workers)
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
