"""The index of components: whatever it remembers, what is found is what an import of every file would find."""

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from harness import environment, in_fork

N_DUMMIES = 150
DUMMY = '''
from dataclasses import dataclass
from typing import Annotated

from components.ranges import Gt

from components.contracts import Model


@dataclass(frozen=True, kw_only=True)
class Dummy(Model):
    """Forecasts a constant."""

    level: Annotated[float, Gt(0)]

    def fit(self, train, valid, *, loss, seed, threads):
        raise NotImplementedError

    def from_files(self, files):
        raise NotImplementedError

    @classmethod
    def examples(cls):
        return ({"level": 1.0}, {"level": 2.0})
'''
INHERITING = '''
from dataclasses import dataclass

from house._base import Dummy


@dataclass(frozen=True, kw_only=True)
class Child(Dummy):
    """Inherits everything."""
'''
ASKING = """
import json, sys
from components.errors import AssayError
from runner.composition.catalog import catalogue
found = catalogue()
said = {"names": list(found.concrete), "lacks": found.unfinished("house.child.Child")}
said["imported"] = sorted(name for name in sys.modules if name.split(".")[0] == "house")
for target in sys.argv[1:]:
    try:
        said[target] = found[target].__name__ if target in found else None
    except AssayError as error:
        said[target] = str(error)
try:
    said["all"] = len(list(found))
except AssayError as error:
    said["all"] = str(error)
print(json.dumps(said))
"""
CHECKING = """
import sys
from runner.cli import main
code = main(["check", *sys.argv[1:]])
heavy = ("hydra", "omegaconf", "antlr4", "yaml", "pandas", "scipy", "sqlalchemy")
print(code, sorted(n for n in sys.modules if n.split(".")[0] == "house"), [n for n in heavy if n in sys.modules])
"""


