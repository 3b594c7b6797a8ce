"""Checksums of a run's folder: written beside its files, in the form that `sha256sum --check` reads, and in the ledger.

The ledger's word counts: whoever edits a figure and makes the checksums fit has still the chain against him.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from components.errors import DataError
from runner.recording import testimony
from runner.recording.events import FILE as EVENTS
from runner.recording.ledger import Ledger
from runner.recording.records import RunRecord
from runner.storage.disk import write_atomically

SUMS = "SHA256SUMS"
LOOSE = frozenset({SUMS, EVENTS, "tracking.log"})
"""Not sealed: the checksums themselves, and what may be written at any time, as logs are."""
DRAWN = ("report.html", "badge.svg", "plots/")
"""What `report` writes anew, from the rest."""


def seal(folder: Path, run_key: str, ledger: Ledger | None) -> None:
    """Writes the checksums of all files that lie in the folder now, and notes them in the ledger, None: in none, as
    of a debug run."""
    files = testimony.digests(folder, _names(folder))
    write_sums(folder, files)
    if ledger is not None:
        testimony.note(ledger, testimony.RECORDED, folder.resolve().name, {"run_key": run_key, "files": files})


def vouched(record: RunRecord, files: testimony.Files) -> dict[str, Any]:
    """The event by which the ledger knows the files of a run."""
    content = {"run_key": record.manifest["run_key"], "files": files}
    return {"kind": testimony.RECORDED, "key": record.run_id, "content": content}


def write_sums(folder: Path, files: testimony.Files) -> None:
    """SHA256SUMS alone, of files that the ledger knows already, or need not know."""
    text = "".join(f"{sha}  {name}\n" for name, sha in files.items())
    write_atomically(folder / SUMS, text.encode(), synced=False)


def is_sealed(folder: Path, ledger: Ledger) -> bool:
    """Whether anything says what the files were: those of a run that was cut off nobody vouches for."""
    return bool(_known(folder, ledger))


def changed(folder: Path, ledger: Ledger) -> list[str]:
    """Files that are not what they were when the folder was last sealed, or are gone; further files do no harm."""
    problems: list[str] | None = None
    for known in _known(folder, ledger):
        found = testimony.digests(folder, known)
        differing = testimony.differing(known, found)
        # Runs of other folders may have the same id: it is enough that one of them is this one.
        problems = differing if problems is None or not differing else problems
    return problems or []


def refuse_changed(folder: Path, ledger: Ledger) -> None:
    """Raises DataError where a file that the run wrote, and `report` does not, is not what it was."""
    names = [name for name in changed(folder, ledger) if not name.startswith(DRAWN)]
    if names:
        raise DataError(
            f"{folder / names[0]}: changed since the run wrote it: its checksum is not the one that was recorded; "
            "restore the file or run the experiment again"
        )


def _known(folder: Path, ledger: Ledger) -> list[testimony.Files]:
    """Files and digests as they were recorded, the newest first; where the ledger says nothing, as the folder does."""
    events = testimony.noted(ledger, testimony.RECORDED, folder.resolve().name)
    if events:
        return [event.content["files"] for event in reversed(events)]
    try:
        lines = (folder / SUMS).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return [{name: sha for sha, _, name in (line.partition("  ") for line in lines)}]


def _names(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if name not in LOOSE and not path.name.startswith("."):
            yield name
