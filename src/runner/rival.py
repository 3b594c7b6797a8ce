"""The run of a baseline in the place of the model that did not beat it: simpler, judged and promoted like any other."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from components.errors import ConfigError, Problem
from runner.composition.build import build
from runner.composition.check import nearest
from runner.composition.composed import Composed
from runner.composition.places import config_folder
from runner.composition.rules import analyse, rule_notices, rule_problems
from runner.specification.described import described
from runner.specification.experiment import Experiment

PLAIN = {"ensemble": "single", "preprocess": "none", "calibration": "none"}
"""What a baseline has none of: it is fitted on the features as they are."""


def rival_of(folder: Path, name: str) -> tuple[Experiment, Composed]:
    """The experiment of a run with its baseline `name` as the model, and without the gates that compare with it.

    Raises ConfigError where there is no such baseline, or where it does not fit the experiment.
    """
    config = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))
    known = config["baselines"]
    if name not in known:
        near = nearest(name, known)
        hint = f"did you mean '{near}'?" if near else f"baselines: {', '.join(known) or 'none'}"
        message, fix = f"the run has no baseline '{name}'", (f"--baseline={near}",) if near else ()
        raise ConfigError(
            Problem("--baseline", message, hint, code="no_such_choice", value=name, allowed=tuple(known), fix=fix)
        )
    judged = build(Experiment, config)
    filling, own = judged.preprocess.filling(), judged.baselines[name].on_own_features()
    changed = {
        **config,
        **{slot: _choice(slot, choice) for slot, choice in PLAIN.items()},
        "name": f"{config['name']}_{name}",
        "model": known[name],
        "baselines": {other: model for other, model in known.items() if other != name},
        "gates": _without(config["gates"], name),
        "export": {**config["export"], "name": f"{config['export']['name']}_{name}", "promote": "auto"},
    }
    if filling is not None:
        changed["preprocess"] = described(filling)
    if own is not None:
        changed["features"], changed["model"] = described(own[0]), described(own[1])
    experiment = build(Experiment, changed)
    analysis = analyse(experiment)
    if problems := rule_problems(analysis):
        raise ConfigError(*problems)
    composed = Composed(
        config=changed,
        experiment=changed["name"],
        choices={"model": name},
        overrides=(f"promote {folder.name} --baseline {name}",),
        notices=(),
        local_files=(),
        problems=(),
    )
    return experiment, replace(composed, notices=tuple(rule_notices(analysis)))


def _choice(slot: str, choice: str) -> Any:
    return yaml.safe_load((config_folder() / slot / f"{choice}.yaml").read_text(encoding="utf-8"))


def _without(gates: Any, baseline: str) -> Any:
    """The settings of gates without those that compare with the baseline, however deep."""
    if not isinstance(gates, Mapping):
        return gates
    kept = {
        name: each
        for name, each in gates.items()
        if not (isinstance(each, Mapping) and each.get("baseline") == baseline)
    }
    return {name: _without(each, baseline) for name, each in kept.items()}
