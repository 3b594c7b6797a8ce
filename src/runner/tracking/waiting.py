"""Which run folders have something to tell: those that ended, were made to be told, and are not as they were told."""

import hashlib
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from runner.recording.provenance import this_process
from runner.recording.sealed import SUMS

GRACE_SECONDS = 10.0
"""A run that ended badly is not sealed; so long after its end nothing more is written."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """edition: of its manifest; crashed: its process went without a word."""

    folder: Path
    manifest: Mapping[str, Any]
    edition: str
    crashed: bool


@dataclass
class Folders:
    """The run folders below outputs; those that did not change are not read twice."""

    outputs: Path
    _known: dict[Path, tuple[int, Ended | None]] = field(default_factory=dict[Path, tuple[int, "Ended | None"]])

    def ended(self) -> Iterator[Ended]:
        """Every one that ended and is to be told, the oldest first. One that is gone is passed over."""
        found = (path for place in ("runs", "archive") for path in self.outputs.glob(f"{place}/*/*/manifest.json"))
        for path in sorted(found, key=lambda path: path.parent.name):
            try:
                changed = path.stat().st_mtime_ns
                if path not in self._known or self._known[path][0] != changed:
                    run, settled = _read(path, changed / 1e9)
                    if not settled:
                        continue
                    self._known[path] = (changed, run)
            except (OSError, ValueError):
                continue
            ended = self._known[path][1]
            if ended is not None:
                yield ended


def _read(path: Path, changed: float) -> tuple[Ended | None, bool]:
    """The run, None where there is nothing to tell; and whether that stays so as long as its manifest does."""
    content = path.read_bytes()
    manifest = json.loads(content)
    if not manifest.get("tracking"):
        return None, True  # it is to be told nowhere, or is older than this question
    sealed, running = (path.parent / SUMS).is_file(), manifest["state"] == "running"
    gone = _gone(str(manifest.get("process")), str(manifest.get("started")))
    if not gone and (running or (not sealed and time.time() - changed < GRACE_SECONDS)):
        return None, False
    edition = hashlib.sha256(content).hexdigest()[:16]
    return Ended(folder=path.parent, manifest=manifest, edition=edition, crashed=running), True


def _gone(process: str, started: str) -> bool:
    """Whether the process of this machine that wrote it is no more. Of another machine's nobody can tell."""
    host, _, number = process.rpartition(":")
    if host != this_process().rpartition(":")[0]:
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return _younger(int(number), started)


def _younger(number: int, started: str) -> bool:
    """Whether the process of that number began after the run did: the number was given again."""
    try:
        return Path(f"/proc/{number}").stat().st_mtime > datetime.fromisoformat(started).timestamp() + 1
    except (OSError, ValueError):
        return False
