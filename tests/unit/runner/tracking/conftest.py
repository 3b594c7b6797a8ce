"""One process that tells trackers, for all tests: importing them takes longer than telling them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SCRIPT = """
import json, os, sys
from pathlib import Path
from runner.tracking.deliver import told_now
from runner.tracking.waiting import Folders

before = dict(os.environ)
for line in sys.stdin:
    outputs, environment = json.loads(line)
    os.environ.update(environment)
    print(json.dumps(told_now(Path(outputs), Folders(Path(outputs))).lines()), flush=True)
    os.environ.clear()
    os.environ.update(before)
"""

Tell = Callable[..., list[str]]


@pytest.fixture(scope="package")
def tell(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tell]:
    """tell(outputs, VARIABLE=value): tells what waits, in a process with an empty home; gives what it says."""
    home = tmp_path_factory.mktemp("home")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("WANDB", "MLFLOW"))}
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT],
        env=clean | {"PYTHONWARNINGS": "ignore", "HOME": str(home), "XDG_CONFIG_HOME": str(home)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None

    def told(outputs: Path, **environment: str) -> list[str]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps([str(outputs), environment]) + "\n")
        process.stdin.flush()
        lines: list[str] = json.loads(process.stdout.readline())
        assert not [path for path in home.rglob("*") if "wandb" in str(path.relative_to(home))]
        return lines

    yield told
    process.communicate()
    assert process.returncode == 0
