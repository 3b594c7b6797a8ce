"""What a command line asks of a sweep. conf/sweep/NAME.yaml may hold any setting beside its parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

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
    -> its values."""

    settings: Settings
    overrides: tuple[str, ...]
    branches: Mapping[str, Mapping[str, str]]

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
    settings: dict[str, Any] = {}
    branches: dict[str, Mapping[str, str]] = {}
    for name in (str(override.value()) for override in given if override.key_or_group == SWEEP):
        content = _file(name)
        plain += [f"{key}={value}" for key, value in content.pop("params", {}).items() if key not in keys]
        branches |= content.pop("when", {})
        settings |= content
    return Asked(settings=settings_of({**settings, **own}), overrides=tuple(plain), branches=branches)


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
    spaces = [content.get("params"), *content.get("when", {}).values()] if isinstance(content, dict) else [None]
    if not all(isinstance(space, dict) and all(isinstance(v, str) for v in space.values()) for space in spaces):
        raise ConfigError(f"{files[name]}: must hold params: a map of keys to texts such as 'ridge,lightgbm'")
    return dict(content)
