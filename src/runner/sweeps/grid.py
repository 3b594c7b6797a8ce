"""The points of a sweep, and the check of every one of them before the first job."""

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import yaml
from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.errors import HydraException

from components.errors import ConfigError, Problem
from runner.composition.bounded import refuse_unbounded
from runner.composition.compose import Memo, config_loader
from runner.composition.configure import configure
from runner.composition.overrides import SWEEP, no_choice, parsed
from runner.composition.places import config_files


def with_search_space(overrides: Sequence[str]) -> list[str]:
    """`+sweep=NAME` replaced by the parameters of conf/sweep/NAME.yaml; what was given besides wins."""
    given = parsed(overrides)
    plain = [str(override.input_line) for override in given if override.key_or_group != SWEEP]
    keys = {override.key_or_group for override in given}
    spaces = [_space(str(override.value())) for override in given if override.key_or_group == SWEEP]
    added = [f"{key}={value}" for space in spaces for key, value in space.items() if key not in keys]
    return [*plain, *added]


def _space(name: str) -> Mapping[str, str]:
    files = config_files(SWEEP)
    if name not in files:
        raise ConfigError(no_choice(SWEEP, name, list(files)))
    try:
        refuse_unbounded(files[name], f"conf/{SWEEP}/{name}.yaml")
        content = yaml.safe_load(files[name].read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{files[name]}: cannot be read: {' '.join(str(error).split())}") from None
    space = content.get("params") if isinstance(content, dict) else None
    if not isinstance(space, dict) or not all(isinstance(value, str) for value in space.values()):
        raise ConfigError(f"{files[name]}: must hold params: a map of keys to texts such as 'ridge,lightgbm'")
    return {str(key): value for key, value in space.items()}


def expand(overrides: Sequence[str]) -> list[list[str]]:
    """The overrides of every point of the grid, in the order in which Hydra's basic sweeper runs them."""
    own = [override for override in parsed(overrides, config_loader()) if not override.is_hydra_override()]
    try:
        batches = BasicSweeper.split_arguments(own, None)
    except HydraException:
        raise ConfigError(
            "interval(...) is no grid; give values: choice(0.01,0.1), range(1,10,3) or a comma list"
        ) from None
    return [list(point) for point in itertools.chain.from_iterable(batches)]


def varying(points: Sequence[Sequence[str]]) -> list[str]:
    """For every point, the overrides in which it differs from the others."""
    counts = Counter(itertools.chain.from_iterable(points))
    return [" ".join(text for text in point if counts[text] < len(points)) for point in points]


def check_points(points: Sequence[Sequence[str]]) -> Memo:
    """Composes and checks every point; returns the files that they read, for those who compose them again.

    Raises ConfigError: what is wrong at every point is said once, the rest with its points in front.
    """
    memo = Memo()
    found: dict[Problem, list[str]] = {}
    for point, name in zip(points, varying(points), strict=True):
        try:
            configure(point, memo=memo)
        except ConfigError as error:
            for problem in error.problems:
                found.setdefault(problem, []).append(name)
    if found:
        raise ConfigError(*(_at(problem, names, len(points)) for problem, names in found.items()))
    return memo


def _at(problem: Problem, names: Sequence[str], n_points: int) -> Problem:
    """The problem with the points at which it occurs, unless that is everywhere or says itself."""
    if len(names) == n_points or all(problem.path in name.split() for name in names):
        return problem
    where = f"at {'; at '.join(names)}"
    return replace(problem, path=f"{where}: {problem.path}" if problem.path else where, at=problem.path)
