"""Facts that are cheap to look up and dear to find again, kept between processes in the user's cache folder.

One JSON file a name, behind its checksum. Whatever is not what was written (damage, half a file, another
program's) counts as absent; where nothing can be written, nothing is kept. Losing all of it costs time only.
"""

import hashlib
import json
import os
import sys
import uuid
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

MOST_FILES = 64
"""Files kept of one kind; the longest unused go first."""


def load(kind: str, name: str) -> Any:
    """What was kept under this name; None where there is nothing that can be trusted."""
    try:
        path = _path(kind, name)
        check, _, text = path.read_bytes().partition(b"\n")
        if hashlib.sha256(text).hexdigest().encode() != check:
            return None
        os.utime(path)
        return json.loads(text)
    except (OSError, ValueError):
        return None


def keep(kind: str, name: str, value: Any) -> None:
    """Keeps a plain value, whole or not at all; two processes that write at once do not disturb each other.

    Raises TypeError for what JSON does not know.
    """
    text = json.dumps(value, separators=(",", ":")).encode()
    path = _path(kind, name)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            partial.write_bytes(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        _drop_unused(path.parent)
    except OSError:
        return


def digest(parts: Iterable[bytes | str]) -> str:
    """SHA-256 of these parts in order, as 32 hex digits; where one ends and the next begins counts."""
    made = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        made.update(len(data).to_bytes(8, "little") + data)
    return made.hexdigest()[:32]


@cache
def environment() -> str:
    """Changes with the interpreter and with whatever is installed or removed beside it."""
    places = [Path(folder) for folder in sys.path if Path(folder).name in ("site-packages", "dist-packages")]
    stamps = [f"{place} {place.stat().st_mtime_ns}" for place in places if place.is_dir()]
    return digest([sys.version, sys.prefix, *stamps])


def _path(kind: str, name: str) -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "assay" / kind / f"{name}.json"


def _drop_unused(folder: Path) -> None:
    files = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in files[MOST_FILES:]:
        path.unlink(missing_ok=True)
