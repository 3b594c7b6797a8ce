"""Reading configuration files through Hydra, watching what they bring in."""

from codecs import BOM_UTF8
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import yaml
from hydra._internal.config_repository import ConfigRepository
from hydra.core.config_search_path import ConfigSearchPath
from hydra.core.default_element import ConfigDefault, GroupDefault, InputDefault
from hydra.plugins.config_source import ConfigResult
from omegaconf import DictConfig, OmegaConf

from components.errors import ConfigError
from runner.composition.bounded import refuse_unbounded
from runner.composition.combined import combined, complaint, joined, parts
from runner.composition.composed import leaves
from runner.composition.interpolation import REFERENCES_ONLY, calls_resolver
from runner.composition.places import CONFIG, local_folder
from runner.composition.spellings import unusable

HYDRA_RULE = "may only be set in conf/hydra/ or on the command line"


class WatchedRepository(ConfigRepository):
    """Hydra's view of the configuration files, under our rules of what a file may do.

    A file outside conf/hydra/ may not set `hydra.*`, and no defaults list may call a resolver. `replaced`
    names the slots for which the command line chose another file than the experiment: the experiment's
    values for them are left out and listed in `dropped`, by slot. `local_files` are the files of ./conf
    that were read; `chosen_by` tells which file chose a `group/choice`.
    """

    def __init__(self, config_search_path: ConfigSearchPath, replaced: Collection[str] = ()) -> None:
        super().__init__(config_search_path)
        self.replaced = frozenset(replaced)
        self.chosen_by: dict[str, str] = {}
        self._names: dict[str, set[str]] = {}
        self._local: dict[str, None] = {}
        self.dropped: dict[str, list[str]] = {}

    @property
    def local_files(self) -> tuple[str, ...]:
        return tuple(self._local)

    def __deepcopy__(self, memo: dict[int, Any]) -> "WatchedRepository":
        return self  # Hydra works on a copy; what it read must be seen here

    def config_exists(self, config_path: str) -> bool:
        group, _, choice = config_path.rpartition("/")
        return all(
            super(WatchedRepository, self).config_exists(f"{group}/{part}".lstrip("/")) for part in parts(choice)
        )

    def load_config(self, config_path: str) -> ConfigResult | None:
        if len(parts(config_path)) > 1:
            return combined(config_path, self.load_config)
        where = f"{CONFIG}/{config_path}.yaml"
        if (local := self._local_file(config_path)) is not None:
            refuse_unbounded(local, where)
        try:
            loaded = super().load_config(config_path)
        except yaml.MarkedYAMLError as error:
            raise ConfigError(_not_yaml(error)) from None
        except (OSError, ValueError, AssertionError, yaml.YAMLError) as error:
            if local is not None and (found := list(unusable(local, where))):
                raise ConfigError(*found) from None
            raise ConfigError(f"{where}: cannot be read: {' '.join(str(error).split())}") from None
        if loaded is not None and loaded.provider in ("main", "local"):
            if loaded.provider == "local":
                self._local[where] = None
            self._watch(config_path, loaded)
        return loaded

    @staticmethod
    def _local_file(config_path: str) -> Path | None:
        """The user's file of that name, which may come from anybody; None where there is none."""
        folder = local_folder()
        file = folder / f"{config_path}.yaml" if folder else None
        return file if file is not None and file.exists() else None

    def _watch(self, config_path: str, loaded: ConfigResult) -> None:
        where, content = _name(config_path), loaded.config
        if not isinstance(content, DictConfig):
            raise ConfigError(f"{where}: must be a map of keys to values, not a list")
        header = str(loaded.header.get("package") or "")
        if not config_path.startswith("hydra/") and ("hydra" in content or header.startswith("hydra")):
            keys = [f"hydra.{key}" for key in content.get("hydra") or ()] or ["hydra"]
            raise ConfigError(f"{where}: {', '.join(keys)} {HYDRA_RULE}")
        if config_path.startswith("experiment/") and header != "_global_":
            reason = "is empty" if not content and not loaded.defaults_list else "does not say where it belongs"
            file = self._local_file(config_path)
            if file is not None and file.read_bytes().startswith(BOM_UTF8):
                reason = "begins with a byte order mark, which hides its first line; save it without one"
                raise ConfigError(f"{where}: {reason}")
            raise ConfigError(f"{where}: {reason}; its first line must be '# @package _global_'")
        self._refuse_circle(config_path, loaded.defaults_list or ())
        for group, package, choice in _chosen(loaded.defaults_list or ()):
            self.chosen_by[f"{group.lstrip('/')}/{choice}"] = where
            for text in (group, package, choice):
                if calls_resolver(text):
                    raise ConfigError(f"{where}: defaults: '{text}' calls a resolver; {REFERENCES_ONLY}")
        self._join(where, loaded.defaults_list or ())
        if config_path.startswith("experiment/"):
            self._drop_replaced(content)

    def _refuse_circle(self, config_path: str, defaults: Collection[InputDefault]) -> None:
        """Raises ConfigError where a defaults list leads back to its own file, which Hydra would follow for ever."""
        self._names[config_path] = set(_named(config_path, defaults))
        edge: list[tuple[str, ...]] = [(config_path,)]
        seen: set[str] = set()
        while edge:
            way = edge.pop()
            for following in self._names.get(way[-1], ()):
                if following == config_path:
                    circle = " -> ".join((*way, following))
                    raise ConfigError(f"{CONFIG}/{config_path}.yaml: its defaults lead back to itself: {circle}")
                if following not in seen:
                    seen.add(following)
                    edge.append((*way, following))

    def _join(self, where: str, defaults: Collection[InputDefault]) -> None:
        """A list of choices becomes the one choice that stands for them."""
        for default in defaults:
            if isinstance(default, GroupDefault) and isinstance(default.value, list):
                slot, choices = str(default.group).lstrip("/"), default.value
                if problem := complaint(slot, choices, self):
                    raise ConfigError(f"{where}: defaults: {slot}=[{', '.join(choices)}]: {slot} {problem}")
                default.value = joined(choices)

    def _drop_replaced(self, content: DictConfig) -> None:
        for slot in self.replaced.intersection(map(str, content)):
            values = OmegaConf.to_container(DictConfig({slot: content.pop(slot)}), resolve=False)
            self.dropped.setdefault(slot, []).extend(".".join(map(str, keys)) for keys, _ in leaves(values))


