"""References between settings: `${seed}` is resolved, a call such as `${oc.env:HOME}` is refused."""

import re
from typing import Any, cast

from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from components.errors import ConfigError, Problem
from runner.composition.check import MISSING
from runner.composition.composed import leaves
from runner.composition.schema import show

REFERENCE = re.compile(r"\$\{[\w.\[\]]+\}")
ESCAPED = re.compile(r"(?<!\\)(\\\\)*\\\$\{")
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
    while True:
        try:
            plain = OmegaConf.to_container(OmegaConf.create(config), resolve=True)
        except OmegaConfBaseException as error:
            problems.append(_unresolved(config, error))
        else:
            return cast("dict[str, Any]", plain), problems


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
