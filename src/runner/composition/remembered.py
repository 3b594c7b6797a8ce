"""Compositions kept between processes, as long as nothing that composing reads has changed.

Composing reads the command line, all files of the configuration folders, what Hydra's plugins add, and its
own code. The content of all of it is in the name under which a composition is kept, so that none is stale.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict

from runner.composition.composed import Composed
from runner.composition.unchanged import state_of_files
from runner.storage import kept

KIND = "compositions"


def remembered(overrides: Sequence[str], compose: Callable[[Sequence[str]], Composed]) -> Composed:
    """What composing this command line gave when everything was as it is now; else composes.

    Kept is only what is without problems and plain enough for JSON to give it back unchanged.
    """
    state = _state(overrides)
    found = kept.load(KIND, state) if state else None
    if found is not None:
        return _from_json(found)
    composed = compose(overrides)
    if state and not composed.problems:
        _keep(composed, state)
    return composed


def _keep(composed: Composed, state: str) -> None:
    try:
        plain = asdict(composed)
        is_plain = repr(asdict(_from_json(json.loads(json.dumps(plain))))) == repr(plain)
    except (TypeError, ValueError):
        return
    from runner.composition.compose import config_loader, reads_ours_alone

    if is_plain and reads_ours_alone(config_loader()) and _state(composed.overrides) == state:
        kept.keep(KIND, state, plain)


def _from_json(found: dict[str, object]) -> Composed:
    lists = ("overrides", "notices", "local_files", "problems")
    return Composed(**{name: tuple(value) if name in lists else value for name, value in found.items()})  # type: ignore[arg-type]


def _state(overrides: Sequence[str]) -> str | None:
    """A digest of everything that composing reads; None where that cannot be known."""
    files = state_of_files()
    return kept.digest([files, *overrides]) if files else None
