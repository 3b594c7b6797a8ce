"""Several choices in one slot: each keeps its own section, and what cannot be combined is refused in one line."""

import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.errors import ConfigError
from runner.composition.compose import compose
from runner.composition.configure import configure
from runner.composition.places import config_files
from runner.compute.features import parsed_features

FEATURES = sorted(set(config_files("features")) - {"combined", "expressions"})
EXPERIMENT = """\
# @package _global_
defaults:
  - override /features: [momentum, volatility]
  - override /gates: [regression, deployment]

features:
  sets:
    momentum:
      windows: [60, 90]
gates:
  sets:
    regression:
      checks:
        explains_variance: {minimum: 0.1}
"""


def config(*overrides: str) -> dict[str, Any]:
    composed = compose(overrides)
    assert not composed.problems
    return composed.config


def complaints(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        configure(overrides)
    return str(caught.value).splitlines()


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


@pytest.mark.parametrize("pair", list(itertools.pairwise(FEATURES))[::3], ids="+".join)
def test_each_choice_is_what_it_is_alone(pair: tuple[str, str]) -> None:
    first, second = pair
    found = config(f"features=[{first},{second}]")["features"]
    assert found == {
        "_target_": "components.features.combined.CombinedFeatures",
        "sets": {name: config(f"features={name}")["features"] for name in pair},
    }
    assert list(found["sets"]) == [first, second]


def test_a_list_of_one_is_that_one() -> None:
    assert config("features=[momentum]") == config("features=momentum")
    assert compose(["features=[momentum]"]).choices == compose(["features=momentum"]).choices


def test_expressions_see_the_definitions_of_their_own_set() -> None:
    both, _ = configure(["+experiment=sp500_volatility", "features=[momentum,volatility]"])
    one, _ = configure(["+experiment=us20_momentum"])
    other, _ = configure(["+experiment=sp500_volatility"])
    assert one.features.definitions_of("volatility_60")["r"] != other.features.definitions_of("return_1")["r"]
    assert parsed_features(both.features) == {**parsed_features(one.features), **parsed_features(other.features)}
    assert list(both.features.expanded()) == [*one.features.expanded(), *other.features.expanded()]


def test_one_setting_of_one_choice_is_set_by_its_path() -> None:
    asked = ("features=[momentum,volatility]", "features.sets.momentum.windows=[60]")
    assert config(*asked)["features"]["sets"]["momentum"]["windows"] == [60]
    assert config(*asked)["features"]["sets"]["volatility"] == config("features=volatility")["features"]
    assert complaints(*asked[:1], "features.sets.momentum.window=[60]")[0] == (
        "features.sets.momentum.window: unknown key; did you mean 'features.sets.momentum.windows'?"
    )


def test_an_experiment_combines_and_the_command_line_replaces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "conf" / "experiment" / "both.yaml", EXPERIMENT)
    composed = compose(["+experiment=both"])
    assert composed.choices["features"] == "momentum+volatility"
    assert composed.config["features"]["sets"]["momentum"]["windows"] == [60, 90]
    assert composed.config["gates"]["sets"]["regression"]["checks"]["explains_variance"]["minimum"] == 0.1
    again = compose(["+experiment=both", "features=[momentum,volatility]"])
    assert again.config == composed.config
    replaced = compose(["+experiment=both", "features=[volatility,momentum]"])
    assert replaced.config["features"]["sets"]["momentum"] == config("features=momentum")["features"]
    assert replaced.notices[0].startswith(
        "features=volatility+momentum replaces the experiment's features: its features.sets.momentum.windows.0"
    )


def test_gates_are_called_by_their_set(tmp_path: Path) -> None:
    experiment, _ = configure(["+experiment=sp500_volatility", "gates=[regression,strict]", "gates.enforce=true"])
    names = list(experiment.gates.checks)
    alone = [list(configure(["+experiment=sp500_volatility", f"gates={name}"])[0].gates.checks) for name in SETS]
    assert names == [f"{key}.{name}" for key, found in zip(SETS, alone, strict=True) for name in found]
    assert experiment.gates.enforce
    assert experiment.gates.where("strict.no_leaks") == "sets.strict.checks.no_leaks"
    assert experiment.gates.needs() >= {"trials", "vault"}
    assert complaints("+experiment=sp500_volatility", "gates=[regression,strict]", "~baselines.har")[0] == (
        "gates.sets.regression.checks.beats_har: compares with the baseline 'har', which is not configured; "
        "baselines: last_value; or leave the gate out: '~gates.sets.regression.checks.beats_har'"
    )


SETS = ("regression", "strict")


def test_sets_are_enforced_together_only() -> None:
    asked = ("+experiment=sp500_volatility", "gates=[regression,strict]", "gates.sets.strict.enforce=true")
    assert complaints(*asked) == [
        "gates: the set strict alone cannot be enforced; set gates.sets.strict.enforce=false gates.enforce=true"
    ]


def test_a_feature_of_two_sets_is_refused_with_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    own = yaml.safe_load(config_files("features")["momentum"].read_text())
    own["expressions"] = {"momentum_{w}": "close / ref(close, {w})", "own": "close / open"}
    write(tmp_path / "conf" / "features" / "mine.yaml", yaml.safe_dump({**own, "windows": [60]}))
    assert complaints("+experiment=us20_momentum", "data.dataset=sp500", "features=[momentum,mine]") == [
        "features: 'momentum_60' is a feature of momentum and of mine; rename it in one of them"
    ]


def test_baselines_are_one_map_in_which_no_name_means_two_things(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert list(config("baselines=[naive,volatility]")["baselines"]) == ["train_mean", "last_value", "har"]
    other = "last_value: {_target_: components.model.naive.Naive, method: train_mean}\n"
    write(tmp_path / "conf" / "baselines" / "mine.yaml", other)
    assert complaints("baselines=[volatility,mine]") == [
        "baselines=[volatility, mine]: 'last_value' of volatility is another one than that of mine; "
        "rename it in one of the files"
    ]


@pytest.mark.parametrize(
    ("override", "line"),
    [
        (
            "model=[ridge,lightgbm]",
            "model=[ridge, lightgbm]: model takes one choice; "
            "several can be combined in features, baselines, robustness, gates, tracking",
        ),
        ("gates=[strict,strict]", "gates=[strict, strict]: gates names 'strict' twice"),
        (
            "features=[momentum,volatilty]",
            "features=volatilty: no such choice for features; did you mean 'volatility'?",
        ),
        ("features=[]", "features=null: no such choice for features; choices: "),
        ("features=combined", "features: combines nothing; name two choices or more"),
    ],
)
def test_what_cannot_be_combined_is_refused(override: str, line: str) -> None:
    asked = ["+experiment=sp500_volatility", "~baselines.har", "~gates.checks.beats_har", override]
    assert complaints(*asked)[0].startswith(line)


def test_what_a_file_cannot_combine_is_refused_with_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(
        tmp_path / "conf" / "experiment" / "both.yaml",
        "# @package _global_\ndefaults:\n  - override /model: [ridge, naive]\n",
    )
    assert complaints("+experiment=both") == [
        "experiment 'both': defaults: model=[ridge, naive]: model takes one choice; several can be combined in "
        "features, baselines, robustness, gates, tracking"
    ]
    write(
        tmp_path / "conf" / "experiment" / "both.yaml",
        "# @package _global_\ndefaults:\n  - override /features: [momentum, volatilty]\n",
    )
    (line,) = complaints("+experiment=both")
    assert line.startswith("experiment 'both': features=volatilty: no such choice for features; did you mean")
