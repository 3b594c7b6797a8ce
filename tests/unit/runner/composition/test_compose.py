"""From a command line to one plain configuration."""

from collections.abc import Callable
from pathlib import Path

import pytest

from components.errors import ConfigError
from runner.composition.compose import compose
from runner.composition.composed import Composed
from runner.composition.places import config_files

Write = Callable[[str, str], Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes a file of ./conf of a fresh current folder."""
    monkeypatch.chdir(tmp_path)

    def write_file(name: str, text: str) -> Path:
        path = tmp_path / "conf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    return write_file


def refusal(*overrides: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        compose(overrides)
    return str(caught.value).splitlines()


def complaints(composed: Composed) -> list[str]:
    return [str(problem) for problem in composed.problems]


def test_the_configuration_is_plain_and_resolved() -> None:
    composed = compose(["+experiment=sp500_volatility", "seed=7"])
    assert (composed.config["name"], composed.config["seed"]) == ("sp500_volatility", 7)
    assert composed.config["export"]["name"] == "sp500_volatility"
    assert "hydra" not in composed.config
    assert type(composed.config["features"]["windows"]) is list
    assert composed.choices["model"] == "ridge"
    assert (composed.experiment, composed.problems, composed.local_files) == ("sp500_volatility", (), ())


@pytest.mark.parametrize("plus", ["", "+"])
def test_experiment_and_debug_mean_the_same_with_and_without_plus(plus: str) -> None:
    composed = compose([f"{plus}experiment=sp500_direction", f"{plus}debug=fast"])
    assert composed.experiment == "sp500_direction"
    assert composed.choices["debug"] == "fast"
    assert composed.config["debug"]["enabled"] is True


def test_the_command_line_beats_the_experiment() -> None:
    composed = compose(["loss=huber", "+experiment=sp500_direction", "split.vault_start='2016-01-01'"])
    assert composed.choices["loss"] == "huber"
    assert composed.config["split"]["vault_start"] == "2016-01-01"


@pytest.mark.parametrize("plus", ["", "+", "++"])
def test_a_leaf_is_set_with_any_plus(plus: str) -> None:
    composed = compose([f"{plus}features.expressions.extra='mean(close, 5)'"])
    assert composed.config["features"]["expressions"]["extra"] == "mean(close, 5)"


def test_entries_of_maps_and_lists_can_be_changed_and_deleted() -> None:
    composed = compose(["~baselines.har", "features.windows.1=23"])
    assert list(composed.config["baselines"]) == ["last_value"]
    assert composed.config["features"]["windows"] == [5, 23, 66]


def test_without_an_experiment_the_run_is_unnamed() -> None:
    assert compose([]).config["name"] == "unnamed"
    assert compose(["name=mine"]).config["name"] == "mine"


def test_references_follow_the_override() -> None:
    assert compose(["name=mine"]).config["export"]["name"] == "mine"


def test_a_replaced_choice_drops_the_experiments_values(write: Write) -> None:
    write(
        "experiment/tuned.yaml",
        "# @package _global_\ndefaults:\n  - override /loss: squared\n"
        "model:\n  num_leaves: 7\n  learning_rate: 0.3\nloss: {}\n",
    )
    composed = compose(["model=ridge", "experiment=tuned", "model.penalty=3"])
    assert composed.config["model"] == {"_target_": "components.model.ridge.Ridge", "penalty": 3}
    assert composed.notices == (
        "model=ridge replaces the experiment's model: its model.num_leaves, model.learning_rate are dropped",
        "local files used: conf/experiment/tuned.yaml",
    )


def test_naming_the_experiments_own_choice_drops_nothing(write: Write) -> None:
    write("experiment/tuned.yaml", "# @package _global_\nmodel:\n  num_leaves: 7\n")
    composed = compose(["model=lightgbm", "experiment=tuned"])
    assert composed.config["model"]["num_leaves"] == 7


def test_files_of_the_current_folder_win_and_are_reported(write: Write) -> None:
    write("model/ridge.yaml", "_target_: components.model.ridge.Ridge\npenalty: 5.0\n")
    composed = compose(["model=ridge"])
    assert composed.config["model"]["penalty"] == 5.0
    assert composed.local_files == ("conf/model/ridge.yaml",)
    assert composed.notices == ("local files used: conf/model/ridge.yaml",)


def test_choices_that_do_not_exist_are_all_reported() -> None:
    composed = compose(["model=rigde", "loss=expectile", "debug=fats", "seed=2"])
    assert complaints(composed) == [
        f"model=rigde: no such choice for model; did you mean 'ridge'? choices: {', '.join(config_files('model'))}",
        f"loss=expectile: no such choice for loss; choices: {', '.join(config_files('loss'))}",
        "debug=fats: no such choice for debug; did you mean 'fast'? choices: fast, off",
    ]
    assert composed.config["seed"] == 2


def test_an_experiment_that_does_not_exist_lists_those_that_do() -> None:
    assert refusal("experiment=sp500_volatilty", "modle=x") == [
        "experiment=sp500_volatilty: no such choice for experiment; did you mean 'sp500_volatility'? "
        f"choices: {', '.join(config_files('experiment'))}"
    ]


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("modle=ridge", "modle: unknown key; did you mean 'model'?"),
        ("+experimnt=x", "experimnt: unknown key; did you mean 'experiment'?"),
        ("modle.penalty=1", "modle: unknown key; did you mean 'model'?"),
        ("sweep=models", "sweep: 'sweep=models' is a search space; add -m to sweep over it"),
        (
            "model=ridge,naive",
            "model: 'model=ridge,naive' gives several values; add -m to sweep over them, "
            "or quote them to mean one text",
        ),
        (
            "~data.dataste",
            "data.dataste: no such key; '~data.dataste' cannot be deleted; did you mean 'data.dataset'?",
        ),
        ("seed.deep=1", "seed.deep: no such key; 'seed.deep=1' cannot be set; seed is a single value"),
        (
            "features.windows.9=1",
            "features.windows.9: no such key; 'features.windows.9=1' cannot be set; "
            "features.windows has the entries 0 to 2",
        ),
        (
            "data.dataset='${oc.env:HOME}'",
            "data.dataset: '${oc.env:HOME}' calls a resolver; only plain references such as ${seed} are "
            "allowed; name the environment variable in a parameter that is read at use",
        ),
        (
            "data.dataset=${nope}",
            "data.dataset: '${nope}' cannot be resolved: Interpolation key 'nope' not found; "
            "only plain references such as ${seed} are allowed",
        ),
    ],
)
def test_a_mistaken_override_is_one_problem(override: str, line: str) -> None:
    assert complaints(compose([override])) == [line]


def test_overrides_that_cannot_be_read() -> None:
    hint = "write KEY=VALUE; put a value with brackets, commas or quotes in quotes: \"KEY='mean(close, 5)'\""
    assert refusal("seed", "seed=[1", "features.expressions.x=mean(close, 5)", "=3") == [
        f"'seed' cannot be read; {hint}",
        f"'seed=[1' cannot be read; {hint}",
        f"'features.expressions.x=mean(close, 5)' cannot be read (Unknown function 'mean'); {hint}",
        f"'=3' cannot be read; {hint}",
    ]


@pytest.mark.parametrize(
    "text",
    ["${oc.env:HOME}", "a${oc.env:HOME}b", "${now:%Y}", "${seed:}", "${a.${oc.env:HOME}}", "${ seed }"],
)
def test_no_resolver_is_called_wherever_it_stands(write: Write, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "secret")
    write(
        "experiment/leaky.yaml",
        f"# @package _global_\ndata:\n  dataset: '{text}'\nbaselines:\n  b: ['{text}']\n",
    )
    composed = compose(["experiment=leaky"])
    assert [problem.path for problem in composed.problems] == ["data.dataset", "baselines.b.0"]
    assert "secret" not in str(composed)


def test_an_escaped_dollar_is_text(write: Write) -> None:
    write("experiment/escaped.yaml", "# @package _global_\nname: 'a\\${b:c}'\n")
    assert compose(["experiment=escaped"]).config["name"] == "a${b:c}"


def test_a_defaults_list_may_not_call_a_resolver(write: Write) -> None:
    write("experiment/leaky.yaml", "# @package _global_\ndefaults:\n  - override /model: ${oc.env:HOME}\n")
    assert refusal("experiment=leaky") == [
        "experiment 'leaky': defaults: '${oc.env:HOME}' calls a resolver; "
        "only plain references such as ${seed} are allowed"
    ]


def test_references_in_a_circle_are_reported(write: Write) -> None:
    write("experiment/round.yaml", "# @package _global_\nname: ${export.name}\n")
    (line, *_) = complaints(compose(["experiment=round"]))
    assert line.startswith("name: its references lead back to itself, or through more than 32 others; ")


def test_a_choice_named_by_an_experiment_that_does_not_exist(write: Write) -> None:
    write("experiment/odd.yaml", "# @package _global_\ndefaults:\n  - override /model: rigde\n")
    (line,) = refusal("experiment=odd")
    assert line == (
        "experiment 'odd': model=rigde: no such choice for model; did you mean 'ridge'? "
        f"choices: {', '.join(config_files('model'))}"
    )


def test_broken_yaml_names_file_line_and_column(write: Write) -> None:
    path = write("experiment/broken.yaml", "# @package _global_\nseed: 1\nmodel: [1, 2\n")
    assert refusal("experiment=broken") == [
        f"{path}, line 4, column 1: not valid YAML: expected ',' or ']', but got '<stream end>'"
    ]


def test_a_duplicate_key_is_not_valid(write: Write) -> None:
    path = write("experiment/twice.yaml", "# @package _global_\nseed: 1\nseed: 2\n")
    assert refusal("experiment=twice") == [f"{path}, line 3, column 1: not valid YAML: found duplicate key seed"]


def test_a_file_that_holds_a_list(write: Write) -> None:
    write("experiment/flat.yaml", "- 1\n- 2\n")
    assert refusal("experiment=flat") == ["experiment 'flat': must be a map of keys to values, not a list"]


def test_a_file_that_is_no_text(write: Write) -> None:
    write("experiment/binary.yaml", "").write_bytes(b"seed: \xff\xfe\n")
    (line,) = refusal("experiment=binary")
    assert line == "conf/experiment/binary.yaml: not text in UTF-8 (byte 7); save it as UTF-8"


EVIL = "  evil:\n    _target_: evil.Callback\n"


@pytest.mark.parametrize(
    ("files", "line"),
    [
        (
            {"experiment/x.yaml": f"# @package _global_\nhydra:\n  callbacks:\n  {EVIL}"},
            "experiment 'x': hydra.callbacks may only be set in conf/hydra/ or on the command line",
        ),
        (
            {"experiment/x.yaml": "# @package _global_\nhydra:\n  job: {env_set: {A: b}}\n  verbose: 1\n"},
            "experiment 'x': hydra.job, hydra.verbose may only be set in conf/hydra/ or on the command line",
        ),
        (
            {"experiment/x.yaml": "# @package hydra.callbacks\nevil:\n  _target_: evil.Callback\n"},
            "experiment 'x': hydra may only be set in conf/hydra/ or on the command line",
        ),
        (
            {
                "experiment/x.yaml": "# @package _global_\ndefaults: [/model@hydra.callbacks.evil: evil]\n",
                "model/evil.yaml": "_target_: evil.Callback\n",
            },
            "experiment 'x': hydra.callbacks may only be set in conf/hydra/ or on the command line",
        ),
        (
            {
                "experiment/x.yaml": "# @package _global_\ndefaults:\n  - override /hydra/launcher: evil\n",
                "hydra/launcher/evil.yaml": "_target_: evil.Callback\n",
            },
            "experiment 'x': hydra.launcher may only be set in conf/hydra/ or on the command line",
        ),
        (
            {
                "experiment/x.yaml": "# @package _global_\nseed: 1\n",
                "model/lightgbm.yaml": f"# @package _global_\nhydra:\n  callbacks:\n  {EVIL}",
            },
            "model 'lightgbm': hydra.callbacks may only be set in conf/hydra/ or on the command line",
        ),
    ],
)
def test_hydra_is_set_in_its_folder_or_on_the_command_line_only(write: Write, files: dict[str, str], line: str) -> None:
    for name, text in files.items():
        write(name, text)
    assert refusal("experiment=x") == [line]


def test_hydra_may_be_set_on_the_command_line(write: Write) -> None:
    write("hydra/sweeper/mine.yaml", "_target_: hydra._internal.core_plugins.basic_sweeper.BasicSweeper\n")
    assert compose(["hydra.verbose=true", "hydra/sweeper=mine"]).problems == ()


def test_hydras_own_complaints_are_one_line() -> None:
    says = refusal("hydra/launcher=rockets")
    assert says[0].startswith("hydra/launcher=rockets: no such choice for hydra/launcher; choices: basic, ")
    assert len(says) == 1
    assert refusal("hydra.nonsense=1")[0].startswith("Could not override 'hydra.nonsense'. ")


def test_the_current_folder_stays(write: Write) -> None:
    write("experiment/x.yaml", "# @package _global_\nseed: 1\n")
    before = Path.cwd()
    compose(["experiment=x"])
    assert Path.cwd() == before
    assert sorted(path.name for path in before.iterdir()) == ["conf"]
