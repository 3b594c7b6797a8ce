"""What a machine lacks is said in one line before anything is made or downloaded."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

import preflight

ROOT = Path(__file__).parents[3]
FULL = ((3, 12, 0), (True, True), True)
NO_OPENMP = (
    "the OpenMP runtime libgomp.so.1 (Debian, Ubuntu: apt-get install libgomp1; Fedora: dnf install libgomp; "
    "Alpine: apk add libgomp)"
)


@pytest.mark.parametrize(
    ("machine", "said"),
    [
        (FULL, []),
        (
            ((3, 11, 4), *FULL[1:]),
            ["Python 3.11.5 or later (this is 3.11.4; name another one with: make PYTHON=python3.11)"],
        ),
        (
            (FULL[0], (True, False), True),
            ["Python's venv and ensurepip (Debian, Ubuntu: apt-get install python3-venv)"],
        ),
        ((*FULL[:2], False), [NO_OPENMP]),
    ],
)
def test_what_is_lacking(machine, said: list[str]) -> None:  # type: ignore[no-untyped-def]
    assert list(preflight.lacking(*machine)) == said


def test_a_library_is_there_if_it_loads() -> None:
    assert preflight.loads("libc.so.6")
    assert not preflight.loads("libno_such_library.so.1")


def checkout(folder: Path) -> None:
    (folder / "tools").mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt", "tools/preflight.py"):
        shutil.copy(ROOT / name, folder / name)


@pytest.mark.parametrize("target", ["run", "setup", "test"])
def test_make_stops_before_it_makes_or_downloads_anything(tmp_path: Path, target: str) -> None:
    """A Python in which no library can be loaded stands for a machine without the OpenMP runtime."""
    checkout(tmp_path)
    python = tmp_path / "python-without-libraries"
    refusing = "import ctypes, runpy, sys; ctypes.CDLL = open; runpy.run_path(sys.argv[1], run_name='__main__')"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} -c "{refusing}" "$@"\n')
    python.chmod(0o755)
    process = subprocess.run(
        ["make", target, f"PYTHON={python}"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert process.returncode == 2
    assert process.stderr.splitlines()[0] == f"Assay needs {NO_OPENMP}"
    assert not (tmp_path / ".venv").exists()


def test_make_says_if_there_is_no_python(tmp_path: Path) -> None:
    checkout(tmp_path)
    process = subprocess.run(
        ["make", "run", "PYTHON=no-such-python"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert process.returncode == 2
    assert process.stderr.splitlines()[0] == "Assay needs Python 3.11.5 or later; no-such-python is not installed"


def test_the_oldest_python_is_said_once_more_everywhere() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=" + ".".join(map(str, preflight.OLDEST))
    assert f"sys.version_info < {preflight.OLDEST}" in (ROOT / ".ci" / "run").read_text()
    assert "You need Python {}.{}.{} or later".format(*preflight.OLDEST) in (ROOT / "README.md").read_text()


def test_every_pinned_version_runs_on_the_oldest_python() -> None:
    oldest, refused = ".".join(map(str, preflight.OLDEST)), []
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        name, version = re.fullmatch(r"([\w.-]+)==(\S+)", line).groups()  # type: ignore[union-attr]
        try:
            about = metadata.metadata(name)
        except metadata.PackageNotFoundError:
            continue
        requires = about.get("Requires-Python", "")
        if not SpecifierSet(requires).contains(oldest):
            refused.append(f"{name} {version}: {requires}")
    assert refused == []
