"""How a study chooses its next point: one file a search, found by its name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Protocol

from components.errors import ConfigError, Problem
from runner.sweeps.space import Space, Values


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """values: of the next point; notes: what the search wants to find on it again, plain values."""

    values: Values
    notes: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, kw_only=True)
class Past(Proposal):
    """A trial as a search sees it. state: running, finished, pruned, or how it failed; scores: of its folds;
    violations: how far it lies beyond each constraint, 0 or less where that holds; run: its run folder."""

    state: str
    objectives: tuple[float, ...] = ()
    scores: tuple[float, ...] = ()
    violations: tuple[float, ...] = ()
    run: str | None = None

    @property
    def eligible(self) -> bool:
        """Whether it may be the best one."""
        return self.state == "finished" and all(each <= 0 for each in self.violations)


class Search(Protocol):
    """Chooses points; what it chooses depends on space, seed, number and past alone, so that it can be resumed."""

    def propose(self, number: int, past: Sequence[Past]) -> Proposal | None:
        """The point of the trial with this number; None: there are no more. past: what was known before the first
        trial, then the trials before this one, in order."""
        ...


def names() -> tuple[str, ...]:
    return tuple(sorted(module.name for module in iter_modules(__path__) if not module.name.startswith("_")))


def search_of(name: str, space: Space, seed: int, directions: Sequence[int]) -> Search:
    """directions: 1 where more of an objective is better, -1 where less is. Raises ConfigError for an unknown name and
    for a space that the search cannot be used on."""
    if name not in names():
        raise ConfigError(Problem("sweep.search", f"'{name}' is no search", f"allowed: {', '.join(names())}"))
    made: Search = import_module(f"{__name__}.{name}").search(space, seed, directions)
    return made


def takes_known(name: str) -> bool:
    """Whether a search learns from points that it did not ask for."""
    return bool(getattr(import_module(f"{__name__}.{name}"), "TAKES_KNOWN", False))


def unpickles(name: str) -> bool:
    """Whether it executes what stands in its study."""
    return bool(getattr(import_module(f"{__name__}.{name}"), "UNPICKLES", False))
