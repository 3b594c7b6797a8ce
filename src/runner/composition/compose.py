"""From a command line to one plain configuration with every reference resolved."""

import copy
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, cast

from hydra import version
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.core.utils import setup_globals
from hydra.errors import HydraException, MissingConfigException
from hydra.types import RunMode
from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import OmegaConfBaseException

from components.errors import ConfigError, Problem
from runner.composition.added import added_notices
from runner.composition.check import MISSING
from runner.composition.composed import Composed
from runner.composition.interpolation import resolve
from runner.composition.overrides import EXPERIMENT, apply, no_choice, parsed, sort
from runner.composition.places import config_folder
from runner.composition.schema import parameters
from runner.composition.secrets import secret_problems
from runner.composition.sources import HYDRA_RULE, WatchedRepository
from runner.composition.unchanged import state_of_files, while_unchanged
from runner.specification.experiment import Experiment

ROOT = "config"
UNNAMED = "unnamed"
# What Hydra fills in itself, differently with and without an experiment.
VOLATILE = ("overrides", "runtime")
VOLATILE_JOB = ("name", "config_name", "override_dirname")
OURS = frozenset({"hydra", "main", "local", "schema"})
"""Who may put a folder on Hydra's search path so that its files are among those of `state_of_files`."""


class Chosen(NamedTuple):
    """What a command line says about files."""

    experiment: str | None
    choices: tuple[tuple[str, str], ...]
    hydra: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Files:
    """What the chosen files say together, before single values are set."""

    raw: dict[str, Any]
    choices: Mapping[str, str]
    notices: tuple[str, ...]
    local_files: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Memo:
    """What the points of a sweep share: files by request, read once; points by overrides, composed once; and sections
    of the experiment by name, the text of the last one and what was built of it."""

    files: dict[Chosen, Files] = field(default_factory=dict[Chosen, Files])
    points: dict[tuple[str, ...], Composed] = field(default_factory=dict[tuple[str, ...], Composed])
    built: dict[str, tuple[str, Any]] = field(default_factory=dict[str, tuple[str, Any]])


def compose(overrides: Sequence[str], *, memo: Memo | None = None) -> Composed:
    """Composes what the command line asks for; nothing is built and nothing foreign is executed.

    Raises ConfigError where there is no configuration to speak of: an override that cannot be read, an
    experiment that does not exist, a broken file, `hydra.*` set where it may not be.
    """
    memo, point = memo or Memo(), tuple(overrides)
    if point not in memo.points:
        memo.points[point] = _composed(point, memo.files)
    return memo.points[point]


def _composed(overrides: tuple[str, ...], known: dict[Chosen, Files]) -> Composed:
    loader = config_loader()
    request, problems = sort(parsed(overrides), loader.repository)
    if found := list(secret_problems(list(request.hydra), "hydra")):
        raise ConfigError(*found)  # before Hydra says what it cannot set
    chosen = Chosen(request.experiment, tuple(sorted(request.choices.items())), tuple(request.hydra))
    if chosen not in known:
        state = state_of_files() if reads_ours_alone(loader) else None
        known[chosen] = while_unchanged(state, _files, chosen, state)
    files = known[chosen]
    raw = copy.deepcopy(files.raw)
    problems += [problem for leaf in request.leaves if (problem := apply(raw, leaf))]
    config, unresolved = resolve(raw)
    unresolved += secret_problems(config)
    return Composed(
        config=config,
        experiment=request.experiment,
        choices=files.choices,
        overrides=overrides,
        notices=files.notices,
        local_files=files.local_files,
        problems=(*problems, *unresolved),
    )


def _files(chosen: Chosen, state: str | None) -> Files:
    loader = config_loader()
    loader.repository = watched = WatchedRepository(loader.config_search_path, _replaced_slots(chosen, state))
    tree, notices = _load(loader, ROOT, chosen)
    _refuse_hydra_settings(tree, chosen, state)
    raw, choices = _plain(tree, chosen), _choices(tree)
    return Files(
        raw=raw,
        choices=choices,
        notices=(
            *notices,
            *_drop_notices(watched, chosen),
            *added_notices(raw, choices),
            *_local_notices(watched),
        ),
        local_files=watched.local_files,
    )


def config_loader() -> ConfigLoaderImpl:
    """Hydra's loader over the shipped configurations and ./conf, under our rules."""
    version.setbase("1.3")
    setup_globals()
    loader = ConfigLoaderImpl(create_config_search_path(f"file://{config_folder()}"))
    loader.repository = WatchedRepository(loader.config_search_path)
    return loader


def reads_ours_alone(loader: ConfigLoaderImpl) -> bool:
    """Whether all that it reads is in `state_of_files`."""
    return {part.provider for part in loader.config_search_path.get_path()} <= OURS


