"""NSGA-II (Deb et al. 2002): a genetic search, for one or several objectives."""

from collections.abc import Sequence

from runner.sweeps.searches import Search
from runner.sweeps.searches._optuna import OptunaSearch
from runner.sweeps.space import Space


def search(space: Space, seed: int, directions: Sequence[int]) -> Search:
    """Generations of 20."""
    from optuna.samplers import NSGAIISampler

    return OptunaSearch(space, seed, directions, lambda each: NSGAIISampler(seed=each, population_size=20), afresh=True)
