"""Tree-structured Parzen estimator (Bergstra et al. 2011): each parameter by itself."""

from collections.abc import Sequence

from runner.sweeps.searches import Search
from runner.sweeps.searches._optuna import OptunaSearch
from runner.sweeps.space import Space

TAKES_KNOWN = True


def search(space: Space, seed: int, directions: Sequence[int]) -> Search:
    """Ten random points first."""
    from optuna.samplers import TPESampler

    return OptunaSearch(space, seed, directions, lambda each: TPESampler(seed=each))
