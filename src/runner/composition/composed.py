"""What composing a command line gives; reading it needs neither Hydra nor OmegaConf."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from components.errors import Problem


@dataclass(frozen=True, kw_only=True)
class Composed:
    """A configuration and how it came about.

    config       plain maps, lists and scalars, references resolved, to be checked
    experiment   the chosen experiment, None without one
    choices      slot -> chosen file
    overrides    the command line, as given
    notices      what the user should know, one sentence each
    local_files  files of ./conf that were used
    problems     what is wrong already: choices, keys and references; such leaves are `???` in config
    """

    config: dict[str, Any]
    experiment: str | None
    choices: Mapping[str, str]
    overrides: tuple[str, ...]
    notices: tuple[str, ...]
    local_files: tuple[str, ...]
    problems: tuple[Problem, ...]


def leaves(value: Any, *keys: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """(keys, value) of everything in maps and lists that is neither."""
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from leaves(entry, *keys, key)
    elif isinstance(value, list):
        for index, entry in enumerate(value):
            yield from leaves(entry, *keys, index)
    else:
        yield keys, value
