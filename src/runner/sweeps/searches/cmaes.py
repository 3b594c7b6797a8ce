"""CMA-ES (Hansen and Ostermeier 2001): a normal distribution that adapts its covariance; numbers only."""

from collections.abc import Sequence

from components.errors import ConfigError, Problem
from runner.sweeps.searches import Search
from runner.sweeps.searches._optuna import OptunaSearch
from runner.sweeps.space import Choice, Space

UNPICKLES = True
"""Its state is a pickle on each trial: a storage that others can write to must not be trusted with it."""


def search(space: Space, seed: int, directions: Sequence[int]) -> Search:
    """Raises ConfigError for choices, branches and several objectives, which it does not know."""
    from optuna.samplers import CmaEsSampler

    if len(directions) > 1:
        raise ConfigError(Problem("sweep.search", "cmaes has one objective", "use nsga2 for several"))
    if chosen := [key for key, parameter in space.parameters.items() if isinstance(parameter, Choice)]:
        raise ConfigError(Problem(chosen[0], "is a choice, cmaes takes numbers", "use sweep.search=tpe"))
    return OptunaSearch(space, seed, directions, lambda each: CmaEsSampler(seed=each), afresh=True)
