"""The points of a sweep, each checked before the first trial."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from components.errors import ConfigError
from runner.composition.handover import for_hydra
from runner.composition.places import config_files
from runner.sweeps.points import Point, check_points, points_of, varying
from runner.sweeps.settings import asked, settings_of
from runner.sweeps.space import space_of


def asked_points(texts: Sequence[str]) -> list[Point]:
    request = asked(texts)
    return points_of(space_of(request.plain, request.branches), request.settings)


def complaint(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        check_points(asked_points(overrides))
    return str(caught.value).splitlines()


def test_the_grid_is_every_combination() -> None:
    points = asked_points(["+experiment=x", "model=ridge,naive", "seed=range(1,4)", "hydra.verbose=true"])
    assert len(points) == 6
    assert points[1] == ("+experiment=x", "model=ridge", "seed=2")
    assert varying(points)[:2] == ["model=ridge seed=1", "model=ridge seed=2"]


def test_a_glob_ranges_over_the_choices_of_a_slot() -> None:
    known = [name for name in config_files("loss") if not name.startswith("l")]
    assert len(known) > 3
    assert asked_points(["loss=glob(*,exclude=l*)"]) == [(f"loss={name}",) for name in known]


def test_an_interval_is_no_grid() -> None:
    assert complaint("model.penalty=interval(0.1, 1)") == [
        "model.penalty: interval(...) is no grid; give values, choice(0.01,0.1) or range(1,10,3), or sweep.search=tpe"
    ]


def test_the_ends_of_an_interval_are_checked_before_anything_runs() -> None:
    assert complaint(
        "+experiment=sp500_volatility", "model=ridge", "model.penalty=interval(0.0, 1)", "sweep.trials=3"
    ) == ["at model.penalty=0.0: model.penalty: 0.0 is not allowed; must be > 0"]


def test_a_search_space_adds_its_parameters_and_what_is_given_wins() -> None:
    assert asked(["seed=1", "+sweep=ridge_penalty"]).overrides == (
        "seed=1",
        "model=ridge",
        "model.penalty=choice(0.1,1.0,10.0,100.0,1000.0)",
    )
    assert asked(["sweep=ridge_penalty", "model.penalty=3"]).overrides == ("model.penalty=3", "model=ridge")


def test_settings_of_the_file_are_kept_and_the_command_line_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf" / "sweep").mkdir(parents=True)
    file = tmp_path / "conf" / "sweep" / "mine.yaml"
    file.write_text(
        "search: random\ntrials: 5\nparams: {model: 'ridge,naive'}\nwhen: {model=ridge: {model.penalty: '1,2'}}\n"
    )
    found = asked(["+sweep=mine", "sweep.trials=7"])
    assert (found.settings.search, found.settings.trials, found.overrides) == ("random", 7, ("model=ridge,naive",))
    assert asked_points(["+sweep=mine", "sweep.search=grid"]) == [
        ("model=ridge", "model.penalty=1"),
        ("model=ridge", "model.penalty=2"),
        ("model=naive",),
    ]


def test_settings_that_are_wrong_are_named() -> None:
    with pytest.raises(ConfigError) as caught:
        settings_of({"trails": 3, "workers": 0, "prune": "often"})
    assert str(caught.value).splitlines() == [
        "sweep.trails: unknown key; did you mean 'sweep.trials'?",
        "sweep.workers: 0 is not allowed; must be >= 1",
        "sweep.prune: 'often' is not allowed; must be 'none', 'wilcoxon', 'median' or 'hyperband'",
    ]


def test_a_search_space_that_is_not_there() -> None:
    known = ", ".join(config_files("sweep"))
    assert complaint("sweep=modles") == [
        f"sweep=modles: no such choice for sweep; did you mean 'models'? choices: {known}"
    ]


@pytest.mark.parametrize("text", ["params: [a]\n", "other: 1\n", "params: {a: 1}\n"])
def test_a_search_space_without_parameters(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf" / "sweep").mkdir(parents=True)
    file = tmp_path / "conf" / "sweep" / "odd.yaml"
    file.write_text(text)
    assert complaint("sweep=odd") == [f"{file}: must hold params: a map of keys to texts such as 'ridge,lightgbm'"]


@pytest.mark.parametrize("text", ["params: {a: '1,2'}\nwhen: 7\n", "params: {a: '1,2'}\nwhen: [a]\n"])
def test_a_search_space_whose_branches_are_no_map(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf" / "sweep").mkdir(parents=True)
    file = tmp_path / "conf" / "sweep" / "odd.yaml"
    file.write_text(text)
    assert complaint("sweep=odd") == [f"{file}: when must be a map of KEY=VALUE to a map of parameters, as params is"]


def test_one_space_is_searched_at_a_time_and_a_setting_has_one_value() -> None:
    hint = "one space at a time is searched; name one, or write a conf/sweep/NAME.yaml that holds what you want of both"
    assert complaint("+sweep=ridge,svm") == [f"sweep: '+sweep=ridge,svm': {hint}"]
    assert complaint("+sweep=ridge", "+sweep=models") == [f"sweep: '+sweep=ridge +sweep=models': {hint}"]
    assert complaint("sweep.minutes=1,2") == [
        "sweep.minutes: 'sweep.minutes=1,2' has several values; a sweep has one: it is no parameter"
    ]


@pytest.mark.parametrize(
    "text", ["range(1,10,0)", "range(0.1,1.0,0.0)", "shuffle(range(1,10,0))", "range(1,10,nan)", "range(1,10,inf)"]
)
def test_a_range_without_a_step(text: str) -> None:
    assert complaint(f"model.penalty={text}") == [
        f"model.penalty: 'model.penalty={text}' has no step that leads from one number to the next; "
        "give one above 0, such as range(1,10,3)"
    ]


def test_a_number_that_is_written_twice_is_one_value() -> None:
    found = asked_points(["a=1,1.0,1e0,true,'1',2"])
    assert found == [("a=1",), ("a=True",), ("a='1'",), ("a=2",)]


@pytest.mark.parametrize("space", config_files("sweep"))
def test_the_shipped_search_spaces_are_sound(space: str) -> None:
    experiment = {"logistic": "sp500_direction"}.get(space, "sp500_volatility")
    check_points(asked_points([f"+experiment={experiment}", f"+sweep={space}"]))


def test_every_model_that_can_be_tuned_has_a_space_of_its_name() -> None:
    spaces = config_files("sweep")
    for name in config_files("model"):
        content = yaml.safe_load(config_files("model")[name].read_text())
        inner = {f"parameters.{key}": value for key, value in content.get("parameters", {}).items()}
        tuned = [key for key, value in {**content, **inner}.items() if type(value) in (int, float)]
        assert not tuned or name in spaces, f"conf/sweep/{name}.yaml is missing"
        if name in spaces:
            asked_for = yaml.safe_load(spaces[name].read_text())
            assert asked_for["params"]["model"] == name
            assert {key.removeprefix("model.") for key in asked_for["params"]} & set(tuned)


def test_what_is_wrong_at_some_points_names_them_and_at_all_is_said_once() -> None:
    assert complaint("model=ridge", "model.penalty=1,0,-1", "resources.threads=-1") == [
        "resources.threads: -1 is not allowed; must be >= 0",
        "at model.penalty=0: model.penalty: 0 is not allowed; must be > 0",
        "at model.penalty=-1: model.penalty: -1 is not allowed; must be > 0",
    ]


def test_a_choice_that_does_not_exist_is_its_own_place() -> None:
    assert complaint("model=ridge,nave") == [
        "model=nave: no such choice for model; did you mean 'naive'? choices: " + ", ".join(config_files("model"))
    ]


def test_hydra_gets_overrides_that_it_accepts() -> None:
    given = [
        "experiment=sp500_direction",
        "+debug=fast",
        "model=ridge,naive",
        "features.expressions.a='x, y'",
        "~baselines.har",
        "hydra.verbose=true",
        "+model@baselines.b=naive",
    ]
    assert for_hydra(given) == [
        "+experiment=sp500_direction",
        "debug=fast",
        "model=ridge,naive",
        "++features.expressions.a='x, y'",
        "~baselines.har",
        "hydra.verbose=true",
        "+model@baselines.b=naive",
    ]
