"""Discovery: the shipped components, the user's own packages, and what is wrong with them."""

import inspect
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from components.contracts import Component, Model
from components.errors import ConfigError, ContractError
from runner.composition.build import build
from runner.composition.catalog import catalogue, slots, user_packages
from runner.composition.check import problems
from runner.composition.configure import configure
from runner.composition.schema import class_path

MINE = """
    from dataclasses import dataclass
    from typing import Annotated

    from components.ranges import Gt

    from components.contracts import Model


    @dataclass(frozen=True, kw_only=True)
    class Mine(Model):
        \"\"\"Forecasts a constant.\"\"\"

        level: Annotated[float, Gt(0)]

        def fit(self, train, valid, *, loss, seed, threads):
            raise NotImplementedError

        def from_files(self, files):
            raise NotImplementedError

        @classmethod
        def examples(cls):
            return ({"level": 1.0}, {"level": 2.0})
"""

Package = Callable[[str, dict[str, str]], None]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Package:
    """Writes a package into the current folder, importable from there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(name: str, files: dict[str, str]) -> None:
        (tmp_path / name).mkdir()
        for file, text in {"__init__.py": "", **files}.items():
            (tmp_path / name / file).write_text(textwrap.dedent(text))

    return write


def test_every_shipped_component_is_found_under_its_own_name() -> None:
    found = catalogue()
    assert "components.model.ridge.Ridge" in found
    assert "runner.specification.debug.Debug" in found
    assert all(class_path(cls) == name for name, cls in found.items())
    assert all(issubclass(cls, Component) and not inspect.isabstract(cls) for cls in found.values())


def test_discovery_imports_nothing_heavy() -> None:
    heavy = (
        "torch",
        "lightgbm",
        "pandas",
        "scipy",
        "sklearn",
        "numba",
        "wandb",
        "onnx",
        "matplotlib",
        "pyarrow",
    )
    probe = "import sys, runner.composition.catalog as c; c.catalogue()"
    code = f"{probe}; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_slots_are_the_fields_of_an_experiment() -> None:
    assert set(slots()) >= {"data", "features", "target", "split", "model", "loss", "ensemble", "baselines"}
    assert "seed" not in slots()


@pytest.mark.parametrize("how", ["environment", "pyproject"])
def test_a_component_is_one_python_file_and_one_yaml_file(
    how: str, package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = f"mine_by_{how}"
    package(name, {"constant.py": MINE})
    (tmp_path / "conf" / "model").mkdir(parents=True)
    (tmp_path / "conf" / "model" / "constant.yaml").write_text(f"_target_: {name}.constant.Mine\nlevel: 2.0\n")
    if how == "environment":
        monkeypatch.setenv("ASSAY_COMPONENTS", f" {name} ,")
    else:
        (tmp_path / "pyproject.toml").write_text(f'[tool.assay]\ncomponents = ["{name}"]\n')
    assert user_packages() == (name,)
    experiment, composed = configure(["model=constant"])
    assert repr(experiment.model) == "Mine(level=2.0)"
    assert composed.choices["model"] == "constant"
    with pytest.raises(ConfigError) as caught:
        configure(["model=constant", "model.level=-1", "model.lewel=1"])
    assert str(caught.value).splitlines() == [
        "model.lewel: unknown key; did you mean 'model.level'?",
        "model.level: -1 is not allowed; must be > 0",
    ]


def test_a_class_outside_the_named_packages_is_refused(package: Package) -> None:
    package("not_named", {"constant.py": MINE})
    (problem,) = problems({"_target_": "not_named.constant.Mine", "level": 1.0}, Model, path="model")
    assert str(problem).startswith("model._target_: 'not_named.constant.Mine' is not a component; ")
    assert "not_named" not in sys.modules


def test_a_class_imported_into_another_module_keeps_its_one_name(
    package: Package, monkeypatch: pytest.MonkeyPatch
) -> None:
    package("borrowing", {"second.py": "from components.model.ridge import Ridge\n"})
    monkeypatch.setenv("ASSAY_COMPONENTS", "borrowing")
    with pytest.raises(ConfigError, match=r"^model._target_: 'borrowing.second.Ridge' is not a component"):
        build(Model, {"_target_": "borrowing.second.Ridge", "penalty": 1.0}, path="model")


def test_a_package_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_COMPONENTS", "nowhere_to_be_found")
    with pytest.raises(ConfigError) as caught:
        catalogue()
    assert str(caught.value) == (
        "nowhere_to_be_found: no such package; it is named in ./pyproject.toml ([tool.assay] components) or "
        "in ASSAY_COMPONENTS; install it or mend the name"
    )


def test_a_broken_component_file_names_itself(
    package: Package, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package("broken_package", {"wrong.py": "import not_installed_anywhere\n"})
    monkeypatch.setenv("ASSAY_COMPONENTS", "broken_package")
    with pytest.raises(ContractError) as caught:
        list(catalogue())
    assert str(caught.value) == (
        f"{tmp_path}/broken_package/wrong.py: cannot be imported: ModuleNotFoundError: "
        "No module named 'not_installed_anywhere'; mend the component file"
    )


def test_an_unfinished_component_says_what_it_lacks(package: Package, monkeypatch: pytest.MonkeyPatch) -> None:
    package("unfinished_package", {"constant.py": MINE.replace("def from_files", "def from_file")})
    monkeypatch.setenv("ASSAY_COMPONENTS", "unfinished_package")
    (problem,) = problems({"_target_": "unfinished_package.constant.Mine", "level": 1.0}, Model, path="model")
    assert str(problem) == (
        "model._target_: unfinished_package.constant.Mine is no component: it lacks from_files of its contract"
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[tool.assay]\ncomponents = "x"\n', "[tool.assay] components must be a list of package names, "),
        ("[tool.assay\n", "Expected ']' at the end of a table declaration"),
    ],
)
def test_a_pyproject_that_cannot_be_understood(
    text: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pyproject.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        user_packages()
    assert str(caught.value).startswith(f"pyproject.toml: cannot be read: {reason}")
