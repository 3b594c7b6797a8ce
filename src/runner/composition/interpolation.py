"""References between settings: `${seed}` is resolved, a call such as `${oc.env:HOME}` is refused."""

import math
import re
from collections.abc import Mapping
from typing import Any, cast

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from components.errors import ConfigError, Problem
from runner.composition.check import MISSING
from runner.composition.composed import leaves
from runner.composition.schema import show

REFERENCE = re.compile(r"\$\{[\w.\[\]]+\}")
ALONE = re.compile(r"\$\{[A-Za-z_][\w.]*\}")
PLAIN = frozenset({type(None), bool, int, float, str})
ESCAPED = re.compile(r"(?<!\\)(\\\\)*\\\$\{")
MOST_CHARACTERS, MOST_REFERENCES = 100_000, 1_000
LONGEST_CHAIN = 32
REFERENCES_ONLY = "only plain references such as ${seed} are allowed"


def calls_resolver(text: Any) -> bool:
    """True for text with an interpolation that is more than a plain reference."""
    if not isinstance(text, str) or "${" not in text:
        return False
    return "${" in REFERENCE.sub("", ESCAPED.sub("", text))


def resolve(config: dict[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """The configuration with references replaced by what they refer to, and what could not be resolved.

    No resolver is ever called: a leaf that calls one, or refers to nothing, is a problem and becomes `???`.
    """
    if _filled_in(config):
        return config, []
    refused = [(keys, value) for keys, value in leaves(config) if calls_resolver(value)]
    problems = [
        Problem(
            ".".join(map(str, keys)),
            f"{show(value)} calls a resolver; {REFERENCES_ONLY}",
            "name the environment variable in a parameter that is read at use",
        )
        for keys, value in refused
    ]
    for keys, _ in refused:
        _mask(config, keys)
    for keys, flaw in unbounded(config):
        problems.append(Problem(".".join(map(str, keys)), flaw, REFERENCES_ONLY))
        _mask(config, keys)
    while True:
        try:
            plain = OmegaConf.to_container(OmegaConf.create(config), resolve=True)
        except OmegaConfBaseException as error:
            problems.append(_unresolved(config, error))
        else:
            return cast("dict[str, Any]", plain), problems


def _filled_in(config: dict[str, Any]) -> bool:
    """Puts the value in the place of every reference, as long as each stands alone and leads to a plain value that is
    none; OmegaConf, which does the rest, takes longer than a trial of a sweep. False: nothing was changed."""
    held = dict(leaves(config))
    if not all(type(value) in PLAIN and all(type(key) in (str, int) for key in keys) for keys, value in held.items()):
        return False
    found: list[tuple[tuple[Any, ...], Any]] = []
    for keys, value in held.items():
        if isinstance(value, str) and "${" in value:
            reached = held.get(tuple(value[2:-1].split(".")), MISSING) if ALONE.fullmatch(value) else MISSING
            if isinstance(reached, str) and (reached == MISSING or "${" in reached):
                return False
            found.append((keys, reached))
    for keys, value in found:
        place: Any = config
        for key in keys[:-1]:
            place = place[key]
        place[keys[-1]] = value
    return True


def unbounded(config: dict[str, Any]) -> list[tuple[tuple[Any, ...], str]]:
    """Leaves that could not be resolved in bounded time and space, and why: their references lead back to themselves,
    or make text that grows beyond measure, as doubling ones do."""
    held = dict(leaves(config))
    below: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for keys in held:
        for depth in range(len(keys)):
            below.setdefault(tuple(map(str, keys[:depth])), []).append(keys)
    named = {tuple(map(str, keys)): keys for keys in held}
    sizes: dict[tuple[Any, ...], tuple[float, float, float]] = {}

    def size(keys: tuple[Any, ...], way: tuple[Any, ...]) -> tuple[float, float, float]:
        """Characters of a leaf once it is resolved, references that are followed for it, and how many of them one
        after the other; infinite in a circle."""
        if keys not in sizes:
            if keys in way or len(way) > LONGEST_CHAIN:
                return math.inf, math.inf, math.inf
            text = held[keys]
            references = REFERENCE.findall(text) if isinstance(text, str) and "${" in text else []
            found = [leaf for reference in references for leaf in _referred(reference, keys, named, below)]
            each = [size(leaf, (*way, keys)) for leaf in found]
            characters = (len(text) if isinstance(text, str) else 1) + sum(length for length, _, _ in each)
            deepest = max((deep for _, _, deep in each), default=-1)
            sizes[keys] = characters, sum(1 + followed for _, followed, _ in each), 1 + deepest
        return sizes[keys]

    flaws = []
    for keys, value in held.items():
        if not isinstance(value, str) or "${" not in value:
            continue
        characters, followed, deep = size(keys, ())
        if deep > LONGEST_CHAIN:
            flaws.append((keys, f"its references lead back to itself, or through more than {LONGEST_CHAIN} others"))
        elif characters > MOST_CHARACTERS or followed > MOST_REFERENCES:
            flaws.append((keys, f"its references grow to {followed:,.0f} of them and {characters:,.0f} characters"))
    return flaws


def _referred(
    reference: str,
    keys: tuple[Any, ...],
    named: Mapping[tuple[str, ...], tuple[Any, ...]],
    below: Mapping[tuple[str, ...], list[tuple[Any, ...]]],
) -> list[tuple[Any, ...]]:
    """The leaves that `${a.b}`, `${a[0]}` or `${.b}` takes in; none where there is nothing, which is said elsewhere."""
    path = reference[2:-1]
    inner = path.lstrip(".")
    up = len(path) - len(inner)
    parts = tuple(part for part in re.split(r"[.\[\]]+", inner) if part)
    at = (*map(str, keys[: len(keys) - up]), *parts) if up else parts
    return [named[at]] if at in named else below.get(at, [])


def _unresolved(config: dict[str, Any], error: OmegaConfBaseException) -> Problem:
    """The problem of the leaf at which resolving failed; masks the leaf."""
    where = re.sub(r"\[(\w+)\]", r".\1", str(error.full_key or ""))
    reason = str(error).splitlines()[0]
    for keys, value in leaves(config):
        if ".".join(map(str, keys)) == where and isinstance(value, str):
            _mask(config, keys)
            return Problem(where, f"{show(value)} cannot be resolved: {reason}", REFERENCES_ONLY)
    raise ConfigError(Problem(where, f"cannot be resolved: {reason}", REFERENCES_ONLY)) from None


def _mask(config: Any, keys: tuple[Any, ...]) -> None:
    for key in keys[:-1]:
        config = config[key]
    config[keys[-1]] = MISSING
