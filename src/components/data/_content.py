"""Digests of what sources read."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

from components.errors import Unavailable


def content_of_files(paths: Iterable[Path], *, below: Path | None = None) -> str:
    """SHA-256 of names and bytes. All bytes are read: no time stamp says for certain that a file is what it was.

    below: a folder that is no part of the names.

    Raises Unavailable where a file cannot be read.
    """
    digests = []
    for path in paths:
        try:
            with path.open("rb") as file:
                digests.append(hashlib.file_digest(file, "sha256").hexdigest())
        except OSError as error:
            raise Unavailable(f"{path}: cannot be read: {error.strerror}") from None
        digests.append(str(path if below is None else path.relative_to(below)))
    return joint(*digests)


def joint(*parts: str) -> str:
    """One digest of several."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()
