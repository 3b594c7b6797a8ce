"""Digests of code, remembered between processes as long as nothing changes that reading the code would read.

What is read lies in the packages `components` and `runner` and in the package of the subject; the content of every
file of theirs is in the name under which digests are kept, and so is what else may be imported.
"""

import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import FunctionType

from runner.storage import kept
from runner.storage.code import INSTALLED, OURS, code_of, own_file, places, reader

MOST_SUBJECTS = 5000


@cache
def code_digest(subject: type | FunctionType) -> str:
    """`code_of(subject).digest`, without reading code that an earlier process has read; what is loaded stays as it is.

    Raises ContractError if the subject has no source file.
    """
    top = subject.__module__.partition(".")[0]
    home = "" if top in OURS else top

    def read() -> str | None:
        digest = code_of(subject).digest
        return None if reader(home).left else digest

    inside = [place for place in places(top) if place.is_dir() and own_file(subject.__module__).is_relative_to(place)]
    memory = _memory(home) if inside else None
    known = memory and memory.get(f"{subject.__module__}:{subject.__qualname__}", read)
    return str(known) if known else code_of(subject).digest


@cache
def _memory(home: str) -> kept.Memory | None:
    """None where not all can be read, or links lead elsewhere."""
    try:
        name = kept.digest([kept.environment(), home, *_read(home)])
    except (OSError, kept.LinkedFolder):
        return None
    return kept.Memory("code", name, most=MOST_SUBJECTS)


def _read(home: str) -> Iterator[str | bytes]:
    """Everything that reading code of this package may read, and the names of all that it may find to be ours."""
    for top in sorted({*OURS, home} - {""}):
        for place in places(top):
            yield from kept.contents(place)
    for folder in sys.path:
        path = Path(folder or ".")
        if path.is_dir() and not INSTALLED.intersection(path.parts):
            # Not where it lies: code is read in each new folder of experiments only if something may be imported there.
            yield "|"
            yield from sorted(entry.name for entry in path.iterdir() if entry.suffix in ("", ".py"))