def _load(loader: ConfigLoaderImpl, name: str | None, chosen: Chosen) -> tuple[DictConfig, list[str]]:
    """Hydra's composition of files, and its warnings."""
    with _heard(loader) as caught:
        tree = loader.load_configuration(name, _wanted(name, chosen), RunMode.RUN, from_shell=False)
    return tree, [" ".join(str(warning.message).split()) for warning in caught]


def _wanted(name: str | None, chosen: Chosen) -> list[str]:
    """What was chosen, as Hydra's overrides."""
    if name is None:
        return list(chosen.hydra)
    choices = [f"{group}={choice}" for group, choice in chosen.choices]
    return [*chosen.hydra, *choices, *([f"+{EXPERIMENT}={chosen.experiment}"] if chosen.experiment else [])]


@contextmanager
def _heard(loader: ConfigLoaderImpl) -> Iterator[list[warnings.WarningMessage]]:
    """Hydra at work: its warnings are collected, its errors become one line."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield caught
        except RecursionError:
            raise ConfigError("the configuration files lead back to themselves, or are nested too deeply") from None
        except MissingConfigException as error:
            raise ConfigError(_no_file(error, loader)) from None
        except (HydraException, OmegaConfBaseException) as error:
            raise ConfigError(_one_line(error)) from None


def _replaced_slots(chosen: Chosen, state: str | None) -> set[str]:
    """Slots for which the command line chose another file than the experiment."""
    if chosen.experiment is None or not chosen.choices:
        return set()
    own = while_unchanged(state, _own_choices, chosen.experiment)
    return {slot for slot, choice in chosen.choices if own.get(slot, choice) != choice}


def _own_choices(experiment: str) -> dict[str, Any]:
    """slot -> choice of an experiment that nothing is changed of."""
    loader = config_loader()
    with _heard(loader):
        found = loader.compute_defaults_list(ROOT, _wanted(ROOT, Chosen(experiment, (), ())), RunMode.RUN)
    return dict(found.overrides.known_choices)


def _drop_notices(watched: WatchedRepository, chosen: Chosen) -> list[str]:
    choices = dict(chosen.choices)
    return [
        f"{slot}={choices[slot]} replaces the experiment's {slot}: "
        f"its {', '.join(dropped)} {'is' if len(dropped) == 1 else 'are'} dropped"
        for slot, dropped in watched.dropped.items()
    ]


def _local_notices(watched: WatchedRepository) -> list[str]:
    return [f"local files used: {', '.join(watched.local_files)}"] if watched.local_files else []


def _refuse_hydra_settings(tree: DictConfig, chosen: Chosen, state: str | None) -> None:
    """Callbacks and the like run code: whoever smuggled one in, by whatever package, is refused."""
    found, own = _hydra_settings(tree), while_unchanged(state, _own_hydra_settings, chosen.hydra)
    changed = [f"hydra.{key}" for key in found if found[key] != own.get(key)]
    if changed:
        where = f"experiment '{chosen.experiment}'" if chosen.experiment else "the configuration"
        raise ConfigError(f"{where}: {', '.join(changed)} {HYDRA_RULE}")


def _own_hydra_settings(hydra: tuple[str, ...]) -> dict[str, Any]:
    """Hydra's own settings, as the command line may change them."""
    return _hydra_settings(_load(config_loader(), None, Chosen(None, (), hydra))[0])


def _hydra_settings(tree: DictConfig) -> dict[str, Any]:
    settings = cast("dict[str, Any]", OmegaConf.to_container(tree.hydra, resolve=False))
    job = settings.pop("job")
    settings |= {f"job.{key}": value for key, value in job.items() if key not in VOLATILE_JOB}
    return {key: value for key, value in settings.items() if key not in VOLATILE}


def _plain(tree: DictConfig, chosen: Chosen) -> dict[str, Any]:
    """The composed sections as plain data, in the order of an experiment, references still in them."""
    raw = cast("dict[str, Any]", OmegaConf.to_container(tree, resolve=False))
    del raw["hydra"]
    if raw.get("name", MISSING) == MISSING:
        raw["name"] = chosen.experiment or UNNAMED
    first = {slot: raw[slot] for slot in parameters(Experiment) if slot in raw}
    return {**first, **raw}


def _choices(tree: DictConfig) -> dict[str, str]:
    known = parameters(Experiment)
    return {slot: str(choice) for slot, choice in tree.hydra.runtime.choices.items() if slot in known}


def _no_file(error: MissingConfigException, loader: ConfigLoaderImpl) -> Problem:
    """A choice in a file that does not exist, with the file that makes it."""
    path = error.missing_cfg_file or ""
    group, _, choice = path.rpartition("/")
    problem = no_choice(group, choice, error.options or loader.get_group_options(group))
    where = getattr(loader.repository, "chosen_by", {}).get(path)
    return replace(problem, path=f"{where}: {problem.path}") if where else problem


def _one_line(error: Exception) -> str:
    """Hydra's complaint without line breaks, with its cause."""
    text = str(error)
    if error.__cause__ is not None:
        text += f": {error.__cause__}"
    return " ".join(text.split())
