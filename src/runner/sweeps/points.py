"""The check of a space before the first trial: of every point of a grid, of the ends of everything else."""

import itertools
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from components.errors import ConfigError, Problem
from runner.composition.compose import Memo
from runner.composition.configure import configure
from runner.specification.sweep import Settings
from runner.sweeps.aims import aims_of, unreachable
from runner.sweeps.space import Space

Point = tuple[str, ...]
SAMPLE = 1000


def points_of(space: Space, settings: Settings) -> list[Point]:
    """The command lines by which the space is judged: the whole grid, or the corners where there is none."""
    found = space.points() if search_name(settings) == "grid" else space.corners()
    return [space.overrides(values) for values in found]


def sample_of(points: Sequence[Point], space: Space, settings: Settings) -> list[Point]:
    """What a plan checks: all of a grid, or SAMPLE of it, the first among them; the corners of any other space, and as
    many points drawn from it."""
    drawn = random.Random(settings.seed)  # noqa: S311  # no secret
    if search_name(settings) != "grid":
        return [*points, *(space.overrides(space.filled(lambda _, each: each.at(drawn.random()))) for _ in points)]
    return list(points) if len(points) <= SAMPLE else [points[0], *drawn.sample(points[1:], SAMPLE - 1)]


def search_name(settings: Settings) -> str:
    """Every combination, unless it is said how many points there are."""
    return settings.search or ("grid" if settings.trials is None else "tpe")


def varying(points: Sequence[Point]) -> list[str]:
    """For every point, the overrides in which it differs from the others."""
    counts = Counter(itertools.chain.from_iterable(points))
    return [" ".join(text for text in point if counts[text] < len(points)) for point in points]


def check_points(points: Sequence[Point], settings: Settings | None = None) -> Memo:
    """Composes and checks every point; returns the files that they read, for those who compose them again. settings:
    of a sweep, whose figures every point must have.

    Raises ConfigError: what is wrong at every point is said once, the rest with its points in front.
    """
    memo, aims = Memo(), None
    found: dict[Problem, list[str]] = {}
    for point, name in zip(points, varying(points), strict=True):
        try:
            experiment, _ = configure(point, memo=memo)
            if settings is not None:
                aims = aims or aims_of(settings, experiment)
                for problem in unreachable(aims, experiment):
                    found.setdefault(problem, []).append(name)
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
