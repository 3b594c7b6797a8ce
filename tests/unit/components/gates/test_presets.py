"""The gate sets that are shipped."""

import importlib
import inspect
import pkgutil
from pathlib import Path
from typing import Any

import pytest
import yaml

import components.gates
from components.contracts import Gate
from components.gates.gate_set import GateSet
from runner.composition.places import config_folder

PRESETS = [path for path in sorted((config_folder() / "gates").glob("*.yaml")) if path.stem not in ("combined", "own")]


def built(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    parameters = {name: built(value) for name, value in node.items() if name != "_target_"}
    if "_target_" not in node:
        return parameters
    module, _, name = node["_target_"].rpartition(".")
    return getattr(importlib.import_module(module), name)(**parameters)


def gate_classes() -> set[type[Gate]]:
    modules = [
        importlib.import_module(f"components.gates.{found.name}")
        for found in pkgutil.iter_modules(components.gates.__path__)
    ]
    classes = {value for module in modules for value in vars(module).values() if inspect.isclass(value)}
    return {value for value in classes if issubclass(value, Gate) and value is not Gate}


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_a_preset_is_a_gate_set_with_every_parameter(path: Path) -> None:
    gates = built(yaml.safe_load(path.read_text()))
    assert isinstance(gates, GateSet)
    assert gates.enforce is False
    assert any(gate.required for gate in gates.checks.values())


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_a_preset_rejects_a_run_without_results(path: Path, make_evidence) -> None:
    gates = built(yaml.safe_load(path.read_text()))
    for kind in ("level", "return", "direction"):
        outcomes = {name: gate.judge(make_evidence(kind=kind)) for name, gate in gates.checks.items()}
        assert all(outcome.status != "passed" for outcome in outcomes.values())
        assert all(outcome.says.endswith(".") for outcome in outcomes.values())


def test_every_gate_is_used_by_a_preset() -> None:
    used = {type(gate) for path in PRESETS for gate in built(yaml.safe_load(path.read_text())).checks.values()}
    assert used == gate_classes()


def test_a_gate_set_names_the_baselines_once_in_order() -> None:
    regression = built(yaml.safe_load(next(p for p in PRESETS if p.stem == "regression").read_text()))
    assert regression.baselines() == ("last_value", "har")


@pytest.mark.parametrize("gate", sorted(gate_classes(), key=lambda gate: gate.__name__))
def test_examples_are_valid_parameters(gate: type[Gate]) -> None:
    examples = gate.examples()
    assert len(examples) >= 2
    assert all(isinstance(gate(**example), gate) for example in examples)
