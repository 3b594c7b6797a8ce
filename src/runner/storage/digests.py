"""What sources say, and which versions are installed, remembered between processes: finding all of it again takes
longer than a cached run."""

import hashlib
import importlib.metadata
import sys
from dataclasses import astuple
from functools import cache
from pathlib import Path

from runner.storage import source
from runner.storage.kept import Memory, digest, environment
from runner.storage.source import Statement, read_source

MOST_SOURCES = 1500


@cache
def source_of(text: bytes, package: str) -> tuple[Statement, ...]:
    """`read_source`, which is asked only about texts that no earlier process asked about."""

    def read() -> list[object]:
        return [astuple(statement) for statement in read_source(text, package)]

    return tuple(Statement.of(row) for row in sources().get(digest([text, package]), read))


def version_of(library: str) -> str | None:
    """The installed version of a distribution; None where it is not installed."""

    def read() -> str | None:
        try:
            return importlib.metadata.version(library)
        except importlib.metadata.PackageNotFoundError:
            return None

    version: str | None = _versions(environment()).get(library, read)
    return version


@cache
def sources() -> Memory:
    """As long as the code that reads them, and Python's own syntax trees, are the same."""
    rules = hashlib.sha256(Path(source.__file__).read_bytes() + sys.version.encode()).hexdigest()
    return Memory("sources", rules[:32], most=MOST_SOURCES)


@cache
def _versions(installed: str) -> Memory:
    """As long as nothing is installed or removed."""
    return Memory("versions", installed, most=MOST_SOURCES)
