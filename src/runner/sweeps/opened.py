"""A sweep's folder: what it searches, and its study."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from components.errors import ConfigError, Problem
from runner.composition.compose import Memo
from runner.composition.configure import configure
from runner.recording.keeping import ARCHIVE, RUNS
from runner.specification.experiment import Experiment
from runner.specification.places import HERE
from runner.specification.sweep import Settings
from runner.storage.disk import write_atomically, writing
from runner.sweeps import searches
from runner.sweeps.aims import Aims, Constraint, aims_of, among, constraints_of, orders
from runner.sweeps.bars import bars_of
from runner.sweeps.journal import FileJournal, Journal, SqlJournal, is_address
from runner.sweeps.points import search_name
from runner.sweeps.searches import Past
from runner.sweeps.settings import Asked, settings_of
from runner.sweeps.space import Space, space_of
from runner.sweeps.study import Study, StudyTrial

SPANNING = ("data", "quality", "target", "split", "debug")
"""Slots that decide of which bars a fold's score is."""

NAMED = 3
"""Parameters that a message names at most."""

JOBS, ASKED, JOURNAL = "jobs", "sweep.json", "study.jsonl"


@dataclass(frozen=True, kw_only=True)
class Opened:
    """aims: figures that decide; name: by which ledger and database know it; first_rank: what null worlds said before
    more of them, or of trials, were asked for."""

    folder: Path
    name: str
    settings: Settings
    space: Space
    aims: Aims
    journal: Journal
    first_rank: Mapping[str, Any] | None = None

    @property
    def objectives(self) -> tuple[str, ...]:
        """Names of figures, most important first."""
        return self.aims.objectives

    @property
    def directions(self) -> tuple[int, ...]:
        """1 where more of an objective is better, -1 where less is."""
        return self.aims.directions

    @property
    def constraints(self) -> tuple[Constraint, ...]:
        """What must hold of the best trial."""
        return self.aims.constraints

    @property
    def outputs(self) -> Path:
        """Those that hold it, whatever folder a command runs in."""
        depth = len(Path(self.name).parts)
        whole = ".." not in self.folder.parts and len(self.folder.parents) > depth
        return (self.folder if whole else self.folder.resolve()).parents[depth]

    def trials(self) -> list[StudyTrial]:
        """As the journal has them. run: where the folder lies now, archived or not; where it was if it is gone."""
        return [replace(trial, run=trial.run and self._found(Path(trial.run))) for trial in self.study().refresh()]

    def _found(self, run: Path) -> str:
        places = [*(self.outputs / home / run.parent.name / run.name for home in (RUNS, ARCHIVE)), run]
        return str(next((place for place in places if (place / "manifest.json").is_file()), places[0]))

    def study(self) -> Study:
        """As a worker of this process sees it."""
        settings = self.settings
        return Study(
            journal=self.journal,
            search=searches.search_of(search_name(settings), self.space, settings.seed, self.directions),
            most=settings.trials,
            seconds=None if settings.minutes is None else 60 * settings.minutes,
            processor_seconds=None if settings.processor_hours is None else 3600 * settings.processor_hours,
            fail_fast=settings.fail_fast,
        )


Known = Callable[["Opened"], Sequence[Past]]


def begun(asked: Asked, space: Space, first: Sequence[str], known: Known = lambda _: (), *, within: str = "") -> Opened:
    """A new sweep; nothing is written where it is not allowed. first: command line of any of its points; known: finds
    points of earlier trials; within: name of the sweep of which it is a part, and its own there."""
    settings, name = asked.settings, within or new_name()
    draft = drafted(settings, space, configure(first)[0], name)
    opened = replace(draft, aims=aims_seen(settings, first))
    study, points = opened.study(), known(opened)
    if opened.journal.shared:
        study.refresh()  # nothing is begun where it cannot be reached
    with writing(HERE.sweeps):
        (opened.folder / JOBS).mkdir(parents=True)
    if points:
        study.knows(points)
    content = {
        "name": name,
        "overrides": asked.plain,
        "when": asked.branches,
        "settings": settings.content(),
        "objectives": opened.objectives,
        "directions": opened.directions,
    }
    # What makes it a sweep comes last: whatever is there can be resumed.
    write_atomically(opened.folder / ASKED, json.dumps(content, indent=1).encode())
    return opened


def drafted(settings: Settings, space: Space, first: Experiment, name: str = "") -> Opened:
    """A sweep that is not begun; reads and writes nothing. Raises ConfigError for what does not go together."""
    opened = _opened(HERE.sweeps / name, name, settings, space, aims_of(settings, first))
    refuse(opened)
    opened.study()  # raises where the search cannot be used on this space
    return opened


