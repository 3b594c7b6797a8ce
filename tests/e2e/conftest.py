"""Runs of shipped experiments, shared by the tests of a session."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from environments import built_wheel, core_environment
from harness import Assay, Run, Shipped, ended, needs_its_data
from harness import copied as copied_folder


@pytest.fixture
def assay(tmp_path: Path) -> Assay:
    """Runs `python -m runner ...` in an empty folder with an empty ledger."""
    return lambda *arguments: ended(tmp_path, *arguments)


@pytest.fixture(scope="session")
def shipped_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which every shipped experiment runs once, and nothing else."""
    return tmp_path_factory.mktemp("shipped")


@pytest.fixture(scope="session")
def shipped(shipped_folder: Path) -> Shipped:
    """name -> the run of a shipped experiment, with what it printed; one of them is tracked, as all are shipped."""
    done: dict[str, tuple[subprocess.CompletedProcess[str], Run]] = {}

    def run(name: str) -> tuple["subprocess.CompletedProcess[str]", Run]:
        if name not in done:
            untracked = [] if name == "sp500_volatility" else ["tracking=none"]
            needs_its_data(name)
            process = ended(shipped_folder, f"+experiment={name}", *untracked)
            assert process.returncode == 0, process.stdout + process.stderr
            done[name] = process, Run((shipped_folder / "outputs" / "latest").resolve())
        return done[name]

    return run


@pytest.fixture
def copied(shipped: Shipped, shipped_folder: Path, tmp_path: Path) -> Callable[..., Path]:
    """copied(name, ...) -> a folder and a ledger of the test's own, in which these experiments have run."""

    def copy(*names: str) -> Path:
        for name in names:
            shipped(name)
        return copied_folder(shipped_folder, tmp_path / "copied")

    return copy


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment that holds the wheel and its core requirements alone."""
    folder = tmp_path_factory.mktemp("wheel")
    return core_environment(folder / "environment", built_wheel(folder))
