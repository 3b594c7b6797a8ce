"""The command line: what is wrong is one line on stderr, an exit code, and never a stack trace."""

import subprocess
import sys
from pathlib import Path

import pytest

from runner.cli import help_text, main
from runner.composition.places import config_files
from runner.verbs import verbs

Run = tuple[int, list[str], list[str]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "ledger.sqlite"))
    return tmp_path


@pytest.fixture
def call(folder: Path, capsys: pytest.CaptureFixture[str]):  # type: ignore[no-untyped-def]
    def run(*arguments: str) -> Run:
        code = main(arguments)
        captured = capsys.readouterr()
        return code, captured.out.splitlines(), captured.err.splitlines()

    return run


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"], ["help"], ["+experiment=x", "--help"]])
def test_help(call, arguments: list[str]) -> None:  # type: ignore[no-untyped-def]
    code, out, err = call(*arguments)
    assert (code, "\n".join(out) + "\n", err) == (0, help_text(), [])


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from runner.cli import main; main(['--help']); print([m for m in sys.modules if '.' not in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = done.stdout.splitlines()[-1]
    assert not [
        name
        for name in ("hydra", "numpy", "pydantic", "rich", "yaml", "omegaconf", "dataclasses", "argparse")
        if f"'{name}'" in modules
    ]


@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (["chekc"], ["chekc: neither a verb nor KEY=VALUE; did you mean 'check'?"]),
        (
            ["sp500_volatility"],
            [
                "sp500_volatility: neither a verb nor KEY=VALUE; to run the experiment of that name: python -m runner "
                "+experiment=sp500_volatility"
            ],
        ),
        (
            ["zzzz"],
            [f"zzzz: neither a verb nor KEY=VALUE; verbs: {', '.join(verbs())}"],
        ),
        (["experiment=x", "--mulitrun"], ["--mulitrun: unknown flag; did you mean '--multirun'?"]),
        (
            ["seed=1", "--config-dir=here"],
            ["--config-dir: not supported; put your files into ./conf, they win over the shipped ones"],
        ),
        (["--experimental-rerun", "x.pickle"], ["--experimental-rerun: unknown flag; see --help"]),
        (["check", "--zzz"], ["--zzz: unknown flag of check; see python -m runner check --help"]),
        (["list", "modle"], ["modle: no such slot; did you mean 'model'?"]),
        (
            ["explain", "rigde"],
            [
                "rigde: neither a choice, a class, a slot, a setting, a metric, an operator, a gate or another entry "
                "of a preset, or a word; did you mean 'ridge'?"
            ],
        ),
        (
            ["experiment=nope"],
            [f"experiment=nope: no such choice for experiment; choices: {', '.join(config_files('experiment'))}"],
        ),
        (
            [
                "+experiment=sp500_volatility",
                "model=lightgbm",
                "+model.lerning_rate=0.1",
                "seed=-1",
                "resources.threads=x",
                "gates.enforce=1",
            ],
            [
                "seed: -1 is not allowed; must be >= 0",
                "resources.threads: 'x' is not allowed; must be an integer >= 0",
                "model.lerning_rate: unknown key; did you mean 'model.learning_rate'?",
                "gates.enforce: 1 is not allowed; must be true or false",
            ],
        ),
        (["--cfg", "job", "+experimnt=x"], ["experimnt: unknown key; did you mean 'experiment'?"]),
        (
            ["-m", "model=ridge", "model.penalty=1,-1"],
            ["at model.penalty=-1: model.penalty: -1 is not allowed; must be > 0"],
        ),
        (
            ["check", "-m", "seed=interval(1,2)"],
            ["seed: interval(...) is no grid; give values, choice(0.01,0.1) or range(1,10,3), or sweep.search=tpe"],
        ),
    ],
)
def test_a_mistake_is_told_in_lines_and_exits_2(call, folder: Path, arguments: list[str], lines: list[str]) -> None:  # type: ignore[no-untyped-def]
    assert call(*arguments) == (2, [], lines)
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["sp500_volatility", "sp500_direction", "us20_momentum"])
def test_the_shipped_experiments_pass_their_check(call, name: str) -> None:  # type: ignore[no-untyped-def]
    code, out, err = call("check", f"+experiment={name}")
    assert (code, err) == (0, [])
    assert out[0].startswith("ok: ")
    assert out[0].endswith(" settings checked, 0 notices")


