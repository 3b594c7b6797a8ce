"""What sources depend on, remembered between processes: parsing all of them takes longer than a cached run."""

import atexit
import itertools
from functools import cache
from typing import Any

from runner.storage import kept
from runner.storage.imports import RULES, Source, read_source

KIND = "sources"
MOST_SOURCES = 1500
"""Sources kept; those that this process did not ask for go first."""


@cache
def source_of(text: bytes, package: str, symbol: str | None) -> Source:
    """`read_source`, which is asked only about texts that no earlier process asked about."""
    key, memory = kept.digest([text, package, symbol or "."]), _memory()
    found = memory.old.get(key)
    if found is None:
        source = read_source(text, package, symbol)
        found = [source.digest, sorted(source.imports), sorted(source.libraries)]
        memory.is_new = True
    memory.used[key] = found
    return Source(found[0], frozenset(found[1]), frozenset(found[2]))


class _Memory:
    """old: key -> facts as kept; used: those that this process asked for; is_new: whether any must be kept."""

    def __init__(self) -> None:
        self.old: dict[str, Any] = kept.load(KIND, _name()) or {}
        self.used: dict[str, Any] = {}
        self.is_new = False
        atexit.register(self.keep)

    def keep(self) -> None:
        if not self.is_new:
            return
        of_others = kept.load(KIND, _name()) or {}
        kept.keep(KIND, _name(), dict(itertools.islice((self.used | of_others).items(), MOST_SOURCES)))
        self.is_new = False


@cache
def _memory() -> _Memory:
    return _Memory()


def _name() -> str:
    return RULES[:32]
