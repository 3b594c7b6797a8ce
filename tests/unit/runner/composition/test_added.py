"""What an experiment lists beside the entries of a choice is said; with the choices that have none it is all."""

from pathlib import Path

import pytest

from components.errors import ConfigError
from runner.composition.compose import compose
from runner.composition.configure import configure

HEAD = "# @package _global_\ndefaults:\n"
OWN = """
features:
  windows: [5, 20]
  expressions: {"mine_{w}": "close / ref(close, {w})", other: close / open}
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def written(text: str) -> None:
        Path("conf/experiment").mkdir(parents=True, exist_ok=True)
        Path("conf/experiment/x.yaml").write_text(HEAD + text)

    monkeypatch.chdir(tmp_path)
    return written


def features(*overrides: str) -> list[str]:
    return list(configure(["+experiment=x", *overrides])[0].features.expanded())


def test_what_an_experiment_lists_is_what_is_computed(write) -> None:
    write(f"  - override /features: expressions\n  - override /baselines: naive\n{OWN}")
    assert features("gates=deployment") == ["mine_5", "mine_20", "other"]
    assert not any("beside" in notice for notice in compose(["+experiment=x"]).notices)


def test_a_choice_of_the_command_line_is_computed_as_it_is_written(write) -> None:
    write(f"  - override /features: expressions\n{OWN}")
    composed = compose(["+experiment=x", "features=momentum"])
    assert composed.config["features"] == compose(["features=momentum"]).config["features"]
    assert composed.notices[0].startswith(
        "features=momentum replaces the experiment's features: its features.windows.0"
    )
    several = compose(["+experiment=x", "features=[momentum,regime]"]).config["features"]["sets"]
    assert several["momentum"] == compose(["features=momentum"]).config["features"]
    assert several["regime"] == compose(["features=regime"]).config["features"]


def test_what_stands_beside_the_entries_of_a_choice_is_said(write) -> None:
    gate = "{_target_: components.gates.no_leaks.X, required: true}"
    entries = f"gates: {{checks: {{mine: {gate}}}}}\nbaselines: {{a: {{}}, b: {{}}}}\n"
    write(f"  - override /features: direction\n{OWN}{entries}")
    notices = [notice for notice in compose(["+experiment=x"]).notices if "beside" in notice]
    count = len(compose(["features=direction"]).config["features"]["expressions"])
    gates = len(compose([]).config["gates"]["checks"])
    assert notices == [
        f"features: the {count} of the choice 'direction' are computed beside mine_{{w}}, other; with "
        "features=expressions what is listed is all",
        f"gates: the {gates} of the choice 'regression' are computed beside mine; with gates=own what is listed is all",
        "baselines: the 2 of the choice 'volatility' are computed beside a, b; with baselines=none what is listed is "
        "all",
    ]


def test_choices_without_entries(write) -> None:
    gate = "{_target_: components.gates.leaks_clean.LeaksClean, rows: some, required: true}"
    write(
        "  - override /gates: own\n  - override /baselines: none\n"
        f"gates: {{checks: {{mine: {gate}}}}}\n"
        "baselines: {last: {_target_: components.model.naive.Naive, method: last_value}}\n"
    )
    experiment, composed = configure(["+experiment=x"])
    assert list(experiment.gates.checks) == ["mine"]
    assert list(experiment.baselines) == ["last"]
    assert not any("beside" in notice for notice in composed.notices)


def test_the_empty_choice_asks_for_expressions_and_windows(write) -> None:
    with pytest.raises(ConfigError) as error:
        configure(["features=expressions"])
    assert str(error.value) == "features.expressions: missing; must be a map of names to values with at least 1 entry"
    write("  - override /features: expressions\nfeatures: {expressions: {'a_{w}': 'ref(close, {w})'}}\n")
    with pytest.raises(ConfigError) as error:
        configure(["+experiment=x", "baselines=naive"])
    assert (
        "features: expressions.a_{w}: is repeated for each window, and windows names none; e.g. windows=[5, 20]"
        in str(error.value)
    )
