"""Trials of the ledger that a search may begin with: points of its space, tried on the same bars."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from components.errors import ConfigError
from runner.composition.compose import Memo
from runner.composition.configure import configure
from runner.composition.overrides import parsed
from runner.judging.recipe import recipe_of
from runner.judging.tries import family_of
from runner.recording.ledger import Ledger, Trial
from runner.recording.run_folder import manifest_of
from runner.specification.places import HERE
from runner.sweeps.aims import Aims
from runner.sweeps.bars import bars_of
from runner.sweeps.searches import Past
from runner.sweeps.space import Choice, Parameter, Space


class _Outside(Exception):
    """A value that the space does not have."""


def known_points(space: Space, aims: Aims, most: int | None, first: Sequence[str], memo: Memo) -> list[Past]:
    """Finished trials of the market that are points of the space, in their order, the newest so many.

    first: command line of any point, whose bars are read. Whether an earlier trial is a point is not guessed from its
    settings: the point is composed, and must be the same try by the ledger's own rule. What is no longer in a run
    folder cannot be told.
    """
    experiment, panel, cache = bars_of(first, memo)
    trials = Ledger.open(HERE.ledger).trials(family_of(experiment, panel, cache))
    found = list[Past]()
    for trial in reversed(trials):
        if len(found) == most:
            break
        past = _point(trial, space, aims)
        if past is None:
            continue
        try:
            again, _ = configure(space.overrides(past.values), memo=memo)
        except ConfigError:
            continue
        if recipe_of(again, panel).repeats(trial.started):
            found.append(past)
    return found[::-1]


def _point(trial: Trial, space: Space, aims: Aims) -> Past | None:
    """The trial as a point of the space; None where it is none, or where its figures do not say how good it is."""
    metrics: Mapping[str, float | None] = trial.outcome.get("metrics", {})
    wanted = [*aims.objectives, *(constraint.figure for constraint in aims.constraints)]
    figures = {name: value for name in wanted if (value := metrics.get(name)) is not None and math.isfinite(value)}
    folder = _folder(str(trial.started.get("run_id", "")))
    if trial.state != "finished" or len(figures) < len(set(wanted)) or folder is None:
        return None
    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    choices = manifest_of(folder)["choices"]
    try:
        values = space.filled(lambda key, parameter: _text(key.lstrip("+"), parameter, config, choices))
    except _Outside:
        return None
    stem, scores = aims.objectives[0], list[float]()
    while (score := metrics.get(f"{stem}_fold_{len(scores) + 1}")) is not None:
        scores.append(score)
    return Past(
        values=values,
        state="finished",
        objectives=tuple(figures[name] for name in aims.objectives),
        scores=tuple(scores),
        violations=tuple(constraint.violation(figures[constraint.figure]) for constraint in aims.constraints),
        run=str(folder),
    )


def _text(key: str, parameter: Parameter, config: Mapping[str, Any], choices: Mapping[str, str]) -> str:
    """What was chosen, as the space writes it. Raises _Outside."""
    if key in choices:
        chosen: Any = choices[key]
    else:
        chosen = config
        for part in key.split("."):
            if not isinstance(chosen, Mapping) or part not in chosen:
                raise _Outside
            chosen = chosen[part]
    if isinstance(parameter, Choice):
        fitting = [text for text in parameter.texts if _same(parsed([f"key={text}"])[0].value(), chosen)]
        if fitting:
            return fitting[0]
    elif type(chosen) in (int, float) and parameter.has(chosen):
        return parameter.text(chosen)
    raise _Outside


def _same(typed: Any, chosen: Any) -> bool:
    if isinstance(typed, bool) or isinstance(chosen, bool):
        return typed is chosen
    return bool(typed == chosen)


def _folder(run_id: str) -> Path | None:
    folders = [path.parent for path in HERE.outputs.glob(f"runs/*/{run_id}/config.yaml")] if run_id else []
    return folders[0] if folders else None
