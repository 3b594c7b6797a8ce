"""The portfolio rebalanced less often, on one day of the week or another."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from components.contracts import Enters, Scenario
from components.ranges import Ge
from components.values import Float


@dataclass(frozen=True, kw_only=True)
class OtherRebalanceDay(Scenario):
    """Weights of decision d are those of the last decision e <= d with (e - offset) divisible by `every`, 0 before the
    first: a strategy that lives from the day on which it happens to trade shows it here (timing luck).

    every: decision times between two rebalancings, >= 1. offset: the first of them, >= 0, below every.
    Source: Hoffstein, Sibears and Faber (2019), Rebalance Timing Luck: The Difference between Hired and Fired, Journal
    of Index Investing 10(1).
    """

    enters: ClassVar[Enters] = "decisions"

    every: Annotated[int, Ge(1)]
    offset: Annotated[int, Ge(0)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"every": 5, "offset": 2}, {"every": 2, "offset": 0})

    def flaws(self) -> tuple[str, ...]:
        if self.offset >= self.every:
            return (f"offset {self.offset} must lie below every {self.every}",)
        return ()

    @property
    def phrase(self) -> str:
        return f"rebalanced at every {self.every}th decision from number {self.offset + 1} on"

    def decisions(self, weights_DS: Float) -> Float:
        place_D = np.arange(len(weights_DS))
        last_D = place_D - (place_D - self.offset) % self.every
        held_DS: Float = np.where((last_D >= 0)[:, None], weights_DS[np.maximum(last_D, 0)], 0.0)
        return held_DS
