"""Two nodes of a Ray cluster: folds of a run, and a search that survives the death of one of them."""

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness import environment
from runner.sweeps.journal import SqlJournal, lines_of
from servers import postgresql

QUICK = ("+experiment=sp500_volatility", "debug=fast", "tracking=none", "model=ridge")
SEARCH = (*QUICK, "model.penalty=tag(log,interval(0.01,1000))", "sweep.search=random", "sweep.trials=16")
LAUNCHER = ("hydra/launcher=ray", "hydra.launcher.num_cpus=1")


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """address: of its head; nodes: what began them, one after the other."""

    address: str
    nodes: "list[subprocess.Popen[bytes]]"

    def kill(self, number: int) -> None:
        """Everything of a node at once, as when its machine loses power."""
        os.killpg(self.nodes[number].pid, signal.SIGKILL)


@contextmanager
def cluster(given: dict[str, str]) -> Iterator[Cluster]:
    """Two nodes of one processor each, at addresses of their own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Sockets lie in this folder, and their paths may not be long.
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as home:

        def node(*arguments: str) -> "subprocess.Popen[bytes]":
            options = ("--num-cpus=1", "--object-store-memory=80000000", "--disable-usage-stats", "--block")
            command = [str(Path(sys.executable).with_name("ray")), "start", *arguments, *options]
            quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            return subprocess.Popen(command, env=given, start_new_session=True, **quiet)  # type: ignore[call-overload]

        head = ("--head", f"--port={port}", "--node-ip-address=127.0.0.1", f"--temp-dir={home}")
        nodes = [node(*head, "--include-dashboard=false")]
        try:
            _await(port)
            nodes.append(node(f"--address=127.0.0.1:{port}", "--node-ip-address=127.0.0.2"))
            yield Cluster(address=f"127.0.0.1:{port}", nodes=nodes)
        finally:
            for each in nodes:
                each.terminate()
            for each in nodes:
                each.wait(30)


def run(folder: Path, given: dict[str, str], *arguments: str) -> "subprocess.Popen[str]":
    folder.mkdir(exist_ok=True)
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "runner", *arguments]
    return subprocess.Popen(command, cwd=folder, env=given, text=True, stdout=pipe, stderr=pipe)


@pytest.mark.slow
def test_folds_run_on_nodes_and_a_search_loses_nothing_with_one_of_them(tmp_path: Path) -> None:
    pytest.importorskip("ray")
    alone, near, far = (tmp_path / name for name in ("alone", "near", "far"))
    with postgresql() as url:
        given = {name: value for name, value in environment(tmp_path).items() if name != "PYTHONWARNINGS"}
        given |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(16)}
        # What holds a password is not handed over: nodes are started with it.
        given |= {"STUDY": url.replace("postgresql://", "postgresql+psycopg://")}
        with cluster(given) as nodes:
            here = run(alone, given, *QUICK, "debug.max_folds=3")
            _, err = here.communicate(timeout=240)
            assert here.returncode == 0, err
            given |= {"RAY_ADDRESS": nodes.address}
            there = run(near, given, *QUICK, "debug.max_folds=3", "resources.folds=ray")
            _, err = there.communicate(timeout=240)
            assert there.returncode == 0, err
            (ours,), (theirs,) = (list(folder.glob("outputs/runs/*/*/forecasts.parquet")) for folder in (alone, near))
            assert ours.read_bytes() == theirs.read_bytes()
            fits = [sorted(path.name for path in each.glob("outputs/store/fit_fold/*/*")) for each in (alone, near)]
            assert fits[0] == fits[1]

            search = run(far, given, "-m", *SEARCH, "sweep.storage_env=STUDY", "sweep.workers=2", *LAUNCHER)
            journal = None
            deadline = time.monotonic() + 240
            while len(told := [line for line in _lines(journal) if "told" in line]) < 4:
                assert time.monotonic() < deadline
                assert search.poll() is None, search.communicate()[1]
                time.sleep(0.1)
                if journal is None and (names := list(far.glob("outputs/sweeps/*"))):
                    journal = SqlJournal(url=given["STUDY"], study=names[0].name)
            nodes.kill(1)
            _, err = search.communicate(timeout=240)
            assert search.returncode == 0, err
            ends = [line for line in _lines(journal) if "told" in line]
            assert sorted(line["told"] for line in ends) == list(range(16))
            assert {line["state"] for line in ends} == {"finished"}
            workers = {line["worker"] for line in _lines(journal) if "worker" in line}
            assert len(workers) > 1
            assert len(told) < 16


def _lines(journal: SqlJournal | None) -> list[dict[str, object]]:
    return [] if journal is None else [dict(line) for line in lines_of(journal)]


def _await(port: int) -> None:
    """Until somebody answers there."""
    deadline = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)
