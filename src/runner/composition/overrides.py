"""What the command line asks for: choices of files, values of leaves, and settings of Hydra."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hydra._internal.config_repository import ConfigRepository
from hydra.core.config_loader import ConfigLoader
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override
from hydra.errors import HydraException

from components.errors import ConfigError, Problem
from runner.composition.check import join, nearest
from runner.composition.combined import complaint, joined
from runner.composition.schema import parameters
from runner.composition.secrets import hidden
from runner.specification.experiment import Experiment

EXPERIMENT = "experiment"
SWEEP = "sweep"


@dataclass(kw_only=True)
class Request:
    """The overrides of one command line, sorted by what they mean.

    choices: group (with package, if any) -> choice; leaves: in the order given; hydra: passed through.
    """

    experiment: str | None = None
    choices: dict[str, str] = field(default_factory=dict)
    leaves: list[Override] = field(default_factory=list)
    hydra: list[str] = field(default_factory=list)


def parsed(texts: Sequence[str], loader: ConfigLoader | None = None) -> list[Override]:
    """The overrides in Hydra's grammar; raises ConfigError with one line for each that it cannot read.

    The loader is needed only to enumerate sweeps over glob(...).
    """
    parser = OverridesParser.create(loader)
    overrides: list[Override] = []
    problems: list[Problem] = []
    for text in texts:
        try:
            override = parser.parse_overrides([text])[0]
        except HydraException as error:
            problems.append(_unreadable(text, error.__cause__))
        except RecursionError:
            problems.append(Problem("", f"'{hidden(text)[:60]}...' is nested too deeply to be read"))
        else:
            overrides.append(override)
            if not override.key_or_group:
                problems.append(_unreadable(text, None))
    if problems:
        raise ConfigError(*problems)
    return overrides


def _unreadable(text: str, cause: BaseException | None) -> Problem:
    reason = f" ({str(cause).splitlines()[0]})" if cause else ""
    hint = "write KEY=VALUE; put a value with brackets, commas or quotes in quotes: \"KEY='mean(close, 5)'\""
    return Problem("", f"'{hidden(text)}' cannot be read{reason}", hint, code="unreadable", value=hidden(text))


def normalised(override: Override, files: ConfigRepository) -> str:
    """The override in the form in which Hydra itself accepts it, whatever `+` the user gave."""
    if override.is_hydra_override() or override.is_delete():
        return str(override.input_line)
    if override.key_or_group == EXPERIMENT:
        key = f"+{EXPERIMENT}"
    elif is_choice(override, files):
        key = _group(override)
    else:
        key = f"++{override.key_or_group}"
    return f"{key}={override.get_value_string()}"


def is_choice(override: Override, files: ConfigRepository) -> bool:
    """True for the choice of a file, false for a value of a leaf."""
    named = not isinstance(override.value(), dict) and not override.is_delete()
    return named and files.group_exists(override.key_or_group)


def sort(overrides: Iterable[Override], files: ConfigRepository) -> tuple[Request, list[Problem]]:
    """The request that these overrides make of the configuration files, and what is wrong with them.

    `experiment=x` and `debug=x` mean the same with and without `+`. Raises ConfigError with every problem
    where the experiment itself does not exist.
    """
    request = Request()
    problems: list[Problem] = []
    for override in overrides:
        problem = _add(request, override, files)
        problems += [problem] if problem else []
        if problem and override.key_or_group == EXPERIMENT:
            raise ConfigError(*problems)
    return request, problems


def _add(request: Request, override: Override, files: ConfigRepository) -> Problem | None:
    key, value = override.key_or_group, override.value()
    if override.is_hydra_override():
        request.hydra.append(str(override.input_line))
    elif (top := key.split(".")[0].split("/")[0]) not in top_level_keys():
        near = nearest(top, top_level_keys())
        hint = f"did you mean '{near}'?" if near else f"allowed: {', '.join(top_level_keys())}"
        fix = (f"{near}{_typed(override).removeprefix(top)}",) if near else ()
        return Problem(
            top, "unknown key", hint, code="unknown_key", value=top, allowed=tuple(top_level_keys()), fix=fix
        )
    elif key == SWEEP:
        message = f"'{hidden(override.input_line)}' is a search space"
        return Problem(key, message, "add -m to sweep over it", code="needs_multirun", fix=("-m",))
    elif override.is_sweep_override():
        hint = "add -m to sweep over them, or quote them to mean one text"
        message = f"'{hidden(override.input_line)}' gives several values"
        return Problem(key, message, hint, code="needs_multirun", value=_written(override), fix=("-m",))
    elif not is_choice(override, files):
        request.leaves.append(override)
    elif isinstance(value, list) and (problem := _combination(key, value, files)):
        return problem
    elif isinstance(value, list) and key != EXPERIMENT:
        request.choices[_group(override)] = joined(value)
    elif not isinstance(value, str) or not files.config_exists(f"{key}/{value}"):
        return no_choice(key, value, files.get_group_options(key))
    elif key == EXPERIMENT:
        request.experiment = value
    else:
        request.choices[_group(override)] = value
    return None


def _combination(key: str, choices: list[Any], files: ConfigRepository) -> Problem | None:
    """What is wrong with several choices for one slot."""
    for choice in choices or [None]:
        if not isinstance(choice, str) or not files.config_exists(f"{key}/{choice}"):
            return no_choice(key, choice, files.get_group_options(key))
    problem = complaint(key, choices, files)
    return Problem(f"{key}=[{', '.join(choices)}]", f"{key} {problem}") if problem else None


def top_level_keys() -> tuple[str, ...]:
    return (*parameters(Experiment), EXPERIMENT, SWEEP)


def _group(override: Override) -> str:
    """`+` is kept only with a package, where it adds an entry, as in +model@baselines.extra=ridge."""
    if override.package is None:
        return override.key_or_group
    plus = "+" if override.is_add() else ""
    return f"{plus}{override.key_or_group}@{override.package}"


def no_choice(group: str, value: Any, names: Sequence[str]) -> Problem:
    """The problem of a file that does not exist."""
    near = nearest(str(value), names)
    hint = (f"did you mean '{near}'? " if near else "") + f"choices: {', '.join(names) or 'none'}"
    fix = (f"{group}={near}",) if near else ()
    return Problem(
        f"{group}={'null' if value is None else value}",
        f"no such choice for {group}",
        hint,
        code="no_such_choice",
        value=value,
        allowed=tuple(names),
        fix=fix,
    )


def apply(config: dict[str, Any], leaf: Override) -> Problem | None:
    """Writes one leaf into the plain configuration, or deletes it; returns what is in the way."""
    *parents, last = leaf.key_or_group.split(".")
    node: Any = config
    for depth, name in enumerate(parents):
        if not leaf.is_delete() and isinstance(node, dict):
            node.setdefault(name, {})
        inner = _entry(node, name)
        if inner is None:
            return _no_entry(parents[:depth], name, node, leaf)
        node = inner[0]
    if leaf.is_delete():
        return _delete(node, parents, last, leaf)
    if isinstance(node, dict):
        node[last] = _merged(node.get(last), leaf.value())
    elif _entry(node, last):
        node[int(last)] = leaf.value()
    else:
        return _no_entry(parents, last, node, leaf)
    return None


def _entry(node: Any, name: str) -> tuple[Any] | None:
    """The entry of a map or list, wrapped so that a null entry differs from none."""
    if isinstance(node, dict) and name in node:
        return (node[name],)
    if isinstance(node, list) and name.isdecimal() and int(name) < len(node):
        return (node[int(name)],)
    return None


def _delete(node: Any, parents: list[str], last: str, leaf: Override) -> Problem | None:
    if not isinstance(node, dict) or last not in node:
        return _no_entry(parents, last, node, leaf)
    del node[last]
    return None


def _no_entry(parents: Sequence[str], name: str, node: Any, leaf: Override) -> Problem:
    path = ".".join(parents)
    where = join(path, name)
    keys: tuple[str, ...] | None = None
    fix: tuple[str, ...] = ()
    verb = "deleted" if leaf.is_delete() else "set"
    if isinstance(node, dict):
        near = nearest(name, [str(key) for key in node])
        hint = f"did you mean '{join(path, near)}'?" if near else f"it has: {', '.join(map(str, node))}"
        keys = tuple(join(path, key) for key in node)
        sign = "~" if leaf.is_delete() else ""
        fix = (sign + join(path, near) + _assigned(leaf),) if near else ()
    elif isinstance(node, list):
        hint = f"{path} has the entries 0 to {len(node) - 1}"
    else:
        hint = f"{path} is a single value"
    message = f"no such key; '{hidden(leaf.input_line)}' cannot be {verb}"
    return Problem(where, message, hint, code="unknown_key", value=_written(leaf), allowed=keys, fix=fix)


def _typed(override: Override) -> str:
    """As it was typed, without its sign."""
    return str(override.input_line).lstrip("+~")


def _assigned(override: Override) -> str:
    """`=VALUE`, as it was typed; nothing of a deletion without one."""
    _, equals, value = _typed(override).partition("=")
    return f"{equals}{value}"


def _written(override: Override) -> str:
    return _assigned(override).removeprefix("=")


def _merged(old: Any, new: Any) -> Any:
    """A map is laid over a map, key by key; everything else is replaced."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return {**old, **{key: _merged(old.get(key), value) for key, value in new.items()}}
    return new
