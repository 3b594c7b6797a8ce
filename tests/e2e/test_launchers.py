"""Searches whose workers are started by launchers, on one machine and on the nodes of a cluster: nothing is lost where
a process or a node dies, nothing that ended runs twice, and Ctrl-C reaches all of them."""

import json
import os
import pickle
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import started
from runner.recording.ledger import Ledger
from runner.storage.store import Store
from runner.sweeps.checked import checked, parts_checked
from runner.sweeps.launched import handed
from runner.sweeps.parts import begun_parts
from runner.sweeps.settings import asked as asked_for

QUICK = ("+experiment=sp500_volatility", "debug=fast", "tracking=none", "model=ridge")
SEARCH = (*QUICK, "model.penalty=tag(log,interval(0.01,1000))", "sweep.search=random", "sweep.workers=2")


def lines(folder: Path) -> list[dict[str, Any]]:
    """Of the journal of the only sweep of a folder, or of none."""
    journals = list(folder.glob("outputs/sweeps/*/study.jsonl"))
    text = journals[0].read_text() if journals else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def told(folder: Path) -> dict[int, tuple[str, Any]]:
    """number -> state and objectives; nothing that ended ran again."""
    ends = [line for line in lines(folder) if "told" in line]
    assert len({line["told"] for line in ends}) == len(ends)
    return {line["told"]: (line["state"], line["objectives"]) for line in ends}


def until(happened: Callable[[], Any], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def parent_of_workers(folder: Path, *words: str) -> int:
    """The process that started one of the workers, told by words of its own command line."""
    for line in lines(folder):
        if "worker" in line:
            worker = int(line["worker"].split(":")[1])
            status = Path(f"/proc/{worker}/status")
            if status.is_file():
                parent = next(int(row.split()[1]) for row in status.read_text().splitlines() if row.startswith("PPid"))
                if all(word in Path(f"/proc/{parent}/cmdline").read_text() for word in words):
                    return parent
    raise AssertionError("no worker is there")


@pytest.mark.slow
def test_what_one_launcher_left_another_one_ends_though_its_processes_are_killed(tmp_path: Path) -> None:
    alone, folder = tmp_path / "alone", tmp_path / "launched"
    for each in (alone, folder):
        each.mkdir()
    started(alone, "-m", *SEARCH, "sweep.trials=10").communicate(timeout=240)
    first = started(folder, "-m", *SEARCH, "sweep.trials=10", "hydra/launcher=submitit_local")
    until(lambda: len(told(folder)) >= 2)
    first.send_signal(signal.SIGINT)
    _, err = first.communicate(timeout=120)
    (sweep,) = folder.glob("outputs/sweeps/*")
    assert first.returncode == 130, err
    assert err.splitlines()[-2:] == [f"go on with: python -m runner -m sweep.resume={sweep.name}", "interrupted"]
    before = len(told(folder))
    assert before < 10
    second = started(folder, "-m", "sweep.resume=latest", "hydra/launcher=joblib")
    until(lambda: len(told(folder)) > before)
    os.kill(parent_of_workers(folder, "loky"), signal.SIGKILL)
    _, err = second.communicate(timeout=240)
    assert second.returncode == 0, err
    assert "hydra/launcher=joblib: TerminatedWorkerError: " in err
    assert told(folder) == told(alone)


@pytest.mark.slow
def test_ctrl_c_twice_ends_all_workers_at_once_and_the_sweep_goes_on(tmp_path: Path) -> None:
    process = started(tmp_path, "-m", *SEARCH, "sweep.trials=40")
    until(lambda: len(told(tmp_path)) >= 2)
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    pressed = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert time.monotonic() - pressed < 15
    assert err.splitlines()[-2].startswith("go on with: ")
    assert len(told(tmp_path)) < 40
    workers = {int(line["worker"].split(":")[1]) for line in lines(tmp_path) if "worker" in line}
    assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]


WORKER = "import pickle, sys; print(*pickle.load(open(sys.argv[1], 'rb'))(None))"


@pytest.mark.slow
def test_workers_of_two_machines_share_store_ledger_and_trials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Machines here: processes that began in other folders, with other homes and ledgers of their own."""
    shared = tmp_path / "shared"
    shared.mkdir()
    monkeypatch.chdir(shared)
    monkeypatch.setenv("ASSAY_LEDGER", "ledger.sqlite")
    search = checked(asked_for([*SEARCH, "sweep.trials=6"]))
    (opened,) = begun_parts(parts_checked(search), search.memo)
    (tmp_path / "handed").write_bytes(pickle.dumps(handed(opened)))
    machines = []
    for name in ("near", "far"):
        (tmp_path / name).mkdir()
        given = {**os.environ, "HOME": str(tmp_path / name), "XDG_DATA_HOME": str(tmp_path / name)}
        given |= {"ASSAY_LEDGER": str(tmp_path / name / "another.sqlite")}
        command = [sys.executable, "-c", WORKER, str(tmp_path / "handed")]
        options = {"cwd": tmp_path / name, "env": given, "text": True, "stdout": subprocess.PIPE}
        machines.append(subprocess.Popen(command, **options))  # type: ignore[call-overload]
    assert [machine.communicate(timeout=240)[0].split() for machine in machines] == [["done"], ["done"]]
    assert sorted(told(shared)) == list(range(6))
    assert len({line["worker"] for line in lines(shared) if "worker" in line}) == 2
    assert not list(tmp_path.glob("*/another.sqlite"))
    manifests = [json.loads(path.read_text()) for path in shared.glob("outputs/runs/*/*/manifest.json")]
    assert sorted(each["sweep"]["trial"] for each in manifests) == list(range(6))
    assert Ledger.open(shared / "ledger.sqlite").verify([each["ledger_head"] for each in manifests]) == []
    store = Store(root=shared / "outputs" / "store")
    entries = list(store.entries())
    assert len(entries) > 6
    assert [store.damage(key, stage) for stage, key in entries] == [None] * len(entries)
