"""What is trusted is an event of the chain: what a vault said, which bytes a version has, where an alias was moved,
which files a run left. Whoever reads such a thing later asks here whether it is still what it was.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from runner.recording.chain import Event, Transaction
from runner.recording.ledger import Ledger

JUDGED = "vault_judged"
"""What the vault said of a run; key: its run key; files: of its opening."""
PROMOTED = "promoted"
"""A version was written; key: run key; name, version, files, override."""
MOVED = "alias_moved"
"""An alias was moved; key: name of the bundle; number, move (hash), previous, bundle (hash of its SHA256SUMS)."""
RECORDED = "run_recorded"
"""A run's folder was closed; key: its run id; run_key, files."""
SIGNED = "signed"
"""A version was signed; key: digest of its SHA256SUMS; name, version, by (fingerprint of the public key)."""
KINDS = (JUDGED, PROMOTED, MOVED, RECORDED, SIGNED)

Files = Mapping[str, str]
"""Name of a file -> SHA-256 of its content."""


def digest(data: bytes) -> str:
    """SHA-256, as `sha256sum` writes it."""
    return hashlib.sha256(data).hexdigest()


def digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """name -> digest of the files of a folder that are there; what is no plain file is left out."""
    found = {}
    for name in sorted(names):
        file = folder / name
        if file.is_file() and not file.is_symlink():
            with file.open("rb") as stream:
                found[name] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found


def note(ledger: Ledger, kind: str, key: str, content: Mapping[str, Any]) -> str:
    """Appends an event and gives its head; what the newest of its kind and key says already is not said again."""

    def work(transaction: Transaction) -> str:
        events = list(transaction.events(kind=kind, key=key))
        if events and all(events[-1].content.get(name) == value for name, value in content.items()):
            return events[-1].head
        return transaction.append(kind, family="", key=key, content=content)

    return ledger.chain.append(work)


def noted(ledger: Ledger, kind: str, key: str | None = None) -> list[Event]:
    """Events of a kind in order, all or those of one key."""
    return ledger.chain.read(lambda transaction: list(transaction.events(kind=kind, key=key)))


def versions_noted(ledger: Ledger, key: str, name: str, version: int) -> list[dict[str, Any]]:
    """What was noted when a run became this version, each time that it was about to: it may have been cut off."""
    found = [event.content for event in noted(ledger, PROMOTED, key)]
    return [one for one in found if (one["name"], one["version"]) == (name, version)]


def closest(known: Sequence[Mapping[str, Any]], found: Files) -> list[str]:
    """Files that are not as the record says that fits best; none where one fits, or where there is none."""
    return min((differing(one["files"], found) for one in reversed(known)), key=len, default=[])


def names_version(ledger: Ledger, name: str, version: int) -> bool:
    """Whether any run was noted to have become this version."""
    return any((e.content["name"], e.content["version"]) == (name, version) for e in noted(ledger, PROMOTED))


def differing(known: Files, found: Files) -> list[str]:
    """Files that are not in both, or not with the same content, in order."""
    return sorted(name for name in known.keys() | found.keys() if known.get(name) != found.get(name))
