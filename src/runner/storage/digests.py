"""What sources depend on, and which versions are installed, remembered between processes: finding all of it
again takes longer than a cached run."""

import importlib.metadata
from functools import cache

from runner.storage.imports import RULES, Source, read_source
from runner.storage.kept import Memory, digest, environment

MOST_SOURCES = 1500


@cache
def source_of(text: bytes, package: str, symbol: str | None) -> Source:
    """`read_source`, which is asked only about texts that no earlier process asked about."""

    def read() -> list[object]:
        source = read_source(text, package, symbol)
        return [source.digest, sorted(source.imports), sorted(source.libraries)]

    own, imports, libraries = sources().get(digest([text, package, symbol or "."]), read)
    return Source(own, frozenset(imports), frozenset(libraries))


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
    """As long as the code that reads them is the same."""
    return Memory("sources", RULES[:32], most=MOST_SOURCES)


@cache
def _versions(installed: str) -> Memory:
    """As long as nothing is installed or removed."""
    return Memory("versions", installed, most=MOST_SOURCES)
