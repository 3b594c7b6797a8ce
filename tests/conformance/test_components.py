"""Every discovered component keeps the promises of its kind; a new one is tested as soon as it exists."""

import dataclasses
import inspect
import re
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.contracts import Component, Gate, Gates, Metric, Scenario
from components.contracts.component import snake_case
from runner.composition.build import build
from runner.composition.catalog import catalogue
from runner.composition.places import config_folder
from runner.composition.schema import class_path, kind_of, parameters

CLASSES = list(catalogue().values())
EXAMPLES = [(cls, i) for cls in CLASSES for i in range(len(cls.examples()))]
CHOICES = sorted(
    path.relative_to(config_folder())
    for path in config_folder().glob("*/*.yaml")
    if path.parent.name not in ("experiment", "sweep", "hydra")
)


def ids(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else str(value)


def sections(node: Any) -> list[Mapping[str, Any]]:
    """Every map with a `_target_` in a configuration file."""
    if isinstance(node, Mapping):
        own = [node] if "_target_" in node else []
        return own + [found for value in node.values() for found in sections(value)]
    return [found for value in node for found in sections(value)] if isinstance(node, list) else []


def chosen(section: Mapping[str, Any]) -> set[str]:
    """Parameters whose value is another choice, named in the defaults list: `- /data@source: files`."""
    groups = [group for entry in section.get("defaults", ()) if isinstance(entry, Mapping) for group in entry]
    return {group.partition("@")[2].partition(".")[0] for group in groups}


def read(choice: Path) -> Any:
    return yaml.safe_load((config_folder() / choice).read_text())


def example(cls: type[Component], i: int) -> Component:
    return build(kind_of(cls), {"_target_": class_path(cls), **cls.examples()[i]}, path="example")


def test_there_is_something_to_test() -> None:
    assert len(CLASSES) >= 30
    assert {kind_of(cls).__name__ for cls in CLASSES} >= {
        "Source",
        "Features",
        "Target",
        "Split",
        "Preprocessor",
        "Model",
        "Loss",
        "Ensemble",
        "Calibration",
        "Portfolio",
        "Constraints",
        "Backtest",
        "Gate",
        "Gates",
        "Tracker",
        "Export",
        "Debug",
    }


@pytest.mark.parametrize("cls", CLASSES, ids=ids)
def test_is_a_frozen_keyword_only_dataclass_without_work_in_the_constructor(cls: type[Component]) -> None:
    assert dataclasses.is_dataclass(cls)
    assert cls.__dataclass_params__.frozen
    assert "__post_init__" not in vars(cls)
    kinds = {p.kind for name, p in inspect.signature(cls).parameters.items()}
    assert kinds <= {inspect.Parameter.KEYWORD_ONLY}


@pytest.mark.parametrize("cls", CLASSES, ids=ids)
def test_says_what_it_is_and_every_parameter_is_documented(cls: type[Component]) -> None:
    text = inspect.getdoc(cls) or ""
    assert len(text.splitlines()[0]) > 10
    mro_docs = "\n".join(inspect.getdoc(base) or "" for base in cls.__mro__ if base.__module__ != "builtins")
    missing = [name for name in parameters(cls) if not re.search(rf"\b{name}\b", mro_docs)]
    assert not missing, f"{class_path(cls)}: not in the docstring: {missing}"


@pytest.mark.parametrize("cls", CLASSES, ids=ids)
def test_parameters_are_typed_without_any(cls: type[Component]) -> None:
    hints = typing.get_type_hints(cls, include_extras=True)
    assert all(hints[name] is not Any for name in parameters(cls))


@pytest.mark.parametrize("cls", CLASSES, ids=ids)
def test_gives_two_distinct_examples_unless_it_has_no_parameters(cls: type[Component]) -> None:
    found = cls.examples()
    assert len(found) >= (2 if parameters(cls) else 1)
    if len(parameters(cls)):
        assert len({repr(sorted(map(str, e.items()))) for e in found}) == len(found)


@pytest.mark.parametrize(("cls", "i"), EXAMPLES, ids=ids)
def test_examples_build_equal_values(cls: type[Component], i: int) -> None:
    built = example(cls, i)
    assert type(built) is cls
    assert built == example(cls, i)
    with pytest.raises(dataclasses.FrozenInstanceError):
        built.anything = 1  # type: ignore[attr-defined]


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if not issubclass(cls, Metric)], ids=ids)
def test_is_used_by_a_choice(cls: type[Component]) -> None:
    used = {section["_target_"] for choice in CHOICES for section in sections(read(choice))}
    assert class_path(cls) in used, f"{class_path(cls)}: no file in conf/ has it as _target_"


@pytest.mark.parametrize("cls", [c for c in CLASSES if c.__module__.startswith("components.")], ids=ids)
def test_class_file_and_choice_share_their_name(cls: type[Component]) -> None:
    slot, module = cls.__module__.split(".")[1:]
    # No choices: presets compose gates and scenarios, and a run has all metrics.
    if issubclass(cls, Gate | Gates | Metric | Scenario):
        assert snake_case(cls.__name__) in (module, f"{module}_gate", f"{module}_gates")
        return
    assert (config_folder() / slot / f"{module}.yaml").is_file()


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_choice_states_every_parameter_and_only_those(choice: Path) -> None:
    for section in sections(read(choice)):
        target = section["_target_"]
        assert target in catalogue(), f"{choice}: {target} is no component"
        stated = (set(section) - {"_target_", "defaults"}) | chosen(section)
        assert stated == set(parameters(catalogue()[target])), f"{choice}: {target}"


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_choice_comments_every_leaf(choice: Path) -> None:
    lines = (config_folder() / choice).read_text().splitlines()
    for section in sections(read(choice)):
        for name, value in section.items():
            if name in ("_target_", "defaults") or (isinstance(value, Mapping) and value):
                continue
            line = next(line for line in lines if re.match(rf"\s*{re.escape(name)}:", line))
            assert "#" in line, f"{choice}: {name} has no comment with meaning, unit or range"
