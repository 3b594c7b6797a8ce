"""What a file has written, where YAML reads something else: `NO` as false, `0700` as 448, `12:30` as 750.

Advice names the file's own spelling and its line; a number that is another one than it looks like is never believed.
Files are looked into only where something is wrong with a configuration, or where they hold such a number.
"""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.errors import Problem
from runner.composition.check import NAME_MUST_BE_TEXT, problems
from runner.composition.composed import Composed
from runner.composition.schema import show
from runner.specification.experiment import Experiment

if TYPE_CHECKING:
    import yaml

LOOKS_OTHER = re.compile(r"[-+]?(?:0[0-7_]*[1-7][0-7_]*|\d[\d_]*(?::[0-5]?\d)+(?:\.[\d_]*)?)")
"""Numbers that YAML 1.1 reads to the base of 8 (0700) or 60 (12:30)."""
TOKEN = re.compile(r"[^\s,\[\]{}=:'\"]+")
MOST_SIGNS = 200_000
MAY_LOOK_OTHER = re.compile(r"(?<![\w.:/'\"-])[-+]?(?:0[0-7_]+|\d[\d_]*:[0-5]?\d)")


@dataclass(frozen=True, kw_only=True)
class Written:
    """A plain scalar that YAML reads as no text. keys: its path within its file, names as they are read; text: as it is
    written; value: what YAML reads; is_name: whether it is a name in a map."""

    keys: tuple[Any, ...]
    text: str
    value: Any
    is_name: bool
    file: str
    line: int

    @property
    def place(self) -> str:
        return f"{self.file}, line {self.line}"

    def is_at(self, path: str) -> bool:
        """Whether this is what stands at a dotted path; a file's keys stand below the slot of the file."""
        own = ".".join(map(str, self.keys))
        return path == own or path.endswith(f".{own}")


def as_written(found: Sequence[Problem], composed: Composed) -> list[Problem]:
    """The problems, those of values and names that YAML has turned into others in the words of the file."""
    scalars = list(_scalars(composed.local_files)) if found else []
    return [said for problem in found for said in _as_written(problem, scalars, composed)]


def misread(composed: Composed) -> Iterator[Problem]:
    """Numbers of the local files that YAML reads as others than they look like, where they stand as numbers."""
    suspects = [file for file in composed.local_files if MAY_LOOK_OTHER.search(_text_of(file))]
    for scalar in _scalars(suspects):
        if not LOOKS_OTHER.fullmatch(scalar.text) or scalar.is_name:
            continue
        where = next((path for path in _paths(composed.config) if scalar.is_at(".".join(map(str, path)))), None)
        if where is not None and _at(composed.config, where) == scalar.value:
            path = ".".join(map(str, where))
            message = f"{scalar.text} ({scalar.place}) is read as {show(scalar.value)} by YAML"
            hint = f"write {show(scalar.value)} if you mean that, or the number without leading zeros and colons"
            yield Problem(path, message, hint)


def unusable(path: Path, file: str) -> Iterator[Problem]:
    """What Hydra cannot take from a file because YAML reads it as no text: choices of its defaults, and nameless names.
    file: what it is called."""
    for scalar in _scalars([str(path)]):
        scalar = replace(scalar, file=file)
        if scalar.keys[:1] == ("defaults",) or (scalar.is_name and scalar.value is None):
            path_ = ".".join([*map(str, scalar.keys[:-1]), scalar.text] if scalar.is_name else map(str, scalar.keys))
            message = f"{scalar.text} is read as {show(scalar.value)} by YAML"
            yield Problem(f"{scalar.place}: {path_}", message, f"write '{scalar.text}' in quotes")


def _as_written(problem: Problem, scalars: Sequence[Written], composed: Composed) -> Iterator[Problem]:
    config = composed.config
    here = [scalar for scalar in scalars if scalar.is_at(problem.path)]
    names, values = ([s for s in here if s.is_name is wanted] for wanted in (True, False))
    if names and problem.message == NAME_MUST_BE_TEXT:
        place, value = names[0].keys[:-1], names[0].keys[-1]
        for name in (s for s in scalars if s.is_name and s.keys[:-1] == place and s.value == value):  # 1 is True
            reads = show(name.value) if show(name.value) != name.text else "none"
            path = f"{problem.path.removesuffix(str(value))}{name.text}"
            said = f"{problem.message}, and YAML reads {reads} ({name.place})"
            yield replace(problem, path=path, message=said, hint=f"write '{name.text}' in quotes")
        return
    for scalar in values[:1]:
        shown = show(scalar.value)
        if problem.message.startswith(f"{shown} is not allowed"):
            other = "" if scalar.text == shown else f", which YAML reads as {shown},"
            message = (
                f"{scalar.text} ({scalar.place}){other} is not allowed{problem.message.split('is not allowed', 1)[1]}"
            )
            quoted = _quoted_is_right(problem.path, scalar, config)
            yield replace(problem, message=message, hint=f"write '{scalar.text}' in quotes" if quoted else problem.hint)
            return
    yield _as_typed(problem, composed) if not values else problem


