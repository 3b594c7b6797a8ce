"""What the catalogue and conf/ promise of each other; laws of single components are in runner.testing."""

from typing import Any

import pytest

from components.contracts import Component, Gate, Gates, Metric, Scenario
from components.contracts.component import snake_case
from runner.composition.catalog import catalogue
from runner.composition.places import config_folder
from runner.composition.schema import class_path, kind_of
from runner.testing.choices import choices
from runner.testing.suite import SHIPPED

CLASSES = list(catalogue().values())
USED = {target for choice in choices(SHIPPED) for target in choice.targets}


def ids(value: Any) -> str:
    return value.__name__


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


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if not issubclass(cls, Metric)], ids=ids)
def test_is_used_by_a_choice(cls: type[Component]) -> None:
    assert class_path(cls) in USED, f"{class_path(cls)}: no file in conf/ has it as _target_"


@pytest.mark.parametrize("cls", [c for c in CLASSES if c.__module__.startswith("components.")], ids=ids)
def test_class_file_and_choice_share_their_name(cls: type[Component]) -> None:
    slot, module = cls.__module__.split(".")[1:]
    # No choices: presets compose gates and scenarios, and a run has all metrics.
    if issubclass(cls, Gate | Gates | Metric | Scenario):
        assert snake_case(cls.__name__) in (module, f"{module}_gate", f"{module}_gates")
        return
    assert (config_folder() / slot / f"{module}.yaml").is_file()
