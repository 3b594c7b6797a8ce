"""What a tracker promises: a place where runs are logged besides their own folder."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from components.contracts import Component

State = Literal["finished", "failed", "interrupted"]


@dataclass(frozen=True, kw_only=True)
class RunInfo:
    """What a tracker is told of a run: name (its run id), experiment, resolved plain configuration,
    the run's folder, and the outputs folder under which a tracker may keep its own files."""

    name: str
    experiment: str
    config: Mapping[str, Any]
    folder: Path
    outputs: Path


class Session(ABC):
    """One tracked run. Every method may raise: `tracked` sees to it that the run does not notice."""

    @abstractmethod
    def log_metrics(self, metrics: Mapping[str, float | None]) -> None:
        """Flat name -> number; None and what is not finite is left out."""

    def log_level(self, level: str) -> None:  # noqa: B027  # a tracker may have no place for it
        """The verdict's level: rejected, candidate or hallmarked; again where a promotion changed it."""

    @abstractmethod
    def log_files(self, paths: Sequence[Path]) -> None:
        """Files of the run folder, such as the report and its pictures."""

    @abstractmethod
    def log_bundle(self, folder: Path, aliases: Sequence[str]) -> None:
        """The promoted bundle <name>/<version>, and the aliases that point at it."""

    def log_head(self, head: str) -> None:  # noqa: B027  # a tracker need have no place for it
        """The head of the ledger at which the run's trial ended: `verify --against` tells by it whether a record of
        the run is still what it was."""

    @abstractmethod
    def finish(self, state: State) -> None:
        """Closes the run with its true state."""


class Tracker(Component):
    """A place that runs are logged to."""

    @abstractmethod
    def start(self, run: RunInfo) -> Session:
        """Begins to track a run."""
