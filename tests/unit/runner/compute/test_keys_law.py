"""The law of keys: whatever a stage runs or reads changes its key when it is edited, and nothing else does.

What it runs is found by running it: functions, the constants that they mention, the attributes of their classes,
the data files that are opened. Each edit is made in memory, alone, and the code of the stage is read again.
"""

import ast
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

import numpy as np
import pytest

from edits import SOURCES, Edit, edits_of
from runner.storage.code import Code, Reader

TESTS = Path(__file__).parents[3]
SEED = random.SystemRandom().randrange(10**6)
SAMPLE = 30
TINY = ("debug=fast", "tracking=none", "resources.threads=1", "resources.workers=1")
DAILY = ("+experiment=us20_momentum", "target.horizon_bars=2")
RUNS = {
    "volatility": ("+experiment=sp500_volatility", "debug.max_bars=400"),
    "strict blend": (
        *(*DAILY, "data=files", "data.path=bars.csv", "data.symbol_column=symbol", "split.vault_start=null"),
        *(
            "gates.checks.vault_not_worse.required=false",
            "features=volume",
            "preprocess=chain",
            "ensemble=blend",
            "model=linear",
            "backtest=impact_costs",
            "gates=strict",
        ),
    ),
    "bagging": (
        *(
            "+experiment=sp500_direction",
            "debug.max_bars=500",
            "model=lightgbm",
            "ensemble=bagging",
            "calibration=platt",
        ),
    ),
    "paths": (
        *("+experiment=sp500_volatility", "debug.max_bars=800", "split=combinatorial_purged", "model=ridge"),
        *("preprocess=robust_zscore", "calibration=isotonic"),
    ),
    "intervals": (*DAILY, "debug.max_symbols=3", "debug.max_bars=420", "calibration=conformal", "model=ridge"),
}
SMALL = "intervals"


@cache
def stages(run: str) -> list[dict[str, Any]]:
    """What the stages of a run reach, see `reached`."""
    result = Path(os.environ["ASSAY_REACHED"]) / f"{run}.json"
    command = [sys.executable, "-W", "ignore", "-m", "reached", str(result), *TINY, *RUNS[run]]
    path = os.pathsep.join([str(TESTS), str(SOURCES)])
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": path}
    write_bars(result.parent / "bars.csv")
    done = subprocess.run(command, cwd=result.parent, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(result.read_text())
    return found


def write_bars(file: Path) -> None:
    """Three symbols with volume."""
    rng, days = np.random.default_rng(0), np.datetime64("2015-01-01") + np.arange(600)
    with file.open("w") as lines:
        lines.write("symbol,date,open,high,low,close,volume\n")
        for symbol in "ABC":
            for day in days[np.is_busday(days)][:420]:
                close = round(float(50 + rng.normal()), 2)
                lines.write(f"{symbol},{day},{close - 0.1:.2f},{close + 0.5:.2f},{close - 0.5:.2f},{close},1000000\n")


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


@cache
def altered(edit: Edit) -> frozenset[str] | None:
    return edit.altered()


def seen_to_be_noticed(edit: Edit, stages: Iterable[tuple[str, tuple[str, ...]]]) -> bool:
    """Whether every stage reaches a statement that the edit alters, so that no code need be read again to know it."""
    statements = altered(edit)
    return bool(statements) and all(
        any(not statements.isdisjoint(code(each).parts) for each in subjects) for _, subjects in set(stages)
    )


def test_a_sample_of_what_stages_run_and_read_changes_their_keys():
    edits = edited(SMALL)
    assert len(edits) > 300
    sample = random.Random(SEED).sample(sorted(edits), SAMPLE)
    assert misses({edit: edits[edit] for edit in sample}) == [], f"seed {SEED}"
    assert sum(seen_to_be_noticed(edit, edits[edit]) for edit in sample) > SAMPLE / 2, f"seed {SEED}"


def shifted(text: bytes) -> bytes:
    """The same code: other docstrings, another layout, a comment above and below."""
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            node.body[0] = ast.Expr(ast.Constant("Other words."))
    return f"# above\n{ast.unparse(tree)}\n# below\n".encode()


def test_docstrings_comments_and_layout_change_no_key():
    told = Reader(text=lambda file: shifted(file.read_bytes()) if file.suffix == ".py" else file.read_bytes())
    paths = sorted({path for stage in stages(SMALL) for path in stage["subjects"]})
    assert [path for path in paths if told.code_of(subject(path)).digest != code(path).digest] == []


STRANGERS = (
    "runner.tracking",
    "runner.verbs",
    "runner.sweeps",
    "runner.cli",
    "runner.run",
    "runner.report",
    "runner.terminal",
)


def test_no_stage_depends_on_what_shows_records_or_starts_runs():
    paths = sorted({path for stage in stages(SMALL) for path in stage["subjects"]})
    found = {part.partition(":")[0] for path in paths for part in code(path).parts}
    assert sorted(module for module in found if module.startswith(STRANGERS)) == []


@pytest.mark.slow
@pytest.mark.parametrize("run", RUNS)
def test_whatever_stages_run_and_read_changes_their_keys(run):
    """Those that alter a statement that is reached change the key; of all others the code is read again, and of a
    sample of those."""
    edits = edited(run)
    seen = [edit for edit in sorted(edits) if seen_to_be_noticed(edit, edits[edit])]
    again = {*random.Random(SEED).sample(seen, SAMPLE), *(edits.keys() - set(seen))}
    assert misses({edit: edits[edit] for edit in again}) == [], f"seed {SEED}"
