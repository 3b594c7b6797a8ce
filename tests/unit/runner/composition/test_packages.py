"""A component says what it needs beside the core; what is not installed is told before anything is read."""

import re
import shlex
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from components.errors import ConfigError
from components.optional import extra_of, installation, missing
from runner.cli import main
from runner.composition.catalog import catalogue
from runner.composition.configure import configure

ROOT = Path(__file__).parents[4]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
PIP = f"{shlex.quote(sys.executable)} -m pip install"
ABSENT = "absent-package"
SOURCE = """
import components.loss.squared as shipped


class Exotic(shipped.Squared):
    optional = ("absent-package", "numpy")
"""


def names(requirements: list[str]) -> set[str]:
    return {canonicalize_name(Requirement(line).name) for line in requirements}


@pytest.fixture
def exotic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A user's loss that needs a package which nobody has."""
    (tmp_path / "exotic_loss.py").write_text(SOURCE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("ASSAY_COMPONENTS", "exotic_loss")
    yield
    sys.modules.pop("exotic_loss", None)


def test_what_a_component_may_need_is_in_an_extra_and_not_in_the_core() -> None:
    core = names(PROJECT["dependencies"])
    extras = {extra: names(lines) for extra, lines in PROJECT["optional-dependencies"].items()}
    declared = {cls: set(map(canonicalize_name, cls.optional)) for cls in catalogue().values() if cls.optional}
    assert len(declared) >= 6
    for cls, packages in declared.items():
        assert not packages & core, cls
        assert any(packages <= extras[extra] | extras["torch"] for extra in extras if extra != "dev"), cls


def test_every_import_of_an_optional_package_is_declared() -> None:
    """What the core does not bring may be imported by classes that declare it alone."""
    extras = PROJECT["optional-dependencies"]
    optional = {name.removesuffix("-skinny").replace("-", "_") for extra in extras for name in names(extras[extra])}
    optional -= names(PROJECT["dependencies"]) | names(extras["dev"])
    declared = {name.removesuffix("-skinny").replace("-", "_") for cls in catalogue().values() for name in cls.optional}
    pattern = re.compile(rf"^\s+import ({'|'.join(sorted(optional))})\b", re.M)
    imported = {m for path in (ROOT / "src" / "components").rglob("*.py") for m in pattern.findall(path.read_text())}
    # A format of files is no choice: the reader of Excel files says itself what to install.
    assert imported - {"openpyxl"} <= declared


@pytest.mark.parametrize(
    ("packages", "extra", "command"),
    [
        (("duckdb",), "sql", f"{PIP} 'assay-runner[sql]'"),
        (("torch",), "torch", f"{PIP} 'assay-runner[torch]'"),
        (("torch", "transformers"), "finbert", f"{PIP} 'assay-runner[finbert]'"),
        (("IB.Async",), "ibkr", f"{PIP} 'assay-runner[ibkr]'"),
        ((ABSENT, "duckdb"), None, f"{PIP} absent-package duckdb"),
    ],
)
def test_the_smallest_extra_that_brings_them_all(packages: tuple[str, ...], extra: str | None, command: str) -> None:
    assert extra_of(packages) == extra
    assert installation(packages) == command


def test_only_what_is_not_installed_is_missing() -> None:
    assert missing(("numpy", ABSENT, "SQLAlchemy")) == (ABSENT,)
    assert missing(()) == ()
    assert extra_of(()) is None


@pytest.mark.usefixtures("exotic")
def test_check_ends_with_the_line_that_installs_it(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError) as error:
        configure(["+experiment=sp500_volatility", "loss._target_=exotic_loss.Exotic"])
    assert str(error.value) == f"loss: needs absent-package, not installed; {PIP} absent-package"
    assert main(["check", "+experiment=sp500_volatility", "loss._target_=exotic_loss.Exotic"]) == 2
    assert capsys.readouterr().err.strip() == str(error.value)


@pytest.mark.usefixtures("exotic")
def test_list_shows_what_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    assert lines["sql"].endswith(" (extra sql)")
    assert lines["log_cosh"].endswith(" (extra torch)")
    assert lines["Exotic"].endswith(" (needs absent-package, numpy)")
    assert lines["own_features"].endswith("as the HAR is.")


def test_what_is_needed_may_depend_on_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = catalogue()["components.data.sql.Sql"]
    sentiment = catalogue()["components.data.sentiment.Sentiment"]
    assert sql(**sql.examples()[0]).packages() == ("duckdb",)
    assert sql(**{**sql.examples()[0], "url_env": "URL"}).packages() == ("psycopg",)
    assert sentiment.optional == ("transformers", "torch")
    assert {sentiment(**{**example, "main": None}).packages() for example in sentiment.examples()} == {()}
