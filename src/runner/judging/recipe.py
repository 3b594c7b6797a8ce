"""What makes two trials one choice: everything that was chosen, without the bars and without our own code."""

import hashlib
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import numpy as np

from components.contracts import Source
from components.panel import Panel
from runner.compute.keys import Settings, plain
from runner.recording.trials import Recipe
from runner.specification.described import TARGET, described, mattering
from runner.specification.experiment import Experiment
from runner.storage.canonical import content_hash
from runner.storage.code import OURS, code_of

PRICES = ("open", "high", "low", "close", "adj_close")
"""What the market tells: later downloads may give it at another scale."""


def recipe_of(experiment: Experiment, panel: Panel, reader: Settings | None = None) -> Recipe:
    """The recipe of an experiment on the bars that it reads. reader: of the settings of many."""
    return Recipe(
        key=recipe_key(experiment, panel, reader or Settings()),
        first=str(panel.dates_T[0]),
        last=str(panel.dates_T[-1]),
        digest=lambda until: digest_until(panel, until),
    )


def recipe_key(experiment: Experiment, panel: Panel, reader: Settings) -> str:
    """A digest of the settings that decide forecasts and returns, of how bars are made of a source, of their usual
    spacing, and of the code of components that are not ours. Where bars lie and how they are written is no choice."""
    settings = {name: getattr(experiment, name) for name in mattering(experiment) if name != "data"}
    said, classes = reader.read(settings)
    debug = experiment.debug
    limits = {each.name: getattr(debug, each.name) for each in fields(debug) if each.name != "enabled"}
    spacing = np.median(np.diff(panel.dates_T).astype(np.int64)) if len(panel.dates_T) > 1 else 0
    return content_hash(
        {
            "settings": said,
            "data": _made_of(experiment.data),
            "debug": {name: value for name, value in limits.items() if value is not None} if debug.enabled else {},
            "spacing_us": int(spacing),
            "code": _foreign_code(classes | reader.read(experiment.data)[1]),
        }
    )


def digest_until(panel: Panel, until: str) -> str | None:
    """A digest of all fields but prices, of the bars up to a time (ISO); None where there are none so late."""
    end = np.datetime64(until, "us")
    if panel.dates_T[-1] < end:
        return None
    early_R = panel.timestamps_R <= end
    digest = hashlib.sha256()
    for name in sorted(set(panel.fields) - set(PRICES)):
        digest.update(name.encode())
        digest.update(np.ascontiguousarray(panel.fields[name][early_R]).tobytes())
    return digest.hexdigest()


def _made_of(source: Source) -> Any:
    """A source of bars that are made of another one's, with all else that it is told; of one that reads them: what it
    leaves out."""
    inner = [name for name in mattering(source) if isinstance(getattr(source, name), Source)]
    if not inner:
        return None
    others = {name: plain(getattr(source, name)) for name in mattering(source) if name not in inner}
    return {TARGET: described(type(source)), **others, **{name: _made_of(getattr(source, name)) for name in inner}}


def _foreign_code(classes: Iterable[type]) -> dict[str, str]:
    """Digests of statements outside our own packages that the classes reach."""
    found: dict[str, str] = {}
    for component in classes:
        if component.__module__.partition(".")[0] not in OURS:
            parts = code_of(component).parts
            found |= {
                name: each for name, each in parts.items() if name.partition(".")[0].partition(":")[0] not in OURS
            }
    return dict(sorted(found.items()))
