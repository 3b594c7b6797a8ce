"""Whole runs, as a user starts them: a process, a folder, a ledger of their own."""

import atexit
import contextlib
import functools
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
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
    from runner.sweeps.aims import Aims
    from runner.sweeps.journal import FileJournal
    from runner.sweeps.opened import Opened
    from runner.sweeps.space import space_of

    return Opened(
        folder=folder,
        name=folder.name,
        settings=Settings(**settings),
        space=space_of(["seed=range(0,2)"], {}),
        aims=Aims(objectives=("valid/r2",), directions=(1,)),
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


AT_FIRST = dict(os.environ)
"""The environment before any test changed it: a cache folder of its own would have all kernels compiled again."""

ASKING = threading.Lock()
"""Whoever asks `warm.py` waits for its answer before another one asks."""

SECONDS_IN_FORKS: list[float] = []
"""Of processor time, of each command in a fork of this process's `warm.py`."""

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


@dataclass(kw_only=True)
class Started:
    """A command at work, in a fork of `warm.py`; what it prints is in the files out and err. returncode: None while it
    runs, negative for a signal."""

    python: str
    pid: int
    out: Path
    err: Path
    returncode: int | None = None

    def poll(self) -> int | None:
        return self._asked(wait=False)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def communicate(self, timeout: float = 300) -> tuple[str, str]:
        """What it printed on stdout and stderr, when it has ended."""
        deadline = time.monotonic() + timeout
        while self.poll() is None:
            if time.monotonic() > deadline:
                self.kill()
                raise subprocess.TimeoutExpired(str(self.pid), timeout, *self._printed())
            time.sleep(0.01)
        return self._printed()

    def ended(self) -> "subprocess.CompletedProcess[str]":
        """Likewise, without looking again and again where nobody else may ask meanwhile."""
        if threading.current_thread() is not threading.main_thread():
            self.communicate()
        code = self._asked(wait=True)
        assert code is not None
        return subprocess.CompletedProcess(self.pid, code, *self._printed())

    def _asked(self, *, wait: bool) -> int | None:
        if self.returncode is None:
            answer = told(self.python, {"pid": self.pid, "wait": wait})
            if answer is not None:
                self.returncode, seconds = answer
                SECONDS_IN_FORKS.append(seconds)
        return self.returncode

    def _printed(self) -> tuple[str, str]:
        return self.out.read_text(), self.err.read_text()


def started(folder: Path, *arguments: str) -> Started:
    """`python -m runner ARGUMENTS` at work, in a process of its own in which the libraries are imported already."""
    return forked(Path(tempfile.mkdtemp(dir=folder.parent)), folder, environment(folder), None, *arguments)


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
    folder: Path, environment: dict[str, str], code: str | None, *arguments: str, python: str = sys.executable
) -> "subprocess.CompletedProcess[str]":
    """`PYTHON -c CODE ARGUMENTS`, or the runner, likewise."""
    with tempfile.TemporaryDirectory() as place:
        done = forked(Path(place), folder, environment, code, *arguments, python=python).ended()
    done.args = arguments
    return done


def forked(
    place: Path,
    folder: Path,
    environment: dict[str, str],
    code: str | None,
    *arguments: str,
    python: str = sys.executable,
) -> Started:
    """place: where what it prints is kept."""
    out, err = place / "out", place / "err"
    command = {
        **{"folder": str(folder), "environment": environment, "code": code, "arguments": arguments},
        **{"out": str(out), "err": str(err), "seconds": 300},
    }
    return Started(python=python, pid=told(python, command), out=out, err=err)


def told(python: str, command: dict[str, Any]) -> Any:
    """What `warm.py` answers."""
    with ASKING:
        server = warm_server(python)
        assert server.stdin is not None
        assert server.stdout is not None
        server.stdin.write(json.dumps(command) + "\n")
        server.stdin.flush()
        return json.loads(server.stdout.readline())


def copied(source: Path, target: Path) -> Path:
    """A folder of runs to go on in. A file of the store, which nobody ever changes, is linked; any other is copied."""

    def taken(file: str, to: str) -> None:
        if "store" in Path(file).parts:
            os.link(file, to)
        else:
            shutil.copy2(file, to)

    return Path(shutil.copytree(source, target, symlinks=True, copy_function=taken))


@functools.cache
def warm_server(python: str) -> "subprocess.Popen[str]":
    """The one `warm.py` of this process that this interpreter runs."""
    server = subprocess.Popen(
        [python, Path(__file__).with_name("warm.py")],
        env={**AT_FIRST, "PYTHONWARNINGS": "error"},
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    atexit.register(server.communicate)
    return server


Shipped = Callable[[str], tuple["subprocess.CompletedProcess[str]", Run]]
