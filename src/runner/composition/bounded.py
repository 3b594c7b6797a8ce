"""Configuration files that may come from anybody: text, not too deep, not too large, with no circle in it.

A few lines of YAML can stand for more values than any machine holds (anchors of anchors), or for none (an anchor within
itself). Both are seen in the stream of events, before anything is built of it.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import yaml

from components.errors import ConfigError

MOST_BYTES = 4 << 20
MOST_VALUES = 100_000
"""Values of one file, those that aliases repeat included."""
DEEPEST = 64
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")


def refuse_unbounded(path: Path, file: str) -> None:
    """Raises ConfigError, one line with file and line, for a file that cannot be read in bounded time and space; file:
    what it is called."""
    if not path.is_file():
        raise ConfigError(f"{file}: no plain file")
    if path.stat().st_size > MOST_BYTES:
        raise ConfigError(f"{file}: larger than {MOST_BYTES >> 20} MiB; a configuration file is a page or two")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: not text in UTF-8 (byte {error.start + 1}); save it as UTF-8") from None
    if found := CONTROL.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise ConfigError(f"{file}, line {line}: holds the control character {found.group()!r}; remove it")
    try:
        _count(file, yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.MarkedYAMLError:
        return  # whoever reads it says so
    except yaml.YAMLError as error:
        raise ConfigError(f"{file}: cannot be read: {str(error).splitlines()[0]}") from None


def _count(file: str, events: Iterator[yaml.Event]) -> None:
    """Follows the events with the size of each open collection; an alias counts for all that it stands for."""
    open_: list[tuple[str | None, int]] = []
    sizes: dict[str, int] = {}
    total = 0
    for event in events:
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.CollectionStartEvent):
            open_.append((event.anchor, total))
            total += 1
            if len(open_) > DEEPEST:
                raise ConfigError(f"{file}, line {line}: nested more than {DEEPEST} deep; a configuration is flatter")
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = open_.pop()
            if anchor is not None:
                sizes[anchor] = total - before
        elif isinstance(event, yaml.ScalarEvent):
            total += 1
            if event.anchor is not None:
                sizes[event.anchor] = 1
        elif isinstance(event, yaml.AliasEvent):
            if event.anchor in {anchor for anchor, _ in open_}:
                raise ConfigError(f"{file}, line {line}: '*{event.anchor}' stands within what it stands for")
            total += sizes.get(event.anchor, 1)
        if total > MOST_VALUES:
            raise ConfigError(
                f"{file}, line {line}: more than {MOST_VALUES:,} values, those that aliases repeat included"
            )