def _as_typed(problem: Problem, composed: Composed) -> Problem:
    """The same of a value of the command line, where a number is another text than it was typed: 1e3."""
    for override in composed.overrides:
        key, _, text = override.lstrip("+").partition("=")
        where = next((keys for keys in _paths(composed.config) if ".".join(map(str, keys)) == problem.path), ())
        if not (problem.path == key or problem.path.startswith(f"{key}.")) or not where:
            continue
        value = _at(composed.config, where)
        for token in TOKEN.findall(text):
            if type(value) is float and show(value) != token and _number(token) == value:
                message = (
                    f"{token}, which is read as {show(value)}, {problem.message.removeprefix(show(value)).lstrip()}"
                )
                return replace(problem, message=message, hint=f"put '{token}' in quotes: \"{key}=...'{token}'...\"")
    return problem


def _number(token: str) -> float | None:
    try:
        return float(token)
    except ValueError:
        return None


def _quoted_is_right(path: str, scalar: Written, config: Mapping[str, Any]) -> bool:
    """Whether the same letters as text could stand there."""
    trial = copy.deepcopy(dict(config))
    where = next((keys for keys in _paths(trial) if ".".join(map(str, keys)) == path), None)
    if where is None:
        return False
    _at(trial, where[:-1])[where[-1]] = scalar.text
    return all(problem.path != path for problem in problems(trial, Experiment))


def _paths(config: Any, *keys: Any) -> Iterator[tuple[Any, ...]]:
    """Keys of everything in maps and lists that is neither."""
    entries = config.items() if isinstance(config, Mapping) else enumerate(config) if isinstance(config, list) else None
    if entries is None:
        yield keys
        return
    for key, entry in entries:
        yield from _paths(entry, *keys, key)


def _at(config: Any, keys: Sequence[Any]) -> Any:
    for key in keys:
        config = config[key]
    return config


def _text_of(file: str) -> str:
    """Empty where it cannot be read, which is said elsewhere, and where looking into it would take seconds."""
    try:
        text = Path(file).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return ""
    return text if len(text) <= MOST_SIGNS else ""


def _scalars(files: Sequence[str]) -> Iterator[Written]:
    if not files:
        return
    import yaml
    from omegaconf._utils import get_yaml_loader

    for file in files:
        loader = get_yaml_loader()(_text_of(file))
        try:
            node = loader.get_single_node()
            if node is not None:
                yield from _of_node(node, (), file, loader)
        except yaml.YAMLError:
            continue  # who reads it says so
        finally:
            loader.dispose()


def _of_node(node: "yaml.Node", keys: tuple[Any, ...], file: str, loader: Any) -> Iterator[Written]:
    import yaml

    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if not isinstance(name, yaml.ScalarNode):
                continue
            known = _value(name, loader)
            if not isinstance(known, str):
                yield _written(name, known, (*keys, known), file, is_name=True)
            yield from _of_node(value, (*keys, known), file, loader)
    elif isinstance(node, yaml.SequenceNode):
        for place, entry in enumerate(node.value):
            yield from _of_node(entry, (*keys, place), file, loader)
    elif isinstance(node, yaml.ScalarNode):
        known = _value(node, loader)
        if not isinstance(known, str):
            yield _written(node, known, keys, file, is_name=False)


def _value(node: "yaml.ScalarNode", loader: Any) -> Any:
    import yaml

    try:
        return loader.construct_object(node)
    except (yaml.YAMLError, ValueError):
        return str(node.value)


def _written(node: "yaml.ScalarNode", value: Any, keys: tuple[Any, ...], file: str, *, is_name: bool) -> Written:
    line = node.start_mark.line + 1 if node.start_mark else 0
    return Written(keys=keys, text=str(node.value), value=value, is_name=is_name, file=file, line=line)
