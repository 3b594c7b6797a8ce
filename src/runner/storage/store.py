"""The cache: results of stages by content key, whole or absent, verified on every read.

<root>/<stage>/<key[:2]>/<key>/   data files and index.json with their checksums
<root>/.locks/                    one lock file per result being computed
<root>/.partial/                  results being written
<root>/.meanings/                 what the digests of code stand for
"""

import base64
import errno
import hashlib
import json
import logging
import os
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from components.errors import ContractError
from runner.storage.disk import sync_folder, write_synced, writing
from runner.storage.formats import Files, Format

T = TypeVar("T")
logger = logging.getLogger(__name__)

_INDEX = "index.json"
MEANINGS = ".meanings"


class _Damaged(Exception):
    """An entry whose files are not what its index says."""


class _Busy(Exception):
    """Another process is computing or removing the result."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One stored result: where it lies and its verified files."""

    folder: Path
    files: Files

    def load(self, form: Format[T]) -> T:
        return form.decode(self.files)


@dataclass(frozen=True)
class Store:
    """A folder of results, shared by any number of processes."""

    root: Path

    def get(self, key: str, stage: str, *, only: str | None = None) -> Entry | None:
        """The stored result, or None; `only`: with this file alone. A damaged one is dropped with a warning."""
        try:
            return self._read(key, stage, only)
        except _Damaged:
            with self._lock(key, stage):
                return self._read_or_drop(key, stage, only)

    def keys(self, stage: str) -> tuple[str, ...]:
        """Keys of all results of a stage, sorted."""
        return tuple(sorted(index.parent.name for index in (self.root / stage).glob(f"*/*/{_INDEX}")))

    def read(self, key: str, stage: str, name: str) -> bytes | None:
        """One file of a stored result, verified, or None; if that file is damaged the whole result is dropped."""
        entry = self.get(key, stage, only=name)
        return entry.files[name] if entry else None

    def drop(self, key: str, stage: str) -> None:
        """Removes a result; whoever is reading it sees it as absent."""
        with self._lock(key, stage), writing(self.root):
            shutil.rmtree(self.folder(key, stage), ignore_errors=True)

    def has(self, key: str, stage: str) -> bool:
        """Whether there is a result, without reading it."""
        return self.root.joinpath(stage, key[:2], key, _INDEX).is_file()

    def origin(self, key: str, stage: str) -> Mapping[str, Any] | None:
        """What the key of a stored result was made of; None where there is none."""
        try:
            origin: Mapping[str, Any] = json.loads((self.folder(key, stage) / _INDEX).read_bytes())["origin"]
        except (OSError, ValueError, KeyError):
            return None
        return origin

    def describes(self, digest: str) -> bool:
        """Whether it is kept what a digest in an origin stands for."""
        return (self.root / MEANINGS / f"{digest}.json").exists()

    def describe(self, digest: str, content: Mapping[str, Any]) -> None:
        """Keeps what a digest stands for, or a key whose result is not kept; losing it loses an explanation only."""
        path = self.root / MEANINGS / f"{digest}.json"
        with writing(self.root):
            if path.exists():
                return
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
            try:
                partial.write_bytes(json.dumps(content, separators=(",", ":")).encode())
                partial.replace(path)
            finally:
                partial.unlink(missing_ok=True)

    def meaning(self, digest: str) -> Mapping[str, Any] | None:
        """What `describe` kept."""
        try:
            content: Mapping[str, Any] = json.loads((self.root / MEANINGS / f"{digest}.json").read_bytes())
        except (OSError, ValueError):
            return None
        return content

    def entries(self) -> Iterator[tuple[str, str]]:
        """(stage, key) of every result, sorted."""
        for index in sorted(self.root.glob(f"[!.]*/*/*/{_INDEX}")):
            yield index.parents[2].name, index.parent.name

    def damage(self, key: str, stage: str) -> str | None:
        """What is wrong with the files of a result; None: nothing, or it is gone. Nothing is dropped or noted."""
        try:
            self._verified(key, stage, None)
        except _Damaged as damage:
            return str(damage)
        return None

    def remove_unused(self, key: str, stage: str) -> bool:
        """Removes a result, at once for all who look, unless some process is computing or removing it."""
        hidden = self.root / ".partial" / _label(key, stage)
        try:
            with self._lock(key, stage, timeout=0), writing(self.root):
                shutil.rmtree(hidden, ignore_errors=True)
                hidden.parent.mkdir(parents=True, exist_ok=True)
                with suppress(FileNotFoundError):
                    self.folder(key, stage).rename(hidden)
                shutil.rmtree(hidden, ignore_errors=True)
        except _Busy:
            return False
        return True

    def compute(
        self, key: str, stage: str, fn: Callable[[], T], form: Format[T], origin: Mapping[str, Any] | None = None
    ) -> T:
        """The stored result of `fn`, or that of calling it now; concurrent callers wait and call it once.

        origin: what the key was made of, kept beside the result.

        What is returned went through `form` in either case, so cold and cached results are equal.
        Raises what `fn` raises, and OutputError if the result cannot be written.
        """
        entry = self.get(key, stage)
        if entry is None:
            with self._lock(key, stage):
                entry = self._read_or_drop(key, stage) or self._write(key, stage, form.encode(fn()), origin)
        return entry.load(form)

    def keep(self, key: str, stage: str, value: T, form: Format[T], origin: Mapping[str, Any] | None = None) -> T:
        """Keeps a value that is there already, as one file that is not synced: a killed process loses no entry, a power
        cut may. Whoever keeps the same meanwhile keeps the same bytes. Gives it back as it is read."""
        files = form.encode(value)
        index = {
            "stage": stage,
            "key": key,
            "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
            "origin": origin,
            "within": {name: base64.b64encode(data).decode() for name, data in files.items()},
        }
        data, folder = json.dumps(index).encode(), self.folder(key, stage)
        partial = self.root / ".partial" / f"{_label(key, stage)}-{uuid.uuid4().hex}"
        with writing(self.root):
            if not folder.parent.is_dir():
                folder.parent.mkdir(parents=True, exist_ok=True)
            partial.mkdir(parents=True)
            try:
                (partial / _INDEX).write_bytes(data)
                partial.rename(folder)
            except OSError as error:
                shutil.rmtree(partial, ignore_errors=True)
                if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
        return form.decode(files)

    def folder(self, key: str, stage: str) -> Path:
        """Where a result lies, or would."""
        return self.root.joinpath(stage, key[:2], key)

    def _read(self, key: str, stage: str, only: str | None) -> Entry | None:
        entry = self._verified(key, stage, only)
        if entry is not None:
            with suppress(OSError):
                os.utime(entry.folder)  # when it was used: what was not for longest is collected first
        return entry

    def _verified(self, key: str, stage: str, only: str | None) -> Entry | None:
        """The files of an entry, or only one of them, compared with their checksums."""
        folder = self.folder(key, stage)
        try:
            index = json.loads((folder / _INDEX).read_bytes())
            within = {name: base64.b64decode(text) for name, text in index.get("within", {}).items()}
            wanted = [only] if only else index["files"]
            files = {name: within[name] if within else (folder / name).read_bytes() for name in wanted}
        except FileNotFoundError as error:
            if not folder.exists():
                return None
            raise _Damaged(f"{Path(error.filename).name} is missing") from None
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise _Damaged(f"unreadable: {error}") from None
        for name, data in files.items():
            if hashlib.sha256(data).hexdigest() != index["files"][name]:
                raise _Damaged(f"{name} differs from its checksum")
        return Entry(folder=folder, files=files)

    def _read_or_drop(self, key: str, stage: str, only: str | None = None) -> Entry | None:
        try:
            return self._read(key, stage, only)
        except _Damaged as damage:
            folder = self.folder(key, stage)
            logger.warning("%s: damaged entry dropped, will be recomputed: %s", folder, damage)
            with writing(self.root):
                shutil.rmtree(folder)
            return None

    def _write(self, key: str, stage: str, files: Files, origin: Mapping[str, Any] | None = None) -> Entry:
        folder, partial = self.folder(key, stage), self.root / ".partial" / _label(key, stage)
        with writing(self.root):
            shutil.rmtree(partial, ignore_errors=True)
            self._drop_abandoned()
            try:
                for name, data in files.items():
                    path = partial / _checked(name)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    write_synced(path, data)
                checksums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
                index = {"stage": stage, "key": key, "files": checksums, "origin": origin}
                partial.mkdir(parents=True, exist_ok=True)
                write_synced(partial / _INDEX, json.dumps(index, indent=1).encode())
                sync_folder(partial)
                folder.parent.mkdir(parents=True, exist_ok=True)
                partial.rename(folder)
                sync_folder(folder.parent)
            finally:
                shutil.rmtree(partial, ignore_errors=True)
        return Entry(folder=folder, files=files)

    def _drop_abandoned(self) -> None:
        """Removes what killed processes left half-written: what is there without its lock being held."""
        from filelock import FileLock, Timeout

        for partial in (self.root / ".partial").glob("*"):
            try:
                with FileLock(self._lock_file(partial.name), timeout=0):
                    shutil.rmtree(partial, ignore_errors=True)
                    self._lock_file(partial.name).unlink(missing_ok=True)
            except Timeout:
                continue

    def _lock_file(self, label: str) -> Path:
        return self.root / ".locks" / f"{label}.lock"

    @contextmanager
    def _lock(self, key: str, stage: str, *, timeout: float = -1) -> Iterator[None]:
        """Held by one process at a time; released by the system if its holder is killed. Raises _Busy where another
        holds it for longer than timeout seconds; negative: waits."""
        from filelock import FileLock, Timeout

        path = self._lock_file(_label(key, stage))
        with writing(self.root):
            path.parent.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path, thread_local=False)
            try:
                lock.acquire(timeout=timeout)
            except Timeout:
                raise _Busy from None
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
            lock.release()


def _label(key: str, stage: str) -> str:
    return f"{stage}-{key}"


def _checked(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or name in ("", ".", _INDEX):
        raise ContractError(f"{name!r} cannot be the name of a stored file; use a relative name other than {_INDEX}")
    return name
