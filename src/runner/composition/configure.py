"""From a command line to a checked experiment, or to everything that is wrong with it."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from components.errors import ConfigError, Problem
from runner.composition.build import construct
from runner.composition.check import problems
from runner.composition.composed import Composed
from runner.composition.packages import absent_packages
from runner.composition.remembered import remembered
from runner.composition.rules import analyse, rule_notices, rule_problems
from runner.composition.spellings import as_written, misread
from runner.specification.experiment import Experiment

if TYPE_CHECKING:
    from runner.composition.compose import Memo

_TEXT = json.JSONEncoder(default=repr)


def configure(overrides: Sequence[str], *, memo: "Memo | None" = None) -> tuple[Experiment, Composed]:
    """The experiment that a command line asks for, checked, with all notices in what was composed.

    Reads no data beyond the names of its columns. Raises ConfigError with all problems: of the command
    line and of single values, or, once every section can be built, of packages that are not installed, or of
    sections that do not fit together.
    """
    composed = _composed(overrides, memo)
    texts = {} if memo is None else _texts(composed)
    known = {name: memo.built[name][1] for name, text in texts.items() if memo and _is_built(memo, name, text)}
    found = [*composed.problems, *_further(problems(composed.config, Experiment, known=set(known)), composed.problems)]
    found = as_written(found, composed)
    said = {problem.path for problem in found}
    found += [problem for problem in misread(composed) if problem.path not in said]
    if found:
        raise ConfigError(*found)
    experiment = construct(Experiment, composed.config, known=known)
    if found := absent_packages(experiment, known=set(known)):
        raise ConfigError(*found)
    if memo is not None:
        memo.built.update({name: (text, getattr(experiment, name)) for name, text in texts.items()})
    analysis = analyse(experiment)
    if found := rule_problems(analysis):
        raise ConfigError(*found)
    return experiment, replace(composed, notices=(*composed.notices, *rule_notices(analysis)))


def _texts(composed: Composed) -> dict[str, str]:
    """Every section as a text, in which 1, 1.0 and true differ; none where something is wrong already."""
    return {} if composed.problems else {name: _TEXT.encode(part) for name, part in composed.config.items()}


def _is_built(memo: "Memo", name: str, text: str) -> bool:
    return name in memo.built and memo.built[name][0] == text


def _composed(overrides: Sequence[str], memo: "Memo | None") -> Composed:
    """Kept compositions are found without Hydra; the points of a sweep share files instead."""

    def compose(texts: Sequence[str]) -> Composed:
        from runner.composition.compose import compose

        return compose(texts, memo=memo)

    return remembered(overrides, compose) if memo is None else compose(overrides)


def _further(found: Iterable[Problem], known: Iterable[Problem]) -> list[Problem]:
    """Problems elsewhere than where one is known already, of which they would be echoes."""
    spoilt = [problem.path.split("=")[0] for problem in known]
    return [
        problem
        for problem in found
        if not any(problem.path == path or problem.path.startswith(f"{path}.") for path in spoilt)
    ]
