"""What composing reads, as one digest, and what need not be read again while that stays as it is."""

import importlib.util
from collections.abc import Callable, Hashable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from runner.composition.places import config_folder, local_folder
from runner.storage import kept

PLUGINS = "hydra_plugins"

Result = TypeVar("Result")


def state_of_files() -> str | None:
    """A digest of everything that composing reads but the command line; None where that cannot be known."""
    own, local, package = config_folder(), local_folder(), Path(__file__).parents[1]
    plugins = importlib.util.find_spec(PLUGINS)
    places = list(plugins.submodule_search_locations or ()) if plugins else []
    folders = [own, local, package / "composition", package / "specification", *map(Path, places)]
    parts = [kept.environment(), str(own), str(local)]
    try:
        return kept.digest([*parts, *(part for folder in filter(None, folders) for part in kept.contents(folder))])
    except (OSError, kept.LinkedFolder):
        return None


def while_unchanged(state: str | None, find: Callable[..., Result], *arguments: Hashable) -> Result:
    """What `find` gives for these arguments, found once in this process for every state; each time without one."""
    return find(*arguments) if state is None else _found(state, find, *arguments)


@lru_cache(maxsize=512)
def _found(_state: str, find: Callable[..., Result], *arguments: Hashable) -> Result:
    return find(*arguments)
