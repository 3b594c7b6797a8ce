"""What makes two runs the same run, and two trials the same trial."""

from collections.abc import Mapping
from typing import Any

from components.panel import Panel
from runner.composition.catalog import catalogue
from runner.composition.figures import metrics
from runner.compute.calibrate import calibrate
from runner.compute.decisions import decide_weights
from runner.compute.forecast import walk_forward
from runner.judging.metrics import run_metrics
from runner.judging.scored import scored
from runner.recording.ledger import Family
from runner.specification.experiment import Experiment
from runner.storage.keys import code_fingerprint, content_hash

INERT = frozenset({"name", "threads", "tracking", "export", "debug", "quality"})
"""Sections that change no forecast, weight, cost or verdict. (debug and quality do, through the panel and
folds, whose content is in the key.)"""

JUDGED_BY = frozenset({"gates", "baselines"})
"""Sections that judge a trial without being part of it."""


def keyed(section: Any) -> Any:
    """A configuration without the parameters that its components declare inert."""
    if isinstance(section, Mapping):
        target = section.get("_target_")
        inert = catalogue()[target].inert if isinstance(target, str) and target in catalogue() else ()
        return {name: keyed(value) for name, value in section.items() if name not in inert}
    if isinstance(section, list | tuple):
        return [keyed(entry) for entry in section]
    return section


def run_key(config: Mapping[str, Any], design_key: str) -> str:
    """Same key: same data, code and settings, so the same bytes in every result."""
    kept = {name: keyed(value) for name, value in config.items() if name not in INERT}
    steps = (walk_forward, calibrate, scored, decide_weights, run_metrics)
    shared = [code_fingerprint(step) for step in (*steps, *map(type, metrics().values()))]
    return content_hash({"config": kept, "code": [*shared, code_of(config)], "design": design_key})


def trial_key(config: Mapping[str, Any], design_key: str) -> str:
    """A run's key without what only judges it: another threshold is no further try."""
    return run_key({name: value for name, value in config.items() if name not in JUDGED_BY}, design_key)


def code_of(config: Mapping[str, Any]) -> str:
    """Hash of the code of every component in a configuration, however deep."""
    targets = sorted(_targets({name: value for name, value in config.items() if name not in INERT}))
    return content_hash([code_fingerprint(catalogue()[target]) for target in targets])


def _targets(section: Any) -> set[str]:
    if isinstance(section, Mapping):
        own = {section["_target_"]} if isinstance(section.get("_target_"), str) else set()
        return own.union(*(_targets(value) for value in section.values()))
    if isinstance(section, list | tuple):
        return set().union(*(_targets(entry) for entry in section))
    return set()


def family_of(experiment: Experiment, panel: Panel) -> Family:
    """The data's logical identity: source, symbols and days."""
    first, last = panel.dates_T[[0, -1]].astype("datetime64[D]").tolist()
    return Family(source=experiment.data.facts().identity, symbols=panel.symbols, first=first, last=last)
