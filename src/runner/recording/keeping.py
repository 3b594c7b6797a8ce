"""What becomes of runs after they ran: tagged, noted on, archived, removed. Every step is an event of the ledger, and
none changes what was tried."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.errors import ConfigError, DataError, Problem
from runner.recording import testimony
from runner.recording.ledger import Ledger
from runner.recording.run_folder import manifest_of
from runner.storage.disk import writing

TAGGED, NOTED, ARCHIVED, RESTORED, REMOVED = (
    *("run_tagged", "run_noted", "run_archived", "run_restored", "run_removed"),
)
RUNS, ARCHIVE = "runs", "archive"


@dataclass(frozen=True)
class Marks:
    """What was said of a run since: tags, in order of the alphabet, and notes, in order of time."""

    tags: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def marks(ledger: Ledger) -> Mapping[str, Marks]:
    """run id -> its marks, of every run that has any."""
    found: dict[str, Marks] = {}
    for event in testimony.noted(ledger, TAGGED):
        before = found.get(event.key, Marks())
        tags = (set(before.tags) | set(event.content["added"])) - set(event.content["removed"])
        found[event.key] = Marks(tuple(sorted(tags)), before.notes)
    for event in testimony.noted(ledger, NOTED):
        before = found.get(event.key, Marks())
        found[event.key] = Marks(before.tags, (*before.notes, event.content["text"]))
    return found


def tag(folder: Path, ledger: Ledger, *, added: Sequence[str] = (), removed: Sequence[str] = ()) -> Marks:
    """Adds and takes away tags. Raises ConfigError for one that is no word."""
    for word in (*added, *removed):
        if not word or any(letter.isspace() or letter == "," for letter in word):
            raise ConfigError(
                Problem("tag", f"'{word}' is no tag", "write one word, without spaces and commas", code="not_allowed")
            )
    run = manifest_of(folder)["run_id"]
    testimony.note(ledger, TAGGED, run, {"added": sorted(added), "removed": sorted(removed)})
    return marks(ledger).get(run, Marks())


def note(folder: Path, ledger: Ledger, text: str) -> Marks:
    """Adds a note, which stays. Raises ConfigError for an empty one."""
    if not text.strip():
        raise ConfigError(Problem("note", "says nothing", "give a text", code="missing"))
    run = manifest_of(folder)["run_id"]
    testimony.note(ledger, NOTED, run, {"text": text.strip()})
    return marks(ledger)[run]


def archive(folder: Path, ledger: Ledger, outputs: Path) -> Path:
    """Moves the folder under outputs/archive, where `list runs` does not look; gives its new place."""
    return _moved(folder, ledger, outputs / ARCHIVE, ARCHIVED)


def restore(folder: Path, ledger: Ledger, outputs: Path) -> Path:
    """Moves an archived folder back."""
    return _moved(folder, ledger, outputs / RUNS, RESTORED)


def remove(folder: Path, ledger: Ledger, outputs: Path) -> str:
    """Removes the folder; the ledger keeps its trial, and who removed what. Gives the new head of the ledger."""
    manifest = _resting(folder)
    what = {name: manifest.get(name) for name in ("experiment", "run_key", "state", "trial", "ledger_head")}
    head = testimony.note(ledger, REMOVED, manifest["run_id"], what)
    folder = folder.resolve()
    with writing(folder.parent):
        _unlink_latest(folder, outputs)
        shutil.rmtree(folder)
    return head


def _moved(folder: Path, ledger: Ledger, home: Path, kind: str) -> Path:
    manifest = _resting(folder)
    folder = folder.resolve()
    target = home / str(manifest["experiment"]) / folder.name
    if target.resolve() == folder:
        raise DataError(Problem(str(folder), f"lies in {home} already", code="nothing_to_do"))
    with writing(home):
        target.parent.mkdir(parents=True, exist_ok=True)
        testimony.note(ledger, kind, manifest["run_id"], {"run_key": manifest["run_key"]})
        _unlink_latest(folder, home.parent)
        folder.rename(target)
    return target


def _resting(folder: Path) -> dict[str, Any]:
    """The manifest. Raises DataError where the run still runs."""
    manifest = manifest_of(folder)
    if manifest.get("state") == "running":
        raise DataError(
            Problem(str(folder), "the run is running", "wait for it, or end it first", code="running", value="running")
        )
    return manifest


def _unlink_latest(folder: Path, outputs: Path) -> None:
    """`latest` names no folder that is gone: it names the newest of those that are left, if there is one."""
    latest = outputs / "latest"
    if not latest.is_symlink() or latest.resolve() != folder:
        return
    latest.unlink()
    left = [path.parent for path in outputs.glob(f"{RUNS}/*/*/manifest.json") if path.parent.resolve() != folder]
    if newest := max(left, key=lambda path: path.name, default=None):
        latest.symlink_to(newest.relative_to(outputs), target_is_directory=True)
