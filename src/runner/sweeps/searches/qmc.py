"""A scrambled Sobol sequence: draws that leave no large hole."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from components.values import Float
from runner.sweeps.searches import Past, Proposal, Search
from runner.sweeps.space import Space

BLOCK = 256


@dataclass(frozen=True)
class Qmc:
    space: Space
    seed: int

    def propose(self, number: int, past: Sequence[Past]) -> Proposal | None:
        """The point of the sequence with the trial's number."""
        keys = self.space.keys  # a dimension each
        unit = dict(zip(keys, _block(len(keys), self.seed, number // BLOCK)[number % BLOCK], strict=False))
        values = self.space.filled(lambda key, parameter: parameter.at(unit[key]))
        return Proposal(values=values)


@lru_cache(maxsize=1)
def _block(dimensions: int, seed: int, block: int) -> Float:
    """(BLOCK, dimensions) points; blocks of a power of two keep the balance of the sequence."""
    from scipy.stats import qmc

    engine = qmc.Sobol(max(dimensions, 1), seed=np.random.default_rng(seed))
    if block:
        engine.fast_forward(block * BLOCK)
    points: Float = engine.random(BLOCK)
    return points


def search(space: Space, seed: int, directions: Sequence[int]) -> Search:  # noqa: ARG001  # a search may learn
    return Qmc(space, seed)
