"""`sweep.resume=...` with other settings beside it: what may change when a sweep goes on, written into its folder."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from components.errors import AssayError, ConfigError, Problem
from runner.specification.sweep import Settings
from runner.storage.disk import write_atomically
from runner.sweeps.nulls.kept import kept, last_kept
from runner.sweeps.nulls.told import of_sweep
from runner.sweeps.opened import ASKED, Opened
from runner.sweeps.settings import settings_of

MAY_CHANGE = ("trials", "workers", "minutes", "processor_hours", "fail_fast", "null_worlds", "judged")
"""The others say what is searched, and how: trials before and after would not be of one search."""

SHARED = ("minutes", "processor_hours")
"""Of which every symbol's search has its share."""


def going_on(parts: Sequence[Opened], given: Mapping[str, Any]) -> list[Opened]:
    """The searches of a sweep with settings that were given beside `sweep.resume`; nothing is written.

    Raises ConfigError for those that cannot change, for fewer trials, and for fewer null worlds than are known.
    """
    if refused := [name for name in given if name not in (*MAY_CHANGE, "resume")]:
        hint = f"drop it; these may: {', '.join(f'sweep.{name}' for name in MAY_CHANGE)}"
        raise ConfigError(*(Problem(f"sweep.{name}", "cannot change when a sweep goes on", hint) for name in refused))
    own = {name: value for name, value in given.items() if name != "resume"}
    own |= {name: own[name] / len(parts) for name in SHARED if own.get(name) and len(parts) > 1}
    return [_changed(opened, own) for opened in parts]


def write_changes(opened: Opened) -> None:
    """Into the sweep's folder, so that all its workers and a later plain resume know them."""
    path = opened.folder / ASKED
    content = json.loads(path.read_text(encoding="utf-8"))
    settings = json.loads(json.dumps(opened.settings.content()))
    changed = {**content, "settings": settings, "first_rank": opened.first_rank}
    if changed != {"first_rank": None, **content}:
        write_atomically(path, json.dumps(changed, indent=1).encode())


def _changed(opened: Opened, given: Mapping[str, Any]) -> Opened:
    settings = settings_of({**opened.settings.content(), **given})
    _refuse_fewer(opened, settings)
    return replace(opened, settings=settings, first_rank=_first_rank(opened, settings))


def _refuse_fewer(opened: Opened, settings: Settings) -> None:
    before, problems = opened.settings, list[Problem]()
    if settings.trials != before.trials and before.trials is None:
        hint = "drop it; to end before, press Ctrl-C or set sweep.minutes"
        problems.append(Problem("sweep.trials", f"the sweep {opened.name} has every combination", hint))
    elif before.trials is not None and (settings.trials is None or settings.trials < before.trials):
        says = f"{before.trials} were asked for, and their number only grows"
        problems.append(Problem("sweep.trials", says, f"say {before.trials} or more, or drop it"))
    last = last_kept(opened)
    if settings.null_worlds != before.null_worlds and last > (settings.null_worlds or 0):
        says = f"{last} worlds are kept of the sweep {opened.name}, and all of them count"
        problems.append(Problem("sweep.null_worlds", says, f"say {last} or more, or drop it"))
    if problems:
        raise ConfigError(*problems)


def _first_rank(opened: Opened, settings: Settings) -> Mapping[str, Any] | None:
    """What was known of null worlds before their number, or that of trials, was changed for the first time; None where
    nothing was."""
    changes = any(getattr(settings, name) != getattr(opened.settings, name) for name in ("null_worlds", "trials"))
    trials = opened.study().refresh() if changes and last_kept(opened) else []
    if opened.first_rank is not None or not kept(opened, len(trials)):
        return opened.first_rank
    try:
        known = of_sweep(opened, trials) or {}
    except AssayError:  # the best run is not there: what was known of it cannot be told any more
        known = {}
    return {
        "asked": opened.settings.null_worlds,
        "worlds": len(kept(opened, len(trials))),
        "trials": len(trials),
        "leading": known.get("leading"),
        "p_value": known.get("p_value"),
    }
