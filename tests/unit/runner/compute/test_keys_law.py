"""The law of keys: whatever a stage runs or reads changes its key when it is edited, and nothing else does.

What it runs is found by running it: functions, the constants that they mention, the attributes of their classes,
the data files that are opened. Each edit is made in memory, alone, and the code of the stage is read again.
"""

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from edits import SOURCES, Edit, edits_of
from runner.storage.code import Code, Reader

TESTS = Path(__file__).parents[3]
SEED = random.SystemRandom().randrange(10**6)
SAMPLE = 60
TINY = ("debug=fast", "tracking=none", "resources.threads=1", "resources.workers=1")
DAILY = ("+experiment=us20_momentum", "debug.max_symbols=3", "debug.max_bars=420", "target.horizon_bars=2")
RUNS = {
    "volatility": ("+experiment=sp500_volatility", "debug.max_bars=400"),
    "strict blend": (*DAILY, "gates=strict", "preprocess=chain", "ensemble=blend", "backtest=impact_costs", "model=linear"),
    "strict bagging": ("+experiment=sp500_direction", "debug.max_bars=500", "calibration=platt", "ensemble=bagging",
                       "model=linear", "gates=strict"),
    "paths": (*DAILY, "preprocess=cross_section", "calibration=conformal", "model=ridge", "split=combinatorial_purged"),
    "holdout": ("+experiment=sp500_volatility", "debug.max_bars=500", "calibration=linear", "split=holdout",
                "preprocess=rank_gauss"),
}  # fmt: skip
SMALL = "volatility"


@cache
def stages(run: str) -> list[dict[str, Any]]:
    """What the stages of a run reach, see `reached`."""
    result = Path(os.environ["ASSAY_REACHED"]) / f"{run}.json"
    command = [sys.executable, "-W", "ignore", "-m", "reached", str(result), *TINY, *RUNS[run]]
    path = os.pathsep.join([str(TESTS), str(SOURCES)])
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": path}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(result.read_text())
    return found


@pytest.fixture(autouse=True, scope="module")
def place(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_REACHED", str(tmp_path_factory.mktemp("reached")))
        yield


def subject(path: str) -> Any:
    module, _, name = path.rpartition(".")
    return getattr(import_module(module), name)


@cache
def code(path: str) -> Code:
    return READER.code_of(subject(path))


READER = Reader()


def files_in(path: str) -> frozenset[str]:
    """The sources that a subject reaches, and the data files by name."""
    return _files_in(path)


@cache
def _files_in(path: str) -> frozenset[str]:
    modules = {part.partition(":")[0] for part in code(path).parts if ":" in part}
    data = {Path(part).name for part in code(path).parts if ":" not in part}
    return frozenset({file for module in modules for file in _sources(module)} | data)


def _sources(module: str) -> list[str]:
    base = module.replace(".", "/")
    return [f"{base}.py", f"{base}/__init__.py"]


def edited(run: str) -> dict[Edit, list[tuple[str, tuple[str, ...]]]]:
    """Each edit, with the stages that run or read what it changes: name, subjects."""
    found: dict[Edit, list[tuple[str, tuple[str, ...]]]] = {}
    for stage in stages(run):
        files = {Edit(str(Path(file).relative_to(SOURCES)), "another text", 0) for file in stage["files"]}
        for edit in edits_of([tuple(each) for each in stage["functions"]]) | files:
            found.setdefault(edit, []).append((stage["stage"], tuple(stage["subjects"])))
    return found


def unnoticed(edit: Edit, stages: Iterable[tuple[str, tuple[str, ...]]]) -> list[str]:
    """Names of the stages whose key stays the same; subjects that reach the fewest are asked first."""
    reader = edit.reader()
    changed: dict[str, bool] = {}
    for_file = edit.file if edit.file.endswith(".py") else Path(edit.file).name

    def notices(path: str) -> bool:
        if path not in changed:
            changed[path] = reader.code_of(subject(path)).digest != code(path).digest
        return changed[path]

    missed = []
    for name, subjects in set(stages):
        asked = sorted(
            (each for each in subjects if for_file in files_in(each)), key=lambda each: len(code(each).parts)
        )
        if not any(changed.get(each) for each in asked) and not any(notices(each) for each in asked):
            missed.append(name)
    return missed


def misses(edits: dict[Edit, list[tuple[str, tuple[str, ...]]]]) -> list[str]:
    return [f"{edit}: {name}" for edit in sorted(edits) for name in unnoticed(edit, edits[edit])]


def test_a_sample_of_what_stages_run_and_read_changes_their_keys():
    edits = edited(SMALL)
    assert len(edits) > 300
    sample = random.Random(SEED).sample(sorted(edits), SAMPLE)
    assert misses({edit: edits[edit] for edit in sample}) == [], f"seed {SEED}"


@pytest.mark.slow
@pytest.mark.parametrize("run", RUNS)
def test_whatever_stages_run_and_read_changes_their_keys(run):
    assert misses(edited(run)) == []
