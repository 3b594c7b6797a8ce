"""What a command line asks of a sweep. conf/sweep/NAME.yaml may hold any setting beside its parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml
from hydra.core.override_parser.types import Override

from components.errors import ConfigError, Problem
from runner.composition.accept import accepts
from runner.composition.bounded import refuse_unbounded
from runner.composition.check import nearest
from runner.composition.compose import config_loader
from runner.composition.overrides import SWEEP, no_choice, parsed
from runner.composition.places import config_files
from runner.composition.schema import allowed, parameters, show
from runner.specification.sweep import Settings


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a command line asks for. overrides: without what is of the sweep itself; branches: `KEY=VALUE` -> parameter
    -> its values; given: settings that it names itself, not those of a file."""

    settings: Settings
    overrides: tuple[str, ...]
    branches: Mapping[str, Mapping[str, str]]
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def plain(self) -> list[str]:
        """The overrides of the experiment, without those of Hydra."""
        return [text for text in self.overrides if text not in self.hydra]

    @property
    def hydra(self) -> list[str]:
        """Such as hydra/launcher=joblib: how workers are started."""
        return [str(override.input_line) for override in parsed(self.overrides) if override.is_hydra_override()]


def asked(texts: Sequence[str]) -> Asked:
    """`+sweep=NAME` replaced by the parameters of conf/sweep/NAME.yaml, and `sweep.*` taken out; what was given on the
    command line wins."""
    given = parsed(texts, config_loader())
    own = {o.key_or_group.removeprefix(f"{SWEEP}."): o.value() for o in given if o.key_or_group.startswith(f"{SWEEP}.")}
    plain = [str(o.input_line) for o in given if o.key_or_group != SWEEP and not o.key_or_group.startswith(f"{SWEEP}.")]
    keys = {override.key_or_group for override in given}
    names = _names(given)
    settings: dict[str, Any] = {}
    branches: dict[str, Mapping[str, str]] = {}
    for name in names:
        content = _file(name)
        plain += [f"{key}={value}" for key, value in content.pop("params", {}).items() if key not in keys]
        branches |= content.pop("when", {})
        settings |= content
    found = settings_of({**settings, **own})
    return Asked(settings=found, overrides=tuple(plain), branches=branches, given=own)


def _names(given: Sequence[Override]) -> list[str]:
    """The space that a command line names, if any. Raises ConfigError for several, and for settings with several
    values."""
    chosen = [override for override in given if override.key_or_group == SWEEP]
    several = [o for o in given if o.key_or_group.startswith(f"{SWEEP}.") and o.is_sweep_override()]
    problems = [
        Problem(str(o.key_or_group), f"'{o.input_line}' has several values", "a sweep has one: it is no parameter")
        for o in several
    ]
    if len(chosen) > 1 or any(o.is_sweep_override() for o in chosen):
        asked_for = " ".join(str(o.input_line) for o in chosen)
        hint = f"name one, or write a conf/{SWEEP}/NAME.yaml that holds what you want of both"
        problems.append(Problem(SWEEP, f"'{asked_for}': one space at a time is searched", hint))
    if problems:
        raise ConfigError(*problems)
    return [str(override.value()) for override in chosen]


def settings_of(values: Mapping[str, Any]) -> Settings:
    """Raises ConfigError with every setting that is unknown or not allowed."""
    known, problems = parameters(Settings), []
    for name, value in values.items():
        if name not in known:
            near = nearest(name, tuple(known))
            hint = f"did you mean '{SWEEP}.{near}'?" if near else f"allowed: {', '.join(known)}"
            problems.append(Problem(f"{SWEEP}.{name}", "unknown key", hint))
        elif not accepts(annotation := known[name].annotation, value):
            problems.append(
                Problem(f"{SWEEP}.{name}", f"{show(value)} is not allowed", f"must be {allowed(annotation, value)}")
            )
    if problems:
        raise ConfigError(*problems)
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
    return Settings(**{**values, **lists})


def _file(name: str) -> dict[str, Any]:
    files = config_files(SWEEP)
    if name not in files:
        raise ConfigError(no_choice(SWEEP, name, list(files)))
    try:
        refuse_unbounded(files[name], f"conf/{SWEEP}/{name}.yaml")
        content = yaml.safe_load(files[name].read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise ConfigError(f"{files[name]}: cannot be read: {' '.join(str(error).split())}") from None
    params, when = (content.get("params"), content.get("when", {})) if isinstance(content, dict) else (None, {})
    if not isinstance(when, dict):
        raise ConfigError(f"{files[name]}: when must be a map of KEY=VALUE to a map of parameters, as params is")
    if not all(
        isinstance(space, dict) and all(isinstance(v, str) for v in space.values())
        for space in (params, *when.values())
    ):
        raise ConfigError(f"{files[name]}: must hold params: a map of keys to texts such as 'ridge,lightgbm'")
    return dict(content)
