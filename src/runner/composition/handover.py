"""What Hydra itself does: multirun, and showing its own settings."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import hydra
import yaml

from components.errors import ConfigError
from runner.composition.compose import ROOT, compose, config_loader
from runner.composition.overrides import normalised, parsed
from runner.composition.places import config_folder

# Hydra makes no folder, file or log of its own: the runner creates the run folder, after the check.
QUIET = ("hydra.run.dir=.", "hydra.output_subdir=null", "hydra/job_logging=none", "hydra/hydra_logging=none")


def hydra_main(task: Callable[[Any], None], arguments: Sequence[str]) -> None:
    """Hydra's own entry, with these arguments instead of those of the process."""
    given = sys.argv
    sys.argv = [given[0], *arguments]
    try:
        hydra.main(version_base="1.3", config_path=str(config_folder()), config_name=ROOT)(task)()
    finally:
        sys.argv = given


def for_hydra(overrides: Sequence[str]) -> list[str]:
    """The overrides in the form in which Hydra accepts them."""
    loader = config_loader()
    return [normalised(override, loader.repository) for override in parsed(overrides, loader)]


def show(arguments: Sequence[str]) -> int:
    """`--cfg`, `--info` and the like; runs nothing.

    `--cfg job` shows what a run would use, resolved; the rest is Hydra's answer.
    """
    overrides = [argument for argument in arguments if _is_override(argument)]
    flags = [argument for argument in arguments if not _is_override(argument)]
    composed = compose(overrides)
    if flags[:2] in (["--cfg", "job"], ["-c", "job"]) and "--package" not in flags and "-p" not in flags:
        if composed.problems:
            raise ConfigError(*composed.problems)
        print(yaml.safe_dump(composed.config, sort_keys=False, allow_unicode=True, width=110), end="")
        return 0
    try:
        hydra_main(_nothing, [*flags, *for_hydra(overrides)])
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def _is_override(argument: str) -> bool:
    return not argument.startswith("-") and ("=" in argument or argument.startswith("~"))


def _nothing(config: Any) -> None:
    """Never called: a flag that shows something does not run anything."""