class House:
    """A user's package in a folder of its own, with a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.package = folder / "house"
        self.package.mkdir()
        (folder / "pyproject.toml").write_text('[tool.assay]\ncomponents = ["house"]\n')
        self.write("__init__.py", "")

    def write(self, name: str, text: str) -> None:
        (self.package / name).write_text(textwrap.dedent(text))

    def run(self, code: str, *arguments: str) -> str:
        own = {**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache")}
        own["PYTHONPATH"] = os.pathsep.join([str(self.folder), *sys.path])
        own["PYTHONDONTWRITEBYTECODE"] = "1"
        command = [sys.executable, "-c", code, *arguments]
        done = subprocess.run(command, cwd=self.folder, env=own, capture_output=True, text=True, check=True)
        assert done.stderr == ""
        return done.stdout

    def ask(self, *targets: str) -> dict[str, Any]:
        own = {**environment(self.folder), "XDG_CACHE_HOME": str(self.folder / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
        done = in_fork(self.folder, own, ASKING, *targets)
        assert done.stderr == ""
        said: dict[str, Any] = json.loads(done.stdout)
        said["names"] = [name for name in said["names"] if name.startswith("house.")]
        return said

    def kept(self) -> Iterator[Path]:
        return (self.folder / "cache" / "assay" / "components").glob("*.json")


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_only_what_the_configuration_names_is_imported(house: House) -> None:
    choices = house.folder / "conf" / "model"
    choices.mkdir(parents=True)
    for number in range(N_DUMMIES):
        house.write(f"dummy_{number}.py", DUMMY)
        (choices / f"dummy_{number}.yaml").write_text(f"_target_: house.dummy_{number}.Dummy\nlevel: 2.0\n")
    first = house.run(CHECKING, "model=dummy_7")
    assert first.count("house.dummy_") == N_DUMMIES
    assert house.run(CHECKING, "model=dummy_7").splitlines()[-1] == "0 ['house', 'house.dummy_7'] []"
    assert house.run(CHECKING, "model=ridge").splitlines()[-1].startswith("0 [] ")
    # One file more is one import more.
    house.write("one_more.py", DUMMY)
    said = house.run(CHECKING, "model=dummy_7").splitlines()[-1]
    assert said.startswith("0 ['house', 'house.dummy_7', 'house.one_more'] ")


def test_files_that_come_change_and_go(house: House) -> None:
    assert house.ask()["names"] == []
    house.write("a.py", DUMMY)
    assert house.ask()["names"] == ["house.a.Dummy"]
    house.write("a.py", DUMMY.replace("Dummy", "Eager"))
    said = house.ask("house.a.Eager", "house.a.Dummy")
    assert (said["names"], said["house.a.Eager"], said["house.a.Dummy"]) == (["house.a.Eager"], "Eager", None)
    (house.package / "a.py").unlink()
    assert house.ask()["names"] == []


def test_an_edit_that_keeps_size_and_time_is_noticed(house: House) -> None:
    house.write("a.py", DUMMY)
    assert house.ask()["names"] == ["house.a.Dummy"]
    stat = (house.package / "a.py").stat()
    house.write("a.py", DUMMY.replace("Dummy", "Other"))
    os.utime(house.package / "a.py", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert house.ask()["names"] == ["house.a.Other"]


def test_a_change_of_a_private_base_changes_its_children(house: House) -> None:
    house.write("_base.py", DUMMY)
    house.write("child.py", INHERITING)
    # A public class of a private file is a component as well.
    assert house.ask()["names"] == ["house._base.Dummy", "house.child.Child"]
    house.write("_base.py", DUMMY.replace("def from_files", "def from_file"))
    assert house.ask() == {
        "names": [],
        "lacks": ["from_files"],
        "imported": ["house", "house._base", "house.child"],
    } | {"all": house.ask()["all"]}
    house.write("_base.py", DUMMY)
    assert house.ask()["names"] == ["house._base.Dummy", "house.child.Child"]
    assert house.ask()["imported"] == []


def test_subpackages_and_single_files_count(house: House) -> None:
    (house.package / "deep" / "deeper").mkdir(parents=True)
    house.write("deep/__init__.py", DUMMY)
    house.write("deep/deeper/__init__.py", "")
    house.write("deep/deeper/a.py", DUMMY)
    for _ in range(2):
        assert house.ask()["names"] == ["house.deep.Dummy", "house.deep.deeper.a.Dummy"]


def test_a_damaged_index_is_made_again_in_silence(house: House) -> None:
    house.write("a.py", DUMMY)
    assert house.ask()["imported"] == ["house", "house.a"]
    for path in house.kept():
        path.write_text('{"house": 1}')
    assert house.ask()["names"] == ["house.a.Dummy"]
    assert house.ask()["imported"] == []


def test_a_broken_file_is_told_when_it_is_asked_for_until_it_is_mended(house: House) -> None:
    house.write("a.py", DUMMY)
    house.write("wrong.py", "import not_installed_anywhere\n")
    line = (
        f"{house.package}/wrong.py: cannot be imported: ModuleNotFoundError: "
        "No module named 'not_installed_anywhere'; mend the component file"
    )
    for _ in range(2):
        said = house.ask("house.a.Dummy", "house.wrong.Dummy")
        assert (said["house.a.Dummy"], said["house.wrong.Dummy"], said["all"]) == ("Dummy", line, line)
    house.write("wrong.py", DUMMY)
    assert house.ask("house.wrong.Dummy")["house.wrong.Dummy"] == "Dummy"


def test_a_broken_package_is_told_once(house: House) -> None:
    house.write("a.py", DUMMY)
    house.write("__init__.py", "1 / 0\n")
    line = (
        f"{house.package}/__init__.py: cannot be imported: ZeroDivisionError: division by zero; mend the component file"
    )
    said = house.ask("house.a.Dummy", "components.model.ridge.Ridge")
    assert (said["house.a.Dummy"], said["components.model.ridge.Ridge"], said["all"]) == (line, "Ridge", line)


def test_processes_that_index_at_once_agree(house: House) -> None:
    for number in range(5):
        house.write(f"dummy_{number}.py", DUMMY)
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda _: house.ask()["names"], range(3)))
    assert found == [[f"house.dummy_{number}.Dummy" for number in range(5)]] * 3
    assert house.ask()["imported"] == []