def _name(config_path: str) -> str:
    group, _, choice = config_path.rpartition("/")
    return f"{group} '{choice}'" if group else f"{CONFIG}/{choice}.yaml"


def _chosen(defaults: Collection[InputDefault]) -> Iterator[tuple[str, str | None, str | None]]:
    """(group, package, choice) of every entry of a defaults list; a bare path has no group."""
    for default in defaults:
        if isinstance(default, GroupDefault):
            values = default.value if isinstance(default.value, list) else [default.value]
            for value in values:
                yield default.group or "", default.package, value
        elif isinstance(default, ConfigDefault):
            yield "", default.package, default.path


def _named(config_path: str, defaults: Collection[InputDefault]) -> Iterator[str]:
    """Files that a defaults list has Hydra read, by their paths; an override names none, it changes a choice."""
    group = config_path.rpartition("/")[0]
    for default in defaults:
        if isinstance(default, GroupDefault) and not default.override:
            place = str(default.group or "")
            values = default.value if isinstance(default.value, list) else [default.value]
            choices = [f"{place}/{value}" for value in values if isinstance(value, str)]
        elif isinstance(default, ConfigDefault) and default.path not in (None, "_self_"):
            choices = [str(default.path)]
        else:
            continue
        for choice in choices:
            yield choice.lstrip("/") if choice.startswith("/") else f"{group}/{choice}".lstrip("/")


def _not_yaml(error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    place = f"{mark.name}, line {mark.line + 1}, column {mark.column + 1}" if mark else "a file"
    return f"{place}: not valid YAML: {error.problem or error.context}"
