"""The verbs that look before one runs: check, list, explain."""

import argparse
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from pathlib import Path

from components.contracts import Component
from components.errors import ConfigError
from runner.composition.catalog import catalogue, slot_kind, slots
from runner.composition.check import TARGET, nearest
from runner.composition.places import config_files
from runner.composition.schema import (
    Parameter,
    allowed,
    class_path,
    holds_components,
    is_mapping,
    parameters,
    show,
    unwrap,
)

# Groups of files that are no slot: what +experiment= and +sweep= select.
FURTHER_GROUPS = ("experiment", "sweep")
OPERATORS_GROUP = "operators"
BUNDLES = "bundles"
SETTING = re.compile(r"(?P<key>[A-Za-z_]\w*):\s*(?P<value>[^#]*?)\s*(?:#\s*(?P<comment>.*))?")


def check(arguments: Sequence[str]) -> int:
    """`check [-m] OVERRIDES`: one line and 0, or raises ConfigError with every problem."""
    parser = _parser("check", "Checks an experiment, or every point of a sweep, without reading any data.")
    parser.add_argument("-m", "--multirun", action="store_true", help="check every point of a sweep")
    parser.add_argument("overrides", nargs="*", metavar="OVERRIDE", help="as for a run: +experiment=NAME ...")
    options, further = parser.parse_known_args(arguments)
    flags = [text for text in further if text.startswith("-")]
    if flags:
        raise ConfigError(f"{flags[0]}: unknown flag of check; see python -m runner check --help")
    if options.multirun:
        from runner.sweeps.grid import check_points, expand, with_search_space

        points = expand(with_search_space(options.overrides))
        check_points(points)
        print(f"ok: {len(points)} points checked")
        return 0
    from runner.composition.composed import leaves
    from runner.composition.configure import configure

    _, composed = configure(options.overrides)
    n_settings, n_notices = sum(1 for _ in leaves(composed.config)), len(composed.notices)
    print(f"ok: {n_settings} settings checked, {n_notices} notice{'' if n_notices == 1 else 's'}")
    for notice in composed.notices:
        print(f"notice: {notice}")
    return 0


def list_all(arguments: Sequence[str]) -> int:
    """`list [SLOT]`: every choice and class, with one line on what it is; `list bundles`: what was promoted."""
    groups = (*slots(), *FURTHER_GROUPS, OPERATORS_GROUP)
    parser = _parser("list", "Shows every component, choice and experiment there is.")
    parser.add_argument("slot", nargs="?", metavar="SLOT", help=f"one of {', '.join((*groups, BUNDLES))}")
    slot = parser.parse_args(arguments).slot
    if slot == BUNDLES:
        from runner.promotion.verbs import list_bundles

        return list_bundles()
    if slot is not None and slot not in groups:
        near = nearest(slot, groups)
        hint = f"did you mean '{near}'?" if near else f"slots: {', '.join(groups)}"
        raise ConfigError(f"{slot}: no such slot; {hint}")
    for group, lines in listing([slot] if slot else groups).items():
        print(group)
        width = max((len(name) for name, _ in lines), default=0)
        for name, what in lines:
            print(f"  {name:<{width}}  {what}".rstrip())
    return 0


def listing(groups: Sequence[str] | None = None) -> Mapping[str, list[tuple[str, str]]]:
    """group -> (name, one line on what it is); all slots by default."""
    return {group: list(_list_lines(group)) for group in groups or slots()}


def _list_lines(group: str) -> Iterator[tuple[str, str]]:
    """(choice, what it is) of every file, then the classes of the group that no file of it configures."""
    if group == OPERATORS_GROUP:
        yield from _operators().values()
        return
    known, used = catalogue().concrete, set()
    for choice, path in config_files(group).items():
        target = _target_of(path)
        used.add(target)
        yield choice, _first_comment(path) or (known[target].says if target in known else "")
    kinds = [class_path(kind) for kind in _kinds(group)]
    for target in catalogue():
        if target not in used and known[target].kinds[-1] in kinds:
            yield target.rpartition(".")[2], known[target].says


def _operators() -> dict[str, tuple[str, str]]:
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
    inner = {slot_kind(p.annotation) for p in parameters(kind).values()} if is_dataclass(kind) else set()
    return {kind, *(nested for nested in inner if nested is not None)}


def explain(arguments: Sequence[str]) -> int:
    """`explain NAME`: docstring, parameters with types, ranges, values in the file, comments."""
    parser = _parser("explain", "Shows what a choice, class or operator does, with its parameters.")
    parser.add_argument("name", metavar="NAME", help="a choice (ridge, model/ridge), a class or an operator (rsi)")
    name = parser.parse_args(arguments).name
    operators = _operators()
    found = [*_choices_named(name), *_classes_named(name)]
    if name in operators:
        found.append([operators[name][0], "", operators[name][1]])
    if not found:
        choices = [full.partition("/")[2] for full in _all_choices()]
        classes = (target.rpartition(".")[2] for target in catalogue())
        near = nearest(name, [*_all_choices(), *choices, *classes, *operators])
        hint = f"did you mean '{near}'?" if near else "see python -m runner list"
        raise ConfigError(f"{name}: neither a choice, a class nor an operator; {hint}")
    print("\n\n".join("\n".join(lines).rstrip() for lines in found))
    return 0


def _choices_named(name: str) -> Iterator[list[str]]:
    for full, path in _all_choices().items():
        if name not in (full, full.partition("/")[2]):
            continue
        cls = _class_of(path)
        about = (*_about(cls, _settings(path)), "") if cls else ()
        # A file with components inside it says more than its class does.
        nested = cls is None or any(holds_components(p.annotation) for p in parameters(cls).values())
        text = [f"{path.name}:", *path.read_text(encoding="utf-8").splitlines()] if nested else []
        yield [f"{full}  ({class_path(cls)})" if cls else full, "", *about, *text]


def _classes_named(name: str) -> Iterator[list[str]]:
    for target in catalogue():
        if name in (target, target.rpartition(".")[2]):
            yield [target, "", *_about(catalogue()[target], {})]


def _all_choices() -> Mapping[str, Path]:
    """`slot/choice` -> file."""
    return {
        f"{group}/{choice}": path
        for group in (*slots(), *FURTHER_GROUPS)
        for choice, path in config_files(group).items()
    }


def _about(cls: type[Component], settings: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    yield from (inspect.getdoc(cls) or "").splitlines()
    yield ""
    yield "parameters:" if parameters(cls) else "no parameters"
    for name, parameter in parameters(cls).items():
        value, comment = settings.get(name, ("", ""))
        yield f"  {name}: {allowed(parameter.annotation)}{_default(parameter, value)}"
        if comment:
            yield f"      {comment}"


def _default(parameter: Parameter, value: str) -> str:
    if value and value != "???":
        return f" [{value}]"
    return " (required)" if parameter.required else f" [{show(parameter.default)}]"


def _settings(path: Path) -> dict[str, tuple[str, str]]:
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


def _class_of(path: Path) -> type[Component] | None:
    return catalogue().get(_target_of(path))


def _target_of(path: Path) -> str:
    return _settings(path).get(TARGET, ("", ""))[0]


def _first_comment(path: Path) -> str:
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#") and not line.startswith("# @"):
            return line.lstrip("# ")
    return ""


def _parser(verb: str, description: str) -> argparse.ArgumentParser:
    return argparse.ArgumentParser(prog=f"python -m runner {verb}", description=description, allow_abbrev=False)
