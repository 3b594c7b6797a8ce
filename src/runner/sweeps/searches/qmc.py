"""A scrambled Sobol sequence: draws that leave no large hole."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from components.values import Float
from runner.sweeps.searches import Past, Proposal, Search
from runner.sweeps.space import Space

BLOCK = 256


@dataclass(frozen=True)
class Qmc:
    space: Space
    seed: int

    @cached_property
    def _keys(self) -> tuple[str, ...]:
        """One dimension a parameter, those of branches included."""
        inner = (key for branch in self.space.branches for key in branch.parameters)
        return tuple(dict.fromkeys([*self.space.parameters, *inner]))

    def _point(self, number: int) -> Float:
        from scipy.stats import qmc

        # Blocks of a power of two keep the balance of the sequence; each is scrambled by the same seed.
        engine = qmc.Sobol(max(len(self._keys), 1), seed=np.random.default_rng(self.seed))
        if number >= BLOCK:
            engine.fast_forward(number - number % BLOCK)
        point: Float = engine.random(BLOCK)[number % BLOCK]
        return point

    def propose(self, number: int, past: Sequence[Past]) -> Proposal | None:
        """The point of the sequence with the trial's number."""
        unit = dict(zip(self._keys, self._point(number), strict=False))
        values = {key: parameter.at(unit[key]) for key, parameter in self.space.parameters.items()}
        values |= {key: parameter.at(unit[key]) for key, parameter in self.space.open_to(values)}
        return Proposal(values=values)


def search(space: Space, seed: int, directions: Sequence[int]) -> Search:  # noqa: ARG001  # a search may learn
    return Qmc(space, seed)
