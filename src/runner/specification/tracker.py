"""What a tracker promises: a place where runs are shown besides their own folder."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from components.contracts import Component

State = Literal["finished", "failed", "interrupted", "pruned", "crashed"]
Cell = str | int | float | bool | None


@dataclass(frozen=True, kw_only=True)
class Table:
    """columns: their names; rows: as many cells each, None where there is nothing."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def at_step(step: str, name: str) -> str:
    """A figure of the history as trackers name it: fold/test_r2. Behind a slash it would be taken for the whole run's
    test/r2."""
    return step if name == step else f"{step}/{name.replace('/', '_')}"


@dataclass(frozen=True, kw_only=True)
class Bundle:
    """A promoted version <name>/<version>, and the aliases that point at it."""

    folder: Path
    aliases: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.folder.parent.name

    @property
    def version(self) -> str:
        return self.folder.name


@dataclass(frozen=True, kw_only=True)
class Record:
    """Everything that a tracker is told at once: a run that ended, or moves of a bundle's aliases.

    id       letters, digits, dot, dash and underscore, at most 100; two records never share one
    edition  of what it tells: a later one, as after a promotion, takes the place of an earlier one
    name     for readers; kind: the experiment, promotion or rollback; group: the sweep, None: none
    state    how it ended; exit_code: 0 where it ended by itself; began, ended: UTC in ISO 8601, None where unknown
    config   plain and nested; summary: flat name -> figure or word
    history  name of a step, as fold -> rows in order, each with its number under that name and its figures
    tables, images   name -> table, PNG file; files: kind -> file of the run's folder
    bundles  versions that it made or whose aliases it moved
    """

    id: str
    edition: str
    name: str
    kind: str
    group: str | None = None
    tags: tuple[str, ...] = ()
    state: State = "finished"
    exit_code: int = 0
    began: str | None = None
    ended: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict[str, Any])
    summary: Mapping[str, Cell] = field(default_factory=dict[str, Cell])
    history: Mapping[str, Sequence[Mapping[str, Cell]]] = field(default_factory=dict[str, Sequence[Mapping[str, Cell]]])
    tables: Mapping[str, Table] = field(default_factory=dict[str, Table])
    images: Mapping[str, Path] = field(default_factory=dict[str, Path])
    files: Mapping[str, Path] = field(default_factory=dict[str, Path])
    bundles: tuple[Bundle, ...] = ()


class Tracker(Component):
    """A place that runs are shown in. It is told of a run after the run, by another process, from the run's folder."""

    @abstractmethod
    def tell(self, record: Record, outputs: Path) -> None:
        """Writes a record. outputs: the folder under which it may keep files of its own.

        Told again after it was cut off it is made whole, told again after it was whole nothing changes: a record is
        never there twice. May raise anything: the record is told again later.
        """

    def places(self) -> Mapping[str, "Tracker"]:
        """name -> tracker, of each place that is told on its own: itself, under the name of its module; none where
        nothing is to be told."""
        return {type(self).__module__.rpartition(".")[2]: self}

    def waits(self) -> bool:
        """Whether a single run returns only when it was told, since its user may have to do something about it."""
        return False
