"""No mistyped key of any shipped configuration gets through."""

import copy
import functools
import random
import string
from collections.abc import Iterator
from typing import Any

import pytest

from components.errors import ConfigError
from runner.composition.catalog import slots
from runner.composition.check import problems
from runner.composition.compose import compose
from runner.composition.configure import configure
from runner.composition.places import config_files
from runner.specification.experiment import Experiment

# Maps whose names are the user's own; their values may be checked, their names may not.
FREE_NAMES = (
    "model.parameters",
    "model.monotone",
    "features.expressions",
    "features.definitions",
    "baselines",
    "robustness",
    "gates.checks",
    "ensemble.models",
    "data.columns",
    "data.tolerance",
    "model.columns",
)
DEFAULTED = ("fallback",)
"""Keys of a contract that a component of somebody else's need not state."""

CHOICES = [(slot, choice) for slot in slots() for choice in config_files(slot)]


def misspellings(word: str) -> set[str]:
    """Every single insertion, deletion, replacement and swap, over one letter of each kind."""
    letters = [*random.Random(word).sample(string.ascii_lowercase, 2), "_"]
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    found = {a + b[1:] for a, b in splits if b}
    found |= {a + b[1] + b[0] + b[2:] for a, b in splits if len(b) > 1}
    found |= {a + c + b for a, b in splits for c in letters}
    found |= {a + c + b[1:] for a, b in splits if b for c in letters}
    return found - {word}


def sections(config: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """(dotted path, section) of every section whose keys are parameters."""
    if isinstance(config, dict):
        if not path.endswith(FREE_NAMES):
            yield path, config
        for key, value in config.items():
            yield from sections(value, f"{path}.{key}" if path else key)
    elif isinstance(config, list):
        for index, value in enumerate(config):
            yield from sections(value, f"{path}.{index}")


@functools.cache
def composed(number: int) -> dict[str, Any]:
    """Of every slot the choice of this number, and its first where there are not so many."""
    chosen = {slot: [*config_files(slot)] for slot in slots()}
    return compose([f"{slot}={(*names[number:], names[0])[0]}" for slot, names in chosen.items() if names]).config


def section_of(slot: str, choice: str) -> dict[str, Any]:
    section: dict[str, Any] = copy.deepcopy(composed([*config_files(slot)].index(choice))[slot])
    return section


@pytest.mark.parametrize(("slot", "choice"), CHOICES, ids=[f"{s}/{c}" for s, c in CHOICES])
def test_every_mistyped_key_is_refused_with_its_path(slot: str, choice: str) -> None:
    config = section_of(slot, choice)
    wrong = set()
    for path, section in list(sections(config, slot)):
        mistyped = set().union(*map(misspellings, section)) - set(section)
        wrong |= {f"{path}.{key}" for key in mistyped}
        section |= dict.fromkeys(mistyped, 1)
    unknown = {p.path for p in problems(config, slots()[slot], path=slot) if p.message == "unknown key"}
    assert unknown == wrong


@pytest.mark.parametrize(("slot", "choice"), CHOICES, ids=[f"{s}/{c}" for s, c in CHOICES])
def test_every_absent_key_is_refused_with_its_path(slot: str, choice: str) -> None:
    config = section_of(slot, choice)
    for path, section in list(sections(config, slot)):
        for key in list(section):
            value = section.pop(key)
            found = [p for p in problems(config, slots()[slot], path=slot) if p.path == f"{path}.{key}"]
            assert [p.message.startswith("missing; ") for p in found] == ([] if key in DEFAULTED else [True])
            section[key] = value


def test_every_mistyped_slot_is_refused() -> None:
    config = compose([]).config
    wrong = set().union(*map(misspellings, config)) - set(config)
    found = problems(config | dict.fromkeys(wrong, 1), Experiment)
    assert {p.path for p in found if p.message == "unknown key"} == wrong


LEAVES = (
    "seed",
    "threads",
    "model.num_leaves",
    "split.vault_start",
    "gates.enforce",
    "tracking.project",
    "debug.max_bars",
    "baselines.har.model.features",
)


@pytest.mark.parametrize("plus", ["", "+", "++"])
@pytest.mark.parametrize("leaf", LEAVES)
def test_mistyped_overrides_are_refused_on_the_command_line(plus: str, leaf: str) -> None:
    parent, _, key = leaf.rpartition(".")
    wrong = random.Random(leaf + plus).choice(sorted(misspellings(key)))
    path = f"{parent}.{wrong}" if parent else wrong
    with pytest.raises(ConfigError) as caught:
        configure([f"{plus}{path}=1"])
    lines = str(caught.value).splitlines()
    assert (
        any(line.startswith(f"{path}: unknown key; ") for line in lines)
        or f"'{plus}{path}=1' cannot be read" in lines[0]
    )


def test_free_names_are_exempt() -> None:
    configure(["features.expressions.anything='mean(close, 3)'"])
