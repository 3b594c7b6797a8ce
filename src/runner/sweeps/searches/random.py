"""Independent draws, uniform over choices, numbers, or the logarithms of numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from runner.sweeps.searches import Past, Proposal, Search
from runner.sweeps.space import Space


@dataclass(frozen=True)
class Random:
    space: Space
    seed: int

    def propose(self, number: int, past: Sequence[Past]) -> Proposal | None:
        """Drawn from the seed and the number of the trial alone: any number of workers draws the same points."""
        rng = np.random.default_rng([self.seed, number])
        values = self.space.filled(lambda _, parameter: parameter.at(rng.random()))
        return Proposal(values=values)


def search(space: Space, seed: int, directions: Sequence[int]) -> Search:  # noqa: ARG001  # a search may learn
    return Random(space, seed)
