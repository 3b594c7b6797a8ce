"""What every component is."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar


def snake_case(name: str) -> str:
    """`R2TrainMean` as r2_train_mean: what the file of a class is called that no choice names."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Component(ABC):
    """A specification: immutable, comparable by value, hashed into cache and trial keys."""

    inert: ClassVar[frozenset[str]] = frozenset()
    """Parameters that change no forecast, weight, cost or verdict (timeouts, cache sizes)."""
    libraries: ClassVar[tuple[str, ...]] = ()
    """Distributions whose version enters the cache key of what this component computes."""
    optional: ClassVar[tuple[str, ...]] = ()
    """Distributions that it may need and the core does not bring; `list` shows the extra that does."""

    def packages(self) -> tuple[str, ...]:
        """Those of `optional` without which it does not work as it is configured; all by default."""
        return self.optional

    def flaws(self) -> tuple[str, ...]:
        """Why it could never do its work, by its parameters alone; a clause each, said before a run."""
        return ()

    @classmethod
    @abstractmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        """Two or more small parameter sets with which the conformance suite builds it."""
