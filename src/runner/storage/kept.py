"""Facts that are cheap to look up and dear to find again, kept between processes in the user's cache folder.

One JSON file a name, behind its checksum. Whatever is not what was written (damage, half a file, another
program's) counts as absent; where nothing can be written, nothing is kept. Losing all of it costs time only.
"""

import atexit
import hashlib
import itertools
import json
import os
import sys
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
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
        with suppress(OSError):
            os.utime(path)
        return json.loads(text)
    except (OSError, ValueError, RuntimeError):
        return None


def keep(kind: str, name: str, value: Any) -> None:
    """Keeps a plain value, whole or not at all; two processes that write at once do not disturb each other.

    Raises TypeError for what JSON does not know.
    """
    text = json.dumps(value, separators=(",", ":")).encode()
    try:
        path = _path(kind, name)
        partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            partial.write_bytes(hashlib.sha256(text).hexdigest().encode() + b"\n" + text)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
        _drop_unused(path.parent)
    except (OSError, RuntimeError):  # the latter: there is no home
        return


class Memory:
    """key -> fact, looked up in what earlier processes found and kept when this one ends.

    most: how many are kept; those that this process did not ask for go first.
    """

    def __init__(self, kind: str, name: str, *, most: int) -> None:
        self.is_new = False
        self._place = (kind, name)
        self._most = most
        self._old: dict[str, Any] = load(kind, name) or {}
        self._asked: dict[str, Any] = {}
        atexit.register(self._keep)

    def get(self, key: str, find: Callable[[], Any]) -> Any:
        """The fact of this key, which `find` gives as a plain value where no one found it before."""
        if key not in self._asked:
            self.is_new |= key not in self._old
            self._asked[key] = self._old[key] if key in self._old else find()
        return self._asked[key]

    def _keep(self) -> None:
        if self.is_new:
            of_others = load(*self._place) or {}
            keep(*self._place, dict(itertools.islice((self._asked | of_others).items(), self._most)))


def digest(parts: Iterable[bytes | str]) -> str:
    """SHA-256 of these parts in order, as 32 hex digits; where one ends and the next begins counts."""
    made = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        made.update(len(data).to_bytes(8, "little") + data)
    return made.hexdigest()[:32]


def contents(folder: Path) -> Iterator[str | bytes]:
    """Every name below a folder, and what the files hold. Raises LinkedFolder, OSError."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name == "__pycache__":
            continue
        yield entry.path
        if entry.is_file():
            with open(entry.path, "rb", buffering=0) as file:  # noqa: PTH123  # hundreds of them: Path takes longer
                yield file.read()
        elif entry.is_symlink():
            raise LinkedFolder
        elif entry.is_dir():
            yield from contents(Path(entry.path))


class LinkedFolder(Exception):
    """A folder that may lead anywhere, also to itself."""


def environment() -> str:
    """Changes with the interpreter and with whatever is installed or removed beside it."""
    return _environment(tuple(sys.path))


@cache
def _environment(folders: tuple[str, ...]) -> str:
    installed = [f"{folder} {stamp}" for folder in folders for stamp in _installed(folder or ".")]
    return digest([sys.version, sys.prefix, *installed])


def _installed(folder: str) -> list[str]:
    """What pip and its like leave in a folder for every distribution."""
    if not Path(folder).is_dir():
        return []
    with os.scandir(folder) as entries:
        found = [entry for entry in entries if entry.name.endswith((".dist-info", ".egg-info", ".egg-link", ".pth"))]
        return sorted(f"{entry.name} {entry.stat().st_mtime_ns}" for entry in found)


def _path(kind: str, name: str) -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "assay" / kind / f"{name}.json"


def _drop_unused(folder: Path) -> None:
    files = sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for path in files[MOST_FILES:]:
        path.unlink(missing_ok=True)
