"""Bytes that were fetched from elsewhere, kept on disk: what a run has read once, it reads again."""

import hashlib
import os
import uuid
from pathlib import Path

from components.errors import OutputError


def recall(folder: str, key: str) -> bytes | None:
    """What was kept under this key; None where nothing was, or where the file is damaged."""
    try:
        checksum, _, content = _path(folder, key).read_bytes().partition(b"\n")
    except OSError:
        return None
    return content if checksum == _checksum(content) else None


def keep(folder: str, key: str, content: bytes) -> None:
    """Keeps the bytes; a reader sees the old ones or the new ones, never a part.

    Raises OutputError where the folder cannot be written.
    """
    path = _path(folder, key)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with partial.open("xb") as file:
                file.write(_checksum(content) + b"\n" + content)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"{folder}: cannot write: {error.strerror or error}; free some space or choose another data.cache_folder"
        ) from None


def _path(folder: str, key: str) -> Path:
    return Path(folder) / hashlib.sha256(key.encode()).hexdigest()[:32]


def _checksum(content: bytes) -> bytes:
    return hashlib.sha256(content).hexdigest().encode()
