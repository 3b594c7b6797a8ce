"""Bayesian optimisation with a Gaussian process: few trials, half a second each to think."""

from collections.abc import Sequence
from importlib.util import find_spec

from components.errors import ConfigError, Problem
from runner.sweeps.searches import Search
from runner.sweeps.searches._optuna import OptunaSearch
from runner.sweeps.space import Space

TAKES_KNOWN = True


def search(space: Space, seed: int, directions: Sequence[int]) -> Search:
    """Raises ConfigError without torch, on which Optuna's process rests."""
    from optuna.samplers import GPSampler

    if find_spec("torch") is None:
        raise ConfigError(Problem("sweep.search", "gp needs torch", "pip install 'assay-runner[torch]'"))
    return OptunaSearch(space, seed, directions, lambda each: GPSampler(seed=each))
