"""A sweep's folder: what it searches, and its study."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from components.errors import ConfigError, Problem
from runner.composition.configure import configure
from runner.composition.figures import leading, metrics
from runner.specification.places import HERE
from runner.specification.sweep import Settings
from runner.storage.disk import write_atomically, writing
from runner.sweeps import searches
from runner.sweeps.journal import FileJournal, Journal, SqlJournal
from runner.sweeps.points import search_name
from runner.sweeps.settings import Asked, settings_of
from runner.sweeps.space import Space, space_of
from runner.sweeps.study import Study

JOBS, ASKED, JOURNAL = "jobs", "sweep.json", "study.jsonl"
SPAN = "valid"


@dataclass(frozen=True, kw_only=True)
class Opened:
    """objectives: names of figures; directions: 1 where more is better, -1 where less is."""

    folder: Path
    settings: Settings
    space: Space
    objectives: tuple[str, ...]
    directions: tuple[int, ...]
    journal: Journal

    def study(self) -> Study:
        """As a worker of this process sees it."""
        search = searches.search_of(search_name(self.settings), self.space, self.settings.seed, self.directions)
        return Study(journal=self.journal, search=search, most=self.settings.trials, fail_fast=self.settings.fail_fast)


def begun(asked: Asked, space: Space, first: Sequence[str]) -> Opened:
    """A new sweep; nothing is written where it is not allowed. first: command line of any of its points."""
    settings = asked.settings
    objectives, directions = _objectives(settings, first)
    folder = HERE.sweeps / datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")
    opened = _opened(folder, settings, space, objectives, directions)
    _refuse(opened)
    opened.study()
    with writing(HERE.sweeps):
        (folder / JOBS).mkdir(parents=True)
    content = {
        "overrides": asked.plain,
        "when": asked.branches,
        "settings": settings.content(),
        "objectives": objectives,
        "directions": directions,
    }
    write_atomically(folder / ASKED, json.dumps(content, indent=1).encode())
    return opened


def opened_again(folder: Path) -> Opened:
    """A sweep that is there. Raises ConfigError where it cannot be read."""
    try:
        content: Mapping[str, Any] = json.loads((folder / ASKED).read_text(encoding="utf-8"))
        settings, space = settings_of(content["settings"]), space_of(content["overrides"], content["when"])
        return _opened(folder, settings, space, tuple(content["objectives"]), tuple(content["directions"]))
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"{folder / ASKED}: cannot be read: {error}; name a folder of outputs/sweeps") from None


def folder_of(name: str) -> Path:
    """The folder of `sweep.resume`: a path, a name below outputs/sweeps, or latest. Raises ConfigError if none is."""
    if name == "latest":
        found = sorted(path.parent for path in HERE.sweeps.glob(f"*/{ASKED}"))
        if not found:
            raise ConfigError(Problem("sweep.resume", "no sweep was begun here", f"see {HERE.sweeps}"))
        return found[-1]
    places = [place for place in (Path(name), HERE.sweeps / name) if (place / ASKED).is_file()]
    if not places:
        raise ConfigError(Problem("sweep.resume", f"{name}: is no sweep", f"name a folder of {HERE.sweeps}, or latest"))
    return places[0]


def _opened(
    folder: Path, settings: Settings, space: Space, objectives: tuple[str, ...], directions: tuple[int, ...]
) -> Opened:
    url = settings.storage()
    journal: Journal = FileJournal(path=folder / JOURNAL) if url is None else SqlJournal(url=url, study=folder.name)
    return Opened(
        folder=folder, settings=settings, space=space, objectives=objectives, directions=directions, journal=journal
    )


def _objectives(settings: Settings, first: Sequence[str]) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """What is judged by, and which way. A figure of the test spans would be a choice by what must not be seen."""
    known = metrics()
    if settings.objectives is None:
        kind = configure(first)[0].target.kind
        name = leading(set(known), kind)[0]
        return (f"{SPAN}/{name}",), (known[name].better,)
    problems = []
    for name in settings.objectives:
        span, _, last = name.partition("/")
        if last not in known or known[last].better == 0:
            problems.append(Problem("sweep.objectives", f"'{name}' is nothing to search for", f"such as {SPAN}/r2"))
        elif span != SPAN:
            hint = f"'{SPAN}/{last}': a search sees validation rows only"
            problems.append(Problem("sweep.objectives", f"'{name}' is not allowed", hint))
    if problems:
        raise ConfigError(*problems)
    return settings.objectives, tuple(known[name.partition("/")[2]].better for name in settings.objectives)


def _refuse(opened: Opened) -> None:
    name = search_name(opened.settings)
    if name not in searches.names():
        return  # said by the search itself
    if name != "grid" and opened.settings.trials is None:
        raise ConfigError(Problem("sweep.trials", f"{name} has no end", "say how many, sweep.trials=50"))
    module = import_module(f"runner.sweeps.searches.{name}")
    if opened.journal.shared and getattr(module, "UNPICKLES", False):
        hint = "use sweep.search=tpe, or drop sweep.storage_env"
        raise ConfigError(
            Problem("sweep.search", f"{name} unpickles what others can write to {opened.journal.place}", hint)
        )
    if opened.settings.prune != "none" and len(opened.objectives) > 1:
        raise ConfigError(Problem("sweep.prune", "needs one objective", "drop it, or all objectives but one"))
