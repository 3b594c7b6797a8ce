"""What is known by a name: of choices, classes, metrics, operators, slots, settings, entries of presets, and words.

All but the words is discovered: a new choice, class or parameter is explained as soon as its file exists.
"""

import functools
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any

import yaml

from components.contracts import Component, Metric
from components.errors import ConfigError, Problem
from runner.composition.catalog import catalogue, slots
from runner.composition.check import TARGET, nearest
from runner.composition.figures import metrics
from runner.composition.guide import all_choices, class_of, listing, operators, settings_of
from runner.composition.places import config_files, config_folder, local_folder
from runner.composition.schema import (
    Parameter,
    allowed,
    class_path,
    holds_components,
    literals,
    parameters,
    show,
    unwrap,
)
from runner.composition.words import WORDS
from runner.specification.experiment import Experiment
from runner.specification.packages import user_packages
from runner.specification.sweep import Settings as Sweep

BETTER = {1: "more is better", -1: "less is better", 0: "neither more nor less is better"}
KINDS = "a choice, a class, a slot, a setting, a metric, an operator, a gate or another entry of a preset, or a word"


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A parameter that can be set. path: slot.name, or name of what stands in no slot; of: what has it; comment: on it
    in a file; literals: the words among which it chooses."""

    path: str
    of: str
    annotation: Any
    comment: str

    @property
    def name(self) -> str:
        return self.path.rpartition(".")[2]

    def text(self) -> str:
        return f"  {self.path} of {self.of}: {allowed(self.annotation)}" + (
            f"\n      {self.comment}" if self.comment else ""
        )


def explained(name: str) -> list[str]:
    """What is known by a name, a text each: docstring, parameters with types, ranges, values in the file, comments.

    Raises ConfigError with the nearest name where there is none.
    """
    found = [
        *_words_named(name),
        *_slots_named(name),
        *_choices_named(name),
        *_classes_named(name),
        *_metrics_named(name),
        *_operators_named(name),
        *_entries_named(name),
        *_settings_named(name),
    ] or list(_options_named(name))
    if not found:
        known = tuple(dict.fromkeys(names()))
        near = _nearest(name, known)
        hint = f"did you mean '{near}'?" if near else "see python -m runner list"
        fix = (near,) if near else ()
        raise ConfigError(
            Problem(name, f"neither {KINDS}", hint, code="unknown_name", value=name, allowed=known, fix=fix)
        )
    return ["\n".join(lines).rstrip() for lines in found]


def names() -> Iterator[str]:
    """Everything that is explained."""
    yield from WORDS
    yield from slots()
    for full in all_choices():
        yield from (full, full.partition("/")[2])
    for target in catalogue():
        yield from (target, *_short(target))
    yield from (*metrics(), *operators())
    yield from (entry for entry, _, _ in _entries())
    for setting in _all_settings():
        yield from (setting.path, setting.name, *literals(setting.annotation))


def _nearest(name: str, known: Iterable[str]) -> str | None:
    """Case and dashes are no misspelling."""
    plain = {_plain(each): each for each in known}
    return plain.get(_plain(name)) or nearest(name, known)


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip().lower())


def _words_named(name: str) -> Iterator[list[str]]:
    if name in WORDS:
        yield [name, "", WORDS[name]]


def _slots_named(name: str) -> Iterator[list[str]]:
    if name in slots():
        says = next((comment for slot, comment in _anatomy() if slot == name), "")
        width = max((len(choice) for choice, _ in listing([name])[name]), default=0)
        lines = [f"  {choice:<{width}}  {line}" for choice, line in listing([name])[name]]
        yield [
            f"{name}  (a slot of an experiment: {name}=CHOICE)",
            "",
            *([says, ""] if says else []),
            "choices:",
            *lines,
        ]


def _anatomy() -> Iterator[tuple[str, str]]:
    """(slot, what it is) as conf/config.yaml has it."""
    text = (config_folder() / "config.yaml").read_text(encoding="utf-8")
    for match in re.finditer(r"^  - (\w+): .*?#\s*(?:quoted:.*|a quick.*|(.*))$", text, re.MULTILINE):
        yield match[1], match[2] or match[0].partition("# ")[2]


def _metrics_named(name: str) -> Iterator[list[str]]:
    if metric := metrics().get(name):
        yield [f"metric/{name}  ({class_path(type(metric))})", "", *_about_metric(metric)]


def _operators_named(name: str) -> Iterator[list[str]]:
    known = operators()
    if name in known:
        yield [known[name][0], "", known[name][1]]


def _entries_named(name: str) -> Iterator[list[str]]:
    """Gates, scenarios and baselines by the names that presets give them."""
    short = name.rpartition(".")[2]
    for entry, where, section in _entries():
        if entry == short and (name == short or f"{where}.{entry}".endswith(name)):
            cls = catalogue()[section[TARGET]]
            values = ", ".join(f"{key}: {show(value)}" for key, value in section.items() if key != TARGET)
            yield [
                f"{entry}  (of {where}; {class_path(cls)})",
                "",
                *_about(cls, {}),
                *(["", f"here: {values}"] if values else []),
            ]


def _entries() -> tuple[tuple[str, str, Mapping[str, Any]], ...]:
    """(name, where, its section) of every named component inside a choice file."""
    return _entries_in(local_folder(), user_packages())


@functools.cache
def _entries_in(local: Path | None, packages: tuple[str, ...]) -> tuple[tuple[str, str, Mapping[str, Any]], ...]:
    """The same of a folder, found once."""
    del local, packages
    return tuple(_found_entries())


def _found_entries() -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for slot in slots():
        for choice, path in config_files(slot).items():
            try:
                content = yaml.safe_load(path.read_text(encoding="utf-8"))
            except (yaml.YAMLError, OSError, ValueError):
                continue  # whoever reads it for a run says what is wrong
            yield from _nested(content, f"{slot}={choice}")


def _nested(content: Any, where: str, depth: int = 0) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    if not isinstance(content, Mapping) or depth > 8:
        return
    for key, value in content.items():
        if isinstance(value, Mapping) and value.get(TARGET) in catalogue():
            yield str(key), where, value
        yield from _nested(value, where, depth + 1)


def _options_named(name: str) -> Iterator[list[str]]:
    """Settings for which the word may be chosen."""
    found = [setting.text() for setting in _all_settings() if name in literals(setting.annotation)]
    if found:
        yield [f"{name}  (may be chosen for a setting)", "", *dict.fromkeys(found)]


def _settings_named(name: str) -> Iterator[list[str]]:
    """By dotted path, as split.vault_start, by name alone, and all of a section that is no slot, as sweep."""
    first, _, last = name.partition(".")[0], "", name.rpartition(".")[2]
    found = []
    for setting in _all_settings():
        dotted = "." in name and setting.name == last and setting.path.partition(".")[0] == first
        section = name not in slots() and setting.path.startswith(f"{name}.")
        if dotted or section or name in (setting.path, setting.name):
            found.append(setting.text())
    if found:
        yield [f"{name}  (a setting)", "", *dict.fromkeys(found)]


def _all_settings() -> tuple[Setting, ...]:
    """Of every class that a choice may name, and of the experiment itself."""
    return _settings_in(local_folder(), user_packages())


@functools.cache
def _settings_in(local: Path | None, packages: tuple[str, ...]) -> tuple[Setting, ...]:
    """The same of a folder, found once."""
    del local, packages
    return tuple(_found_settings())


def _found_settings() -> Iterator[Setting]:
    for name, parameter in parameters(Experiment).items():
        base, _ = unwrap(parameter.annotation)
        if name in slots():
            continue
        yield Setting(path=name, of="the experiment", annotation=parameter.annotation, comment=_at_top().get(name, ""))
        if isinstance(base, type) and is_dataclass(base):
            for inner, each in parameters(base).items():
                comment = _at_top().get(f"{name}.{inner}", "")
                yield Setting(path=f"{name}.{inner}", of=name, annotation=each.annotation, comment=comment)
    for name, parameter in parameters(Sweep).items():
        yield Setting(
            path=f"sweep.{name}", of="a sweep", annotation=parameter.annotation, comment=_in_docstring(Sweep, name)
        )
    files: dict[str, list[Path]] = {}
    for path in all_choices().values():
        if (cls := class_of(path)) is not None:
            files.setdefault(class_path(cls), []).append(path)
    # Where many choices name a class, such as the feature sets, none of them speaks for it.
    comments = {target: settings_of(paths[0]) for target, paths in files.items() if len(paths) == 1}
    for target in catalogue():
        cls, slot = catalogue()[target], target.split(".")[1]
        for name, parameter in parameters(cls).items():
            comment = comments.get(target, {}).get(name, ("", ""))[1] or _in_docstring(cls, name)
            of = target.rpartition(".")[0].rpartition(".")[2]
            yield Setting(path=f"{slot}.{name}", of=of, annotation=parameter.annotation, comment=comment)


def _at_top() -> Mapping[str, str]:
    """name -> comment of the settings in conf/config.yaml that are no slot, those of a section by its name."""
    found, section = {}, ""
    for line in (config_folder() / "config.yaml").read_text(encoding="utf-8").splitlines():
        match = re.fullmatch(r"(?P<deep>  )?(?P<key>\w+):\s*[^#]*(?:#\s*(?P<comment>.*))?", line)
        if match:
            section = match["key"] if not match["deep"] else section
            found[f"{section}.{match['key']}" if match["deep"] else match["key"]] = match["comment"] or ""
    return found


def _in_docstring(cls: type, name: str) -> str:
    """What the docstring says of a parameter, in its line and those that go on."""
    lines = (inspect.getdoc(cls) or "").splitlines()
    for place, line in enumerate(lines):
        if match := re.match(rf"(?:\w+, )*{re.escape(name)}(?:, \w+)*(?: {{2,}}|: )(.*)", line):
            more = []
            for further in lines[place + 1 :]:
                if not further.startswith("   "):
                    break
                more.append(further.strip())
            return " ".join([match[1], *more])
    return ""


def _short(target: str) -> tuple[str, str]:
    """Names of a class: its own and that of its file."""
    module, _, cls = target.rpartition(".")
    return cls, module.rpartition(".")[2]


def _classes_named(name: str) -> Iterator[list[str]]:
    choices = {full.partition("/")[2] for full in all_choices()}
    for target in catalogue():
        cls, module = _short(target)
        if name in (target, cls) or (name == module and module not in choices and name not in metrics()):
            yield [target, "", *_about(catalogue()[target], {})]


def _about_metric(metric: Metric) -> Iterator[str]:
    yield from (f"{metric.label}: {metric.says}", *(inspect.getdoc(metric) or "").splitlines(), "")
    yield f"unit: {metric.unit}; {BETTER[metric.better]}; of {metric.about}"


def _choices_named(name: str) -> Iterator[list[str]]:
    for full, path in all_choices().items():
        if name not in (full, full.partition("/")[2]):
            continue
        cls = class_of(path)
        about = (*_about(cls, settings_of(path)), "") if cls else ()
        # A file with components inside it says more than its class does.
        nested = cls is None or any(holds_components(p.annotation) for p in parameters(cls).values())
        text = [f"{path.name}:", *path.read_text(encoding="utf-8").splitlines()] if nested else []
        yield [f"{full}  ({class_path(cls)})" if cls else full, "", *about, *text]


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
