"""What an editor checks is what `check` checks: shipped files fit, and each kind of mistake does not."""

from typing import Any

import jsonschema
import pytest
import yaml

from runner.composition.json_schema import of_experiment, of_slot, slot_names
from runner.composition.places import config_files


@pytest.fixture(scope="module")
def experiment() -> jsonschema.Draft202012Validator:
    schema = of_experiment()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def read(group: str, choice: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(config_files(group)[choice].read_text())
    return content


@pytest.mark.parametrize("name", config_files("experiment"))
def test_shipped_experiments_fit(experiment: jsonschema.Draft202012Validator, name: str) -> None:
    experiment.validate(read("experiment", name))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("model.penalyt", 2),
        ("model.penalty", 0),
        ("model.penalty", "high"),
        ("modle", {}),
        ("seed", -1),
        ("seed", 1.5),
        ("gates.enforce", 1),
        ("resources.precision", "float31"),
        ("defaults", [{"override /model": "rigde"}]),
        ("defaults", [{"override /modle": "ridge"}]),
    ],
)
def test_a_mistake_does_not(experiment: jsonschema.Draft202012Validator, path: str, value: object) -> None:
    content = read("experiment", "sp500_volatility")
    first, _, rest = path.partition(".")
    content[first] = {**content.get(first, {}), rest: value} if rest else value
    with pytest.raises(jsonschema.ValidationError):
        experiment.validate(content)


@pytest.mark.parametrize("value", [{"penalty": 3}, {"penalty": "${seed}"}, {"penalty": "???"}])
def test_settings_references_and_what_is_left_open_do(
    experiment: jsonschema.Draft202012Validator, value: dict[str, Any]
) -> None:
    experiment.validate({"model": value})


@pytest.mark.parametrize("slot", slot_names())
def test_shipped_choices_fit_their_slot(slot: str) -> None:
    schema = of_slot(slot)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for choice in config_files(slot):
        content = read(slot, choice) or {}
        if "defaults" not in content:  # the rest of it stands in other files
            assert [error.message[:200] for error in validator.iter_errors(content)] == [], choice
