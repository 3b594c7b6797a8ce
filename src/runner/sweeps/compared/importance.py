"""How much of what trials differ in is due to which parameter."""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.sweeps.compared.entries import plain
from runner.sweeps.opened import Opened
from runner.sweeps.searches._optuna import frozen, new_study, optunas_name
from runner.sweeps.space import Parameter
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
        if len({trial.objectives[0] for trial in group}) == 1:
            lacking.append(f"all trials{among} scored the same")
        elif len(parameters) == 1:
            lacking.append(f"{plain(next(iter(parameters)))} alone varies{' in trials' + among if where else ''}")
        elif len(group) < needed:
            counted = f"{len(group)} trials{among} for {len(parameters)} parameters"
            lacking.append(f"{counted} are too few, {needed} are asked for")
        else:
            found += _importance(opened, group, parameters, where)
    fewest = min((each.trials for each in found), default=UNCERTAIN)
    little = f"{fewest:,} trials are few: another sweep may order parameters otherwise." if fewest < UNCERTAIN else ""
    missing = f"Not judged: {'; '.join(lacking)}." if lacking else ""
    return Importances(of=tuple(found), says=" ".join(each for each in (little, missing) if each))


def _groups(
    opened: Opened, ended: Sequence[StudyTrial]
) -> Iterator[tuple[str, list[StudyTrial], dict[str, Parameter]]]:
    """(condition, trials, parameters that vary among them): everything, then every branch."""
    yield from _varying("", list(ended), opened.space.parameters)
    for branch in opened.space.branches:
        inside = [trial for trial in ended if trial.values.get(branch.parameter) == branch.text]
        yield from _varying(f"{plain(branch.parameter)}={branch.text}", inside, branch.parameters)


def _varying(
    where: str, trials: list[StudyTrial], parameters: Mapping[str, Parameter]
) -> Iterator[tuple[str, list[StudyTrial], dict[str, Parameter]]]:
    found = {name: each for name, each in parameters.items() if len({trial.values.get(name) for trial in trials}) > 1}
    if found:
        yield where, trials, found


def _importance(
    opened: Opened, trials: Sequence[StudyTrial], parameters: Mapping[str, Parameter], where: str
) -> Iterator[Importance]:
    names = [optunas_name(name, parameter) for name, parameter in parameters.items()]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what is experimental in Optuna
        study = new_study(opened.directions)
        study.add_trials([frozen(opened.space, trial) for trial in trials])
        fanova, ped = _fanova(study, names), _ped_anova(study, names, opened.directions[0])
    for name, known in zip(parameters, names, strict=True):
        shares = {"fanova": fanova.get(known), "ped_anova": ped.get(known)}
        yield Importance(parameter=plain(name), where=where, trials=len(trials), **shares)


def _fanova(study: "optuna.Study", names: Sequence[str]) -> Mapping[str, float]:
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    try:
        evaluator = FanovaImportanceEvaluator(n_trees=TREES, seed=SEED)
    except ImportError:
        return {}  # it needs scikit-learn
    return get_param_importances(study, evaluator=evaluator, params=list(names), target=lambda trial: trial.values[0])


def _ped_anova(study: "optuna.Study", names: Sequence[str], direction: int) -> Mapping[str, float]:
    from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

    # It takes less for better, whatever the study says.
    return get_param_importances(
        study,
        evaluator=PedAnovaImportanceEvaluator(),
        params=list(names),
        target=lambda trial: -direction * trial.values[0],
    )
