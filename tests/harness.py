"""Whole runs, as a user starts them: a process, a folder, a ledger of their own."""

import atexit
import contextlib
import functools
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
import yaml

from components.values import Resources
from runner.composition.places import config_folder

if TYPE_CHECKING:
    from runner.sweeps.opened import Opened

Assay = Callable[..., "subprocess.CompletedProcess[str]"]


def resources(threads: int = 1) -> Resources:
    """What a fit in a test may use."""
    return Resources(threads=threads, workers=1, device="cpu", precision="float32")


def opened_sweep(folder: Path, **settings: Any) -> "Opened":
    """A sweep of two trials whose folder is this one, and holds nothing yet."""
    from runner.specification.sweep import Settings
    from runner.sweeps.journal import FileJournal
    from runner.sweeps.opened import Opened
    from runner.sweeps.space import space_of

    return Opened(
        folder=folder,
        settings=Settings(**settings),
        space=space_of(["seed=range(0,2)"], {}),
        objectives=("valid/r2",),
        directions=(1,),
        journal=FileJournal(path=folder / "study.jsonl"),
    )


@dataclass(frozen=True)
class Run:
    """A run folder with its small files read."""

    folder: Path

    def json(self, name: str) -> Any:
        return json.loads((self.folder / f"{name}.json").read_text())

    def table(self, name: str) -> pd.DataFrame:
        return pd.read_parquet(self.folder / f"{name}.parquet")


def data_folder() -> Path:
    """Market data that is not part of the product."""
    return Path(os.environ.get("ASSAY_DATA") or Path(__file__).parents[1] / ".." / "shared" / "data").resolve()


def market_data(name: str) -> Path:
    """A file of that folder; the test that asks for it is skipped where there is none."""
    path = data_folder() / name
    if not path.is_file():
        pytest.skip(f"{name} is absent: set ASSAY_DATA to the folder that holds it")
    return path


if data_folder().is_dir():
    os.environ["ASSAY_DATA"] = str(data_folder())  # shipped experiments on such data read it


def outside_file(experiment: str) -> str | None:
    """The file that a shipped experiment reads and the product does not bring."""
    text = (config_folder() / "experiment" / f"{experiment}.yaml").read_text()
    return _outside(yaml.safe_load(text).get("data", {}))


def _outside(section: Any) -> str | None:
    if not isinstance(section, dict):
        return None
    if "folder_env" in section:
        return str(section["path"])
    return next((found for each in section.values() if (found := _outside(each))), None)


def needs_its_data(experiment: str) -> None:
    """The test that asks is skipped where what the experiment reads is nowhere."""
    if name := outside_file(experiment):
        market_data(name)


EXPERIMENTS = sorted(path.stem for path in config_folder().glob("experiment/*.yaml"))
SELF_CONTAINED = [name for name in EXPERIMENTS if outside_file(name) is None]
SHOWN = ["sp500_volatility", "sp500_direction", "us20_momentum", "nasdaq_technical", "sp500_regime"]
"""Whose figures stand in the README."""


def environment(folder: Path) -> dict[str, str]:
    return {
        **os.environ,
        "ASSAY_LEDGER": str(folder / "ledger.sqlite"),
        "PYTHONWARNINGS": "error",
        "WANDB_MODE": "offline",
        "ASSAY_TRACKING_WAIT": "1",
        "NO_COLOR": "1",
    }


def started(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "runner", *arguments],
        cwd=folder,
        env=environment(folder),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=heeds_interrupts,
    )


def heeds_interrupts() -> None:
    """Tests that run in the background are told to ignore Ctrl-C, and what they start inherits it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def ended(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """`python -m runner ARGUMENTS` to its end, in a process of its own in which the libraries are imported already."""
    return in_fork(folder, environment(folder), None, *arguments)


def answer(*arguments: str) -> Any:
    """What `python -m runner ARGUMENTS` prints as JSON, run in this process."""
    from runner.cli import main

    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        code = main([*arguments, *([] if "--json" in arguments else ["--json"])])
    found = json.loads(printed.getvalue())
    assert found["exit_code"] == code
    return found


def in_fork(
    folder: Path, environment: dict[str, str], code: str | None, *arguments: str
) -> "subprocess.CompletedProcess[str]":
    """`python -c CODE ARGUMENTS`, or the runner, likewise."""
    with tempfile.TemporaryDirectory() as place:
        out, err = Path(place, "out"), Path(place, "err")
        command = {
            **{"folder": str(folder), "environment": environment, "code": code, "arguments": arguments},
            **{"out": str(out), "err": str(err), "seconds": 300},
        }
        server = warm_server()
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(command) + "\n")
        server.stdin.flush()
        returncode = int(server.stdout.readline())
        return subprocess.CompletedProcess(arguments, returncode, out.read_text(), err.read_text())


@functools.cache
def warm_server() -> "subprocess.Popen[str]":
    """The one `warm.py` of this process."""
    server = subprocess.Popen(
        [sys.executable, Path(__file__).with_name("warm.py")],
        env={**os.environ, "PYTHONWARNINGS": "error"},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    atexit.register(server.communicate)
    return server


Shipped = Callable[[str], tuple["subprocess.CompletedProcess[str]", Run]]