def aims_seen(settings: Settings, first: Sequence[str], memo: Memo | None = None) -> Aims:
    """By the bars that the first point reads, where the number of their symbols matters."""
    experiment, _ = configure(first, memo=memo)
    aims = aims_of(settings, experiment)
    return among(settings, experiment, len(bars_of(first, memo)[1].symbols)) if orders(aims) else aims


def new_name() -> str:
    """Of a sweep that begins now."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%fZ")


def opened_again(folder: Path) -> Opened:
    """A sweep that is there. Raises ConfigError where it cannot be read."""
    try:
        content: Mapping[str, Any] = json.loads((folder / ASKED).read_text(encoding="utf-8"))
        if "parts" in content:
            own = ", ".join(str(HERE.sweeps / name) for name in content["parts"].values())
            raise ConfigError(Problem(str(folder), "has a search for every symbol", f"name one of {own}"))
        settings, space = settings_of(content["settings"]), space_of(content["overrides"], content["when"])
        aims = Aims(
            objectives=tuple(content["objectives"]),
            directions=tuple(content["directions"]),
            constraints=constraints_of(settings),
        )
        found = _opened(folder, content["name"], settings, space, aims)
        return replace(found, first_rank=content.get("first_rank"))
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
    if not places[0].resolve().is_relative_to(HERE.sweeps.resolve()):
        hint = "go on in the folder where it began: its runs lie there"
        raise ConfigError(Problem("sweep.resume", f"{name}: is not of this folder's {HERE.sweeps}", hint))
    return places[0]


def spans(key: str) -> bool:
    """Whether a parameter decides of which bars, or of what target, a score is."""
    return key.lstrip("+").split(".")[0].split("@")[0] in SPANNING


def unlike(settings: Sequence[Mapping[str, str]]) -> list[str]:
    """Parameters by which the scores of trials are of different bars or targets."""
    keys = dict.fromkeys(key for each in settings for key in each if spans(key))
    return [key for key in keys if len({each.get(key) for each in settings}) > 1]


def unlike_says(keys: Sequence[str]) -> str:
    """Why trials that differ in these must not be ranked."""
    more = f" and {len(keys) - NAMED:,} more" if len(keys) > NAMED else ""
    differ = f"Trials differ in {', '.join(keys[:NAMED])}{more}"
    return f"{differ}: their figures are of different bars or targets, and do not compare"


def refuse(opened: Opened) -> None:
    """Raises ConfigError for what does not go together."""
    settings, journal, aims = opened.settings, opened.journal, opened.aims
    name, problems = search_name(settings), list[Problem]()
    if name not in searches.names():
        return  # said by the search itself
    if name != "grid" and settings.trials is None:
        problems.append(Problem("sweep.trials", f"{name} has no end", "say how many, sweep.trials=50"))
    if journal.shared and searches.unpickles(name):
        hint = "use sweep.search=tpe, or drop sweep.storage_env"
        problems.append(Problem("sweep.search", f"{name} unpickles what others can write to {journal.place}", hint))
    if settings.warm_start and not searches.takes_known(name):
        learn = ", ".join(each for each in searches.names() if searches.takes_known(each))
        hint = f"drop it, or sweep.search={learn.replace(', ', ' or ')}"
        problems.append(Problem("sweep.warm_start", f"{name} learns nothing from points that it did not choose", hint))
    if settings.prune != "none" and len(aims.objectives) > 1:
        problems.append(Problem("sweep.prune", "needs one objective", "drop it, or all objectives but one"))
    moving = [key for key in opened.space.keys if spans(key)]
    if settings.prune != "none" and moving:
        hint = f"drop sweep.prune, or give {moving[0]} one value"
        problems.append(Problem("sweep.prune", f"trials that differ in {moving[0]} have no folds in common", hint))
    if problems:
        raise ConfigError(*problems)


def _opened(folder: Path, name: str, settings: Settings, space: Space, aims: Aims) -> Opened:
    url = settings.storage()
    journal: Journal = FileJournal(path=folder / JOURNAL) if url is None else SqlJournal(url=url, study=name)
    if url is not None and not is_address(url):
        hint = "such as sqlite:////folder/study.db or postgresql+psycopg://USER:PASSWORD@HOST/DATABASE"
        raise ConfigError(Problem("sweep.storage_env", f"{settings.storage_env} holds no SQLAlchemy URL", hint))
    return Opened(folder=folder, name=name, settings=settings, space=space, aims=aims, journal=journal)
