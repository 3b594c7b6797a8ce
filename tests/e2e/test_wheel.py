"""The installed wheel, in any folder: its own conf/ serves, a local one comes first, outputs go to the folder."""

import csv
import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml

from components.data.bundled import Bundled
from components.optional import extra_of
from harness import environment
from runner.composition.catalog import catalogue
from runner.composition.places import config_folder

pytestmark = pytest.mark.slow
PROGRAM = Path(__file__).parents[1] / "every_choice.py"
FOREIGN = "raise RuntimeError('a module of the current folder stood in for an installed one')\n"


def run(programs: Path, folder: Path, *arguments: str, assay: bool = False) -> "subprocess.CompletedProcess[str]":
    """`python -m runner ARGUMENTS`, or the console script."""
    command = [programs / "assay"] if assay else [programs / "python", "-m", "runner"]
    return subprocess.run(
        [*command, *arguments], cwd=folder, env=environment(folder), capture_output=True, text=True, check=False
    )


def test_the_wheel_holds_what_it_needs(programs: Path) -> None:
    site = next(programs.parent.glob("lib/python3.*/site-packages"))
    assert all((site / package / "py.typed").is_file() for package in ("assay", "runner", "components"))
    assert (next(site.glob("assay_runner-*.dist-info")) / "licenses" / "LICENSE").is_file()
    assert (site / "hydra_plugins" / "assay.py").is_file()
    assert (site / "runner" / "conf" / "config.yaml").is_file()
    assert not any((site / name).exists() for name in ("conf", "tests", "tools"))


def empty(folder: Path) -> None:
    """Nothing but the bars."""


def full(folder: Path) -> None:
    """Folders and modules that bear the names of ours, of what we import, and of our configuration."""
    for name in ("components/__init__.py", "components/data.py", "utils.py", "yaml.py", "numpy.py", "assay.py"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(FOREIGN)
    (folder / "conf" / "model").mkdir(parents=True)
    (folder / "conf" / "database.yaml").write_text("host: localhost\n")
    (folder / "conf" / "model" / "resnet.yaml").write_text("layers: 18\n")


@pytest.mark.parametrize("furnish", [empty, full], ids=["empty", "full"])
@pytest.mark.parametrize("assay", [False, True], ids=["module", "script"])
def test_from_a_file_of_bars_to_a_forecast(programs: Path, tmp_path: Path, furnish, assay: bool) -> None:  # type: ignore[no-untyped-def]
    furnish(tmp_path)
    frame = Bundled(dataset="sp500").load().to_frame().rename(columns={"timestamp": "date"})
    frame.drop(columns="symbol").to_csv(tmp_path / "bars.csv", index=False)
    for command in (
        ("init", "bars.csv", "--name", "mine"),
        ("check", "+experiment=mine"),
        ("+experiment=mine", "export=never", "tracking=none"),
        ("promote", "latest"),
        ("predict", "--bundle", "mine", "--data", "bars.csv", "--output", "forecast.csv"),
    ):
        process = run(programs, tmp_path, *command, assay=assay)
        assert process.returncode == 0, (command, process.stdout, process.stderr)
    (line,) = csv.DictReader((tmp_path / "forecast.csv").read_text().splitlines())
    assert line["symbol"] == "bars"
    assert -15 < float(line["forecast"]) < -5


def test_a_shipped_experiment_runs_and_is_promoted(programs: Path, tmp_path: Path) -> None:
    process = run(programs, tmp_path, "+experiment=sp500_volatility")
    assert process.returncode == 0, process.stderr
    assert (tmp_path / "outputs" / "latest" / "report.html").is_file()
    assert (tmp_path / "outputs" / "registry" / "sp500_volatility" / "1" / "model.onnx").is_file()
    assert "local files" not in process.stdout


def test_a_local_conf_comes_first_and_is_told(programs: Path, tmp_path: Path) -> None:
    local = tmp_path / "conf" / "model"
    local.mkdir(parents=True)
    shipped = (config_folder() / "model" / "lightgbm.yaml").read_text()
    (local / "lightgbm.yaml").write_text(shipped.replace("num_leaves: 15", "num_leaves: 4"))
    process = run(programs, tmp_path, "+experiment=sp500_volatility", "model=lightgbm", "debug=fast", "tracking=none")
    assert process.returncode == 0, process.stderr
    assert str(Path("conf", "model", "lightgbm.yaml")) in process.stdout
    assert "num_leaves: 4" in (tmp_path / "outputs" / "latest" / "config.yaml").read_text()


def test_a_package_of_the_current_folder_is_found(programs: Path, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.assay]\ncomponents = ["mine"]\n')
    shipped = Path(__file__).parents[2] / "src" / "components" / "loss" / "squared.py"
    (tmp_path / "mine.py").write_text(shipped.read_text().replace("class Squared", "class Own"))
    for assay in (False, True):
        process = run(programs, tmp_path, "list", "loss", assay=assay)
        assert process.returncode == 0, process.stderr
        assert "\n  Own " in process.stdout


def test_every_choice_runs_or_says_what_to_install(programs: Path, tmp_path: Path) -> None:
    process = subprocess.run(
        [programs / "python", PROGRAM],
        cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    outcomes = json.loads((tmp_path / "outcomes.json").read_text())
    wanting = {choice: text for choice, text in outcomes.items() if text != "ran"}
    assert wanting.keys() >= {"data/sql", "loss/log_cosh", "tracking/mlflow"}
    for choice, text in wanting.items():
        section = yaml.safe_load((config_folder() / f"{choice}.yaml").read_text())
        extra = extra_of(catalogue()[section["_target_"]].optional)
        install = f"{programs / 'python'} -m pip install 'assay-runner[{extra}]'"
        assert re.fullmatch(rf"{choice.partition('/')[0]}: needs [\w -]+, not installed; {re.escape(install)}", text)
