"""From a command line to a checked experiment, or to everything that is wrong with it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from components.errors import ConfigError, Problem
from runner.build import build
from runner.check import problems
from runner.compose import Composed, compose
from runner.experiment import Experiment
from runner.interpolation import leaves
from runner.rules import analyse, rule_notices, rule_problems


@dataclass(frozen=True, kw_only=True)
class Configured:
    """A checked experiment; notices: what the user should know before it runs, one sentence each."""

    experiment: Experiment
    composed: Composed
    notices: tuple[str, ...]

    @property
    def n_settings(self) -> int:
        return sum(1 for _ in leaves(self.composed.config))


def configure(overrides: Sequence[str]) -> Configured:
    """Composes, checks and builds; reads no data beyond the names of its columns.

    Raises ConfigError with all problems: of the command line, of single values, and, once every section
    can be built, of sections that do not fit together.
    """
    composed = compose(overrides)
    found = [*composed.problems, *_further(problems(composed.config, Experiment), composed.problems)]
    if found:
        raise ConfigError(*found)
    experiment = build(Experiment, composed.config)
    analysis = analyse(experiment)
    if found := rule_problems(analysis):
        raise ConfigError(*found)
    notices = (*composed.notices, *rule_notices(analysis), *_local_notices(composed))
    return Configured(experiment=experiment, composed=composed, notices=notices)


def _further(found: Iterable[Problem], known: Iterable[Problem]) -> list[Problem]:
    """Problems elsewhere than where one is known already, of which they would be echoes."""
    spoilt = [problem.path.split("=")[0] for problem in known]
    return [
        problem
        for problem in found
        if not any(problem.path == path or problem.path.startswith(f"{path}.") for path in spoilt)
    ]


def _local_notices(composed: Composed) -> tuple[str, ...]:
    files: Any = composed.local_files
    return (f"local files used: {', '.join(files)}",) if files else ()
