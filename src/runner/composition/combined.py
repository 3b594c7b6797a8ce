"""Several choices in one slot: `features=[momentum, volatility]` is read as one file that keeps them apart.

Hydra would lay the files of a list over one another, leaf by leaf. Here the choices a and b of a slot become the
choice `a+b`, a file that nobody wrote: `combined.yaml` of the slot, with each choice under a key of its own in
`sets`. A slot that has no such file, but is a map of named entries, holds the entries of all of them; entries of one
name that differ are refused. Every other slot takes one choice.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, cast

from hydra._internal.config_repository import ConfigRepository
from hydra.core.default_element import ConfigDefault
from hydra.plugins.config_source import ConfigResult
from omegaconf import DictConfig, OmegaConf

from components.errors import ConfigError
from runner.composition.schema import is_mapping, parameters, unwrap
from runner.specification.experiment import Experiment

SEPARATOR = "+"
TEMPLATE = "combined"
SETS = "sets"


def joined(choices: Sequence[Any]) -> str:
    """The one choice that stands for a list of them."""
    return SEPARATOR.join(map(str, choices))


def parts(choice: str) -> list[str]:
    """The choices that a choice stands for: itself, or those that it joins."""
    return choice.split(SEPARATOR)


def complaint(group: str, choices: Sequence[str], files: ConfigRepository) -> str:
    """Why these choices cannot stand in one slot; empty where they can."""
    twice = sorted({choice for choice in choices if choices.count(choice) > 1})
    if twice:
        return f"names '{twice[0]}' twice"
    if len(choices) > 1 and not (files.config_exists(f"{group}/{TEMPLATE}") or _is_map(group)):
        slots = (slot for slot in parameters(Experiment) if files.config_exists(f"{slot}/{TEMPLATE}") or _is_map(slot))
        return f"takes one choice; several can be combined in {', '.join(slots)}"
    return ""


def combined(config_path: str, load: Callable[[str], ConfigResult | None]) -> ConfigResult | None:
    """The file of a joined choice, made from those that it joins, which Hydra then reads."""
    group, _, choice = config_path.rpartition("/")
    if _is_map(group):
        return _united(group, parts(choice), load)
    template = load(f"{group}/{TEMPLATE}")
    if template is None:
        return None
    own = [ConfigDefault(path=part, package=f"{SETS}.{part}") for part in parts(choice)]
    template.defaults_list = [ConfigDefault(path="_self_"), *own]
    return template


def _united(group: str, choices: Sequence[str], load: Callable[[str], ConfigResult | None]) -> ConfigResult | None:
    """All entries of files that are maps of named entries."""
    files = [load(f"{group}/{choice}") for choice in choices]
    if None in files:
        return None
    homes: dict[Any, str] = {}
    entries: dict[Any, Any] = {}
    for choice, file in zip(choices, files, strict=True):
        assert file is not None
        for name, entry in cast("dict[Any, Any]", OmegaConf.to_container(file.config, resolve=False)).items():
            if entries.setdefault(name, entry) != entry:
                raise ConfigError(
                    f"{group}=[{', '.join(choices)}]: '{name}' of {homes[name]} is another one than that of {choice}; "
                    "rename it in one of the files"
                )
            homes.setdefault(name, choice)
    assert files[0] is not None
    return replace(files[0], config=DictConfig(entries))


def _is_map(slot: str) -> bool:
    known = parameters(Experiment).get(slot)
    return known is not None and is_mapping(unwrap(known.annotation)[0])
