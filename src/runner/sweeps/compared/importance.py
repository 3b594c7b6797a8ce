"""How much of what trials differ in is due to which parameter."""

import math
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.sweeps.compared.entries import plain
from runner.sweeps.opened import Opened
from runner.sweeps.searches._optuna import frozen, new_study
from runner.sweeps.study import StudyTrial

if TYPE_CHECKING:
    import optuna

LEAST, LEAST_EACH = 20, 5
"""Trials below which nothing is said: at least so many, and so many a parameter."""
UNCERTAIN = 50
TREES, SEED = 20, 0


@dataclass(frozen=True, kw_only=True)
class Importance:
    """Of one parameter. where: `KEY=VALUE` that it needs, '' where every trial has it; trials: by which it was judged;
    fanova: share of the objective's variance over the whole space that it explains (Hutter et al. 2014); ped_anova:
    the same for being among the best tenth (Watanabe et al. 2023); None where it cannot be computed."""

    parameter: str
    where: str
    trials: int
    fanova: float | None
    ped_anova: float | None


@dataclass(frozen=True, kw_only=True)
class Importances:
    """says: how far they can be believed, or why there are none."""

    of: tuple[Importance, ...]
    says: str


def importances(opened: Opened, trials: Sequence[StudyTrial]) -> Importances:
    """Of the first objective, among the trials that finished. A parameter that exists only in a branch is judged by the
    trials of that branch."""
    ended = [trial for trial in trials if trial.state == "finished"]
    found: list[Importance] = []
    lacking: list[str] = []
    for where, group, parameters in _groups(opened, ended):
        among, needed = f" of {where}" if where else "", max(LEAST, LEAST_EACH * len(parameters))
        if len(parameters) == 1:
            lacking.append(f"{plain(parameters[0])} alone varies{' in trials' + among if where else ''}")
        elif len(group) < needed:
            counted = f"{len(group)} trials{among} for {len(parameters)} parameters"
            lacking.append(f"{counted} are too few, {needed} are asked for")
        else:
            found += _importance(opened, group, parameters, where)
    fewest = min((each.trials for each in found), default=UNCERTAIN)
    little = f"{fewest:,} trials are few: another sweep may order parameters otherwise." if fewest < UNCERTAIN else ""
    missing = f"Not judged: {'; '.join(lacking)}." if lacking else ""
    return Importances(of=tuple(found), says=" ".join(each for each in (little, missing) if each))


def _groups(opened: Opened, ended: Sequence[StudyTrial]) -> Iterator[tuple[str, list[StudyTrial], list[str]]]:
    """(condition, trials, parameters that vary among them): everything, then every branch."""
    yield from _varying("", list(ended), opened.space.parameters)
    for branch in opened.space.branches:
        inside = [trial for trial in ended if trial.values.get(branch.parameter) == branch.text]
        yield from _varying(f"{plain(branch.parameter)}={branch.text}", inside, branch.parameters)


def _varying(
    where: str, trials: list[StudyTrial], parameters: Mapping[str, object]
) -> Iterator[tuple[str, list[StudyTrial], list[str]]]:
    names = [name for name in parameters if len({trial.values.get(name) for trial in trials}) > 1]
    if names:
        yield where, trials, names


def _importance(
    opened: Opened, trials: Sequence[StudyTrial], parameters: Sequence[str], where: str
) -> Iterator[Importance]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is experimental in Optuna
        study = new_study(opened.directions)
        study.add_trials([frozen(opened.space, trial) for trial in trials])
        fanova, ped = _fanova(study, parameters), _ped_anova(study, parameters, opened.directions[0])
    for name in parameters:
        yield Importance(
            parameter=plain(name), where=where, trials=len(trials), fanova=fanova.get(name), ped_anova=ped.get(name)
        )


def _fanova(study: "optuna.Study", parameters: Sequence[str]) -> Mapping[str, float]:
    from optuna.importance import FanovaImportanceEvaluator

    try:
        return _shares(study, FanovaImportanceEvaluator(n_trees=TREES, seed=SEED), parameters, 1)
    except ImportError:
        return {}  # it needs scikit-learn


def _ped_anova(study: "optuna.Study", parameters: Sequence[str], direction: int) -> Mapping[str, float]:
    from optuna.importance import PedAnovaImportanceEvaluator

    return _shares(study, PedAnovaImportanceEvaluator(), parameters, -direction)  # it takes less for better


def _shares(
    study: "optuna.Study", evaluator: "optuna.importance.BaseImportanceEvaluator", parameters: Sequence[str], sign: int
) -> Mapping[str, float]:
    from optuna.importance import get_param_importances

    try:
        found = get_param_importances(
            study, evaluator=evaluator, params=list(parameters), target=lambda trial: sign * trial.values[0]
        )
    except (ValueError, RuntimeError):
        return {}  # every trial scored the same
    return {name: value for name, value in found.items() if math.isfinite(value)}