def test_check_tells_notices(call) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = call("check", "debug=fast")
    assert code == 0
    assert out[0].endswith(" settings checked, 1 notice")
    assert out[1:2] == [
        "notice: debug: a quick look, never promoted; where it evaluates half of the experiment or more, it is a trial"
    ]


def test_check_of_a_sweep(call) -> None:  # type: ignore[no-untyped-def]
    assert call("check", "-m", "model=ridge,naive", "seed=1,2") == (0, ["ok: 4 points checked"], [])


def test_the_composed_configuration_is_shown_as_it_would_run(call) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = call("--cfg", "job", "experiment=sp500_direction")
    assert code == 0
    assert out[:4] == ["name: sp500_direction", "hypothesis: null", "parent: null", "seed: 0"]
    assert "  name: sp500_direction" in out


def test_list_names_every_choice(call) -> None:  # type: ignore[no-untyped-def]
    _, everything, _ = call("list")
    _, models, _ = call("list", "model")
    assert {"data", "model", "experiment", "sweep"} <= set(everything)
    assert models[0] == "model"
    assert [line.split()[0] for line in models[1:]] == list(config_files("model"))


@pytest.mark.parametrize("name", ["ridge", "model/ridge", "Ridge", "components.model.ridge.Ridge"])
def test_explain_shows_parameters_with_their_ranges(call, name: str) -> None:  # type: ignore[no-untyped-def]
    code, out, _ = call("explain", name)
    assert code == 0
    assert any(line.startswith("  penalty: a number > 0") for line in out)


BOOM = "open('executed', 'w').close()\n\nclass Boom:\n    def __init__(self, **kwargs): open('built', 'w').close()\n"
CALLBACK = "hydra:\n  callbacks:\n    boom:\n      _target_: boom.Boom\n"


@pytest.mark.parametrize("flags", [[], ["-m"], ["--cfg", "hydra"], ["--info", "all"]])
@pytest.mark.parametrize(
    ("text", "line"),
    [
        (CALLBACK, "experiment 'x': hydra.callbacks may only be set in conf/hydra/ or on the command line"),
        (
            "model:\n  _target_: boom.Boom\n",
            "model._target_: 'boom.Boom' is not a component; it was not imported; ",
        ),
    ],
    ids=["callback", "target"],
)
def test_nothing_of_a_strangers_experiment_is_executed(folder: Path, flags: list[str], text: str, line: str) -> None:
    (folder / "boom.py").write_text(BOOM)
    (folder / "conf" / "experiment").mkdir(parents=True)
    (folder / "conf" / "experiment" / "x.yaml").write_text(f"# @package _global_\n{text}")
    command = [sys.executable, "-m", "runner", *flags, "experiment=x"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if text == CALLBACK or flags in ([], ["-m"]):
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith(line)
        assert len(done.stderr.splitlines()) < 3
    assert sorted(path.name for path in folder.iterdir()) == ["boom.py", "conf"]


def test_other_hydra_applications_are_left_alone(folder: Path) -> None:
    """Hydra loads our plugin into every application of the environment."""
    (folder / "app").mkdir()
    (folder / "app" / "config.yaml").write_text("a: 1\n")
    (folder / "conf").mkdir()
    (folder / "conf" / "config.yaml").write_text("a: 2\n")
    (folder / "app" / "main.py").write_text(
        "import hydra\n\n@hydra.main(version_base=None, config_path='.', config_name='config')\n"
        "def main(config): print(config.a)\n\nmain()\n"
    )
    command = [sys.executable, "app/main.py", "hydra.run.dir=.", "hydra.output_subdir=null", "hydra/job_logging=none"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"
