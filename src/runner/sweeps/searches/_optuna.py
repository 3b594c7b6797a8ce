"""Searches of Optuna that learn from what was tried: a study in memory, written from the past.

A sampler is made before every point from the study's seed and the trial's number, so that a study that was cut off goes
on as if nothing had happened; what a sampler notes on a trial is part of the past.
"""

import hashlib
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runner.sweeps.searches import Past, Proposal
from runner.sweeps.space import Choice, Parameter, Space

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution

STATES = {"running": "RUNNING", "finished": "COMPLETE", "pruned": "PRUNED"}


@dataclass
class OptunaSearch:
    """sampler: from a seed to Optuna's sampler. afresh: the study is written anew for every point, for samplers that
    note on it what they found, and choose otherwise where they find it. known: state of each trial of the study;
    asked: its trials that were asked for here and are not told yet."""

    space: Space
    seed: int
    directions: Sequence[int]
    sampler: "Callable[[int], optuna.samplers.BaseSampler]"
    afresh: bool = False
    study: "optuna.Study | None" = None
    known: list[str] = field(default_factory=list[str])
    asked: "dict[int, optuna.Trial]" = field(default_factory=dict[int, Any])

    def propose(self, number: int, past: Sequence[Past]) -> Proposal | None:
        """What the sampler asks for next."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is experimental in Optuna
            study = self._caught_up(past)
            study.sampler = self.sampler(_seed(self.seed, number))
            trial = study.ask()
            values = self.space.filled(lambda key, parameter: _suggested(trial, key, parameter))
            self.known.append("running")
            self.asked[trial.number] = trial
            notes = study.get_trials(deepcopy=False)[trial.number].system_attrs
            return Proposal(values=values, notes=dict(notes))

    def _caught_up(self, past: Sequence[Past]) -> "optuna.Study":
        """The study with this past: what ended since is told, what others began is added."""
        elsewhere = any(
            known != trial.state and number not in self.asked
            for number, (known, trial) in enumerate(zip(self.known, past, strict=False))
        )
        if self.afresh or self.study is None or elsewhere or len(self.known) > len(past):
            self.study, self.known, self.asked = new_study(self.directions), [], {}
        for number, trial in enumerate(past):
            if number >= len(self.known):
                self.study.add_trial(frozen(self.space, trial))
                self.known.append(trial.state)
            elif self.known[number] != trial.state:
                _tell(self.study, self.asked.pop(number), trial)
                self.known[number] = trial.state
        return self.study


def _tell(study: "optuna.Study", asked: "optuna.Trial", past: Past) -> None:
    state = _state(past)
    for place, violation in enumerate(past.violations):
        asked.set_constraint(str(place), violation)
    if past.state == "pruned":
        for fold, score in enumerate(past.scores, start=1):
            asked.report(score, fold)
    study.tell(asked, list(past.objectives) if past.state == "finished" else None, state=state)


def new_study(directions: Sequence[int]) -> "optuna.Study":
    """An empty study in memory."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna.create_study(directions=["maximize" if each > 0 else "minimize" for each in directions])


def frozen(space: Space, past: Past) -> "optuna.trial.FrozenTrial":
    """A trial of the past as Optuna knows it."""
    import optuna

    parameters = {**space.parameters, **dict(space.open_to(past.values))}
    objectives = past.objectives if past.state == "finished" else past.scores[-1:] if past.state == "pruned" else ()
    trial = optuna.trial.create_trial(
        state=_state(past),
        params={
            optunas_name(key, parameters[key]): _internal(parameters[key], text) for key, text in past.values.items()
        },
        distributions={optunas_name(key, parameters[key]): _distribution(parameters[key]) for key in past.values},
        values=list(objectives) or None,
        intermediate_values=dict(enumerate(past.scores, start=1)),
        system_attrs=dict(past.notes),
    )
    for place, violation in enumerate(past.violations):
        trial.set_constraint(str(place), violation)
    return trial


def _state(past: Past) -> "optuna.trial.TrialState":
    import optuna

    return optuna.trial.TrialState[STATES.get(past.state, "FAIL")]


def _distribution(parameter: Parameter) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(parameter, Choice):
        return CategoricalDistribution(parameter.texts)
    if parameter.integer:
        return IntDistribution(int(parameter.low), int(parameter.high), parameter.log, parameter.whole_step)
    return FloatDistribution(parameter.low, parameter.high, parameter.log, None if parameter.log else parameter.step)


def optunas_name(key: str, parameter: Parameter) -> str:
    """Of the parameter in Optuna's study, which knows one set of values a name; branches may differ in theirs."""
    return f"{key} {parameter}"


def _internal(parameter: Parameter, text: str) -> Any:
    if isinstance(parameter, Choice):
        return text
    return int(text) if parameter.integer else float(text)


def _suggested(trial: "optuna.Trial", key: str, parameter: Parameter) -> str:
    name = optunas_name(key, parameter)
    if isinstance(parameter, Choice):
        return str(trial.suggest_categorical(name, parameter.texts))
    low, high, log = parameter.low, parameter.high, parameter.log
    if parameter.integer:
        return str(trial.suggest_int(name, int(low), int(high), log=log, step=parameter.whole_step))
    return repr(trial.suggest_float(name, low, high, log=log, step=None if log else parameter.step))


def _seed(seed: int, number: int) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed} {number}".encode()).digest()[:4], "little")
