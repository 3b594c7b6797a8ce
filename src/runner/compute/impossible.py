"""What can be told of an experiment once its bars are read, and cannot come to anything: refused before a trial is
recorded and anything is fitted."""

from collections.abc import Iterator

import numpy as np

from components.errors import ConfigError, Problem
from components.expressions import reach
from components.panel import Panel
from components.statistics.distinct import distinct
from runner.composition.gates import gate_paths
from runner.compute.pipeline import Prepared
from runner.specification.experiment import Experiment

MIN_DATES = 8
"""Fewer tell nothing of a mean, see `components.statistics.newey_west.mean_test`."""


def refuse_impossible(experiment: Experiment, prepared: Prepared) -> list[str]:
    """Raises ConfigError with everything that stands in the way; gives what is merely useless, a sentence each."""
    symbols = symbols_of_a_date(prepared.panel)
    problems = [*_target(experiment, prepared, symbols)]
    if experiment.preprocess.cross_sectional and symbols < 2:
        hint = "choose zscore, which compares with the past, or give more symbols"
        problems.append(Problem("preprocess", "compares the symbols of a date, and no date has two", hint))
    own = [prepared.columns[name] for name in experiment.features.expanded() if name in prepared.columns]
    if symbols < 2 and own and all(reach(node).cross_sectional for node in own):
        hint = "choose features that compare a symbol with its own past, or give more symbols"
        problems.append(Problem("features", "all compare the symbols of a date, and no date has two", hint))
    if not experiment.debug.enabled:
        problems += [*_gates(experiment, prepared, symbols)]
    if problems:
        raise ConfigError(*problems)
    return _idle_features(prepared) if symbols < 2 else []


def symbols_of_a_date(panel: Panel) -> int:
    """Members of the universe on the date that has most of them."""
    return int(np.bincount(panel.date_codes_R[panel.in_universe_R]).max(initial=0))


def _target(experiment: Experiment, prepared: Prepared, symbols: int) -> Iterator[Problem]:
    compares = [name for name, node in prepared.targets.items() if reach(node).cross_sectional]
    if compares and symbols < 2:
        named = hasattr(experiment.target, "cross_sectional")
        yield Problem(
            "target",
            "compares the symbols of a date, and no date has two: one symbol has no cross-section",
            f"{'set target.cross_sectional=none' if named else 'choose another target'}, or give more symbols",
        )
        return
    y_R = prepared.labels.y_R
    known_R = y_R[np.isfinite(y_R)]
    if len(known_R) and np.ptp(known_R) == 0:
        message = f"every label is {known_R[0]:g}: there is nothing to forecast"
        yield Problem("target", message, "choose another target or other bars")


def _gates(experiment: Experiment, prepared: Prepared, symbols: int) -> Iterator[Problem]:
    folds = prepared.folds
    tested = distinct(prepared.panel.timestamps_R[np.concatenate([fold.test_rows for fold in folds])])
    if len(tested) < MIN_DATES:
        message = f"its test spans hold {_count(len(tested), 'date')}: it takes {MIN_DATES} to judge anything"
        yield Problem("split", message, "lengthen them, or give more bars")
    for path, gate in gate_paths(experiment).items():
        if not gate.required or experiment.target.kind not in gate.kinds:
            continue
        if symbols < gate.min_symbols:
            most = f"and no date has more than {_count(symbols, 'symbol')}"
            message = f"is required and compares {gate.min_symbols} symbols or more of a date, {most}"
            yield Problem(path, message, f"give more symbols, or {path}.required=false")
        if len(folds) < gate.min_folds:
            message = f"is required and compares {gate.min_folds} folds or more, and there is {len(folds)}"
            yield Problem(path, message, f"choose a split with more, or {path}.required=false")


def _idle_features(prepared: Prepared) -> list[str]:
    idle = [name for name, node in prepared.columns.items() if reach(node).cross_sectional]
    if not idle:
        return []
    return [f"features: no date has two symbols, so that {', '.join(idle)}, which compare them, say nothing"]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
