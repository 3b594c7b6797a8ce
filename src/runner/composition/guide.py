"""What there is to choose from, in words: choices, classes and operators, with their parameters."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from components.contracts import Component
from components.optional import extra_of
from runner.composition.catalog import catalogue, slot_kind, slots
from runner.composition.check import TARGET
from runner.composition.figures import metrics
from runner.composition.places import config_files
from runner.composition.schema import (
    class_path,
    is_mapping,
    parameters,
    unwrap,
)

# Groups of files that are no slot: what +experiment= and +sweep= select.
FURTHER_GROUPS = ("experiment", "sweep")
OPERATORS_GROUP = "operators"
METRICS_GROUP = "metric"
BETTER = {1: "more is better", -1: "less is better", 0: "neither more nor less is better"}
SETTING = re.compile(r"(?P<key>[A-Za-z_]\w*):\s*(?P<value>[^#]*?)\s*(?:#\s*(?P<comment>.*))?")


def groups() -> tuple[str, ...]:
    """What can be listed: every slot, then the other groups."""
    return (*slots(), *FURTHER_GROUPS, METRICS_GROUP, OPERATORS_GROUP)


def listing(chosen: Sequence[str] | None = None) -> Mapping[str, list[tuple[str, str]]]:
    """group -> (name, one line on what it is); all slots by default."""
    return {group: list(_list_lines(group)) for group in chosen or slots()}


def _list_lines(group: str) -> Iterator[tuple[str, str]]:
    """(choice, what it is) of every file, then the classes of the group that no file of it configures."""
    if group == OPERATORS_GROUP:
        yield from operators().values()
        return
    if group == METRICS_GROUP:
        yield from ((name, metric.says) for name, metric in metrics().items())
        return
    known, used = catalogue().concrete, set()
    for choice, path in config_files(group).items():
        target = target_of(path)
        used.add(target)
        fact = known.get(target)
        yield choice, _with_extra(target, first_comment(path) or (fact.says if fact else ""))
    kinds = [class_path(kind) for kind in _kinds(group)]
    for target in catalogue():
        if target not in used and known[target].kinds[-1] in kinds:
            yield target.rpartition(".")[2], _with_extra(target, known[target].says)


def _with_extra(target: str, line: str) -> str:
    optional = catalogue()[target].optional if target in catalogue() else ()
    if not optional:
        return line
    extra = extra_of(optional)
    return f"{line} (extra {extra})" if extra else f"{line} (needs {', '.join(optional)})"


def operators() -> dict[str, tuple[str, str]]:
    """name -> (signature, what it is) of everything that an expression may be made of, the library last."""
    from components.expressions import OPERATORS
    from components.expressions.calendar import CALENDAR
    from components.expressions.macros import SHARED

    written = {name: f"x {name} y" if len(o.arguments) == 2 else f"{o.symbol}x" for name, o in OPERATORS.items()}
    known = {name: (written[name] if o.symbol else o.signature, o.doc) for name, o in OPERATORS.items()}
    known |= {name: (name, "Of the timestamp; a field of any data.") for name in CALENDAR}
    return known | {name: (macro.signature, macro.text) for name, macro in SHARED.items()}


def _kinds(group: str) -> set[type]:
    """The contracts at home in a slot: its own and those nested in it, such as the gates of a gate set."""
    kind = slot_kind(slots().get(group))
    if kind is None or is_mapping(unwrap(slots()[group])[0]):
        return set()
    fitting = [cls for cls in catalogue().values() if issubclass(cls, kind)]
    inner = {slot_kind(p.annotation) for cls in fitting for p in parameters(cls).values()}
    elsewhere = {slot_kind(annotation) for annotation in slots().values()}
    return {kind, *(nested for nested in inner - elsewhere if nested is not None)}


def all_choices() -> Mapping[str, Path]:
    """`slot/choice` -> file."""
    return {
        f"{group}/{choice}": path
        for group in (*slots(), *FURTHER_GROUPS)
        for choice, path in config_files(group).items()
    }


def settings_of(path: Path) -> dict[str, tuple[str, str]]:
    """key -> (value as written, comment) of the top-level keys of a file; a comment may run on."""
    found: dict[str, tuple[str, str]] = {}
    key = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if match := SETTING.fullmatch(line):
            key = match["key"]
            found[key] = (match["value"], match["comment"] or "")
        elif key and line.startswith(" ") and line.lstrip().startswith("#"):
            value, comment = found[key]
            found[key] = (value, f"{comment} {line.strip('# ')}")
        else:
            key = ""
    return found


def class_of(path: Path) -> type[Component] | None:
    """The class that a choice file configures; None where it configures none of its own."""
    return catalogue().get(target_of(path))


def target_of(path: Path) -> str:
    """Its `_target_`; empty where it has none at its top."""
    return settings_of(path).get(TARGET, ("", ""))[0]


def first_comment(path: Path) -> str:
    """The first line of comment of a file."""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") and not line.startswith("# @"):
            return line.lstrip("# ")
    return ""
