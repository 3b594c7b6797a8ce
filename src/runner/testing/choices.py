"""The files of conf/ by which components are chosen."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from runner.composition.places import config_folder, local_folder

NO_CHOICES = ("experiment", "sweep", "hydra")


@dataclass(frozen=True)
class Choice:
    """One file: conf/<slot>/<choice>.yaml."""

    path: Path

    def __str__(self) -> str:
        return f"conf/{self.path.parent.name}/{self.path.name}"

    @property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def sections(self) -> list[Mapping[str, Any]]:
        """Every map with a `_target_`."""
        return _sections(yaml.safe_load(self.text))

    @property
    def targets(self) -> list[str]:
        return [str(section["_target_"]) for section in self.sections]

    def line_of(self, name: str) -> str:
        """The line of a key; empty where it stands on none of its own."""
        return next((line for line in self.text.splitlines() if re.match(rf"\s*{re.escape(name)}:", line)), "")


def choices(packages: Sequence[str]) -> list[Choice]:
    """Those that choose a component of these packages; files of ./conf as well as the shipped ones."""
    folders = [folder for folder in (config_folder(), local_folder()) if folder is not None]
    files = [
        path for folder in folders for path in sorted(folder.glob("*/*.yaml")) if path.parent.name not in NO_CHOICES
    ]
    own = tuple(f"{package}." for package in packages)
    return [choice for choice in map(Choice, files) if any(target.startswith(own) for target in choice.targets)]


def chosen(section: Mapping[str, Any]) -> set[str]:
    """Parameters whose value is another choice, named in the defaults list: `- /data@source: files`."""
    groups = [group for entry in section.get("defaults", ()) if isinstance(entry, Mapping) for group in entry]
    return {group.partition("@")[2].partition(".")[0] for group in groups}


def _sections(node: Any) -> list[Mapping[str, Any]]:
    if isinstance(node, Mapping):
        own = [node] if "_target_" in node else []
        return own + [found for value in node.values() for found in _sections(value)]
    return [found for value in node for found in _sections(value)] if isinstance(node, list) else []
