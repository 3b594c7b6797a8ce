"""Trackers are filled by another process: once, whatever is killed, and never in a run's way."""

import json
import logging
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness import answer
from run_folders import NONE, WANDB, run_folder
from runner.recording.provenance import this_process
from runner.specification.tracker import Record, Tracker
from runner.tracking import fill as filling_of
from runner.tracking.combined import CombinedTrackers
from runner.tracking.deliver import deliver, filling, told_now
from runner.tracking.none import NoTracking
from runner.tracking.waiting import GRACE_SECONDS, Folders


@dataclass(frozen=True, kw_only=True)
class Noting(Tracker):
    """Writes down what it is told, and raises where it is asked to."""

    told: list[Record] = field(default_factory=list)
    breaks: set[str] = field(default_factory=set)

    @classmethod
    def examples(cls):
        return ()

    def tell(self, record: Record, outputs: Path) -> None:
        if record.name in self.breaks or "all" in self.breaks:
            raise RuntimeError("the service is down\nwith details")
        self.told.append(record)


@pytest.fixture
def noting(monkeypatch: pytest.MonkeyPatch) -> Noting:
    """What every configuration is built into."""
    tracker = Noting()
    monkeypatch.setattr(filling_of, "build", lambda *_, **__: CombinedTrackers(sets={"a": tracker}))
    return tracker


def names(tracker: Noting) -> list[str]:
    return [record.name for record in tracker.told]


def told(outputs: Path) -> list[str]:
    return told_now(outputs, Folders(outputs)).lines()


def test_every_run_is_told_once_the_oldest_first(tmp_path, noting):
    for name in ("2", "1", "3"):
        run_folder(tmp_path, name, NONE, ["a"])
    run_folder(tmp_path, "old", NONE, None)
    run_folder(tmp_path, "none", NONE, [])
    assert told(tmp_path) == []
    assert names(noting) == ["1", "2", "3"]
    assert told(tmp_path) == []
    shutil.move(tmp_path / "runs", tmp_path / "archive")
    assert told(tmp_path) == []
    assert names(noting) == ["1", "2", "3"]


def test_a_run_that_was_judged_further_is_told_as_it_is_now(tmp_path, noting):
    folder, folders = run_folder(tmp_path, "1", NONE, ["a"]), Folders(tmp_path)
    told_now(tmp_path, folders)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"judged": {"wholly": True}}))
    told_now(tmp_path, folders)
    first, second = noting.told
    assert (first.id, first.edition == second.edition) == (second.id, False)


def test_runs_that_go_on_are_not_told_and_killed_ones_are(tmp_path, noting):
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    here = this_process().rpartition(":")[0]
    now = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime())
    facts: dict[str, Any] = {"state": "running", "bare": True, "process": f"{here}:{child.pid}", "started": now}
    folder, folders = run_folder(tmp_path, "1", NONE, ["a"], **facts), Folders(tmp_path)
    run_folder(
        tmp_path,
        "2",
        NONE,
        ["a"],
        **{**facts, "process": f"{here}:{os.getpid()}", "started": "2999-01-01T00:00:00+00:00"},
    )
    (folder / "SHA256SUMS").unlink()
    told_now(tmp_path, folders)
    assert names(noting) == []
    child.kill()
    child.communicate()
    told_now(tmp_path, folders)
    assert [(record.name, record.state) for record in noting.told] == [("1", "crashed")]


def test_a_process_number_that_was_given_again_is_another_process(tmp_path, noting):
    run_folder(tmp_path, "1", NONE, ["a"], state="running", bare=True, process=this_process())
    assert told(tmp_path) == []
    assert [record.state for record in noting.told] == ["crashed"]


def test_a_run_that_ended_badly_is_told_when_nothing_more_is_written(tmp_path, noting):
    started = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(time.time() + 3600))
    folder = run_folder(tmp_path, "1", NONE, ["a"], state="failed", bare=True, process=this_process(), started=started)
    (folder / "SHA256SUMS").unlink()
    folders = Folders(tmp_path)
    told_now(tmp_path, folders)
    assert names(noting) == []
    past = time.time() - GRACE_SECONDS - 1
    os.utime(folder / "manifest.json", (past, past))
    told_now(tmp_path, folders)
    assert names(noting) == ["1"]


def test_what_cannot_be_told_waits_and_is_one_line(tmp_path, noting):
    for name in "123":
        run_folder(tmp_path, name, NONE, ["a"])
    noting.breaks.add("2")
    line = (
        "tracking: 1 record waits for a: the service is down; "
        "`python -m runner deliver` tells them, and so does the next run"
    )
    assert told(tmp_path) == [line]
    assert (tmp_path / "tracking" / "waiting.txt").read_text() == f"{line}\n"
    noting.breaks.clear()
    assert told(tmp_path) == []
    assert names(noting) == ["1", "3", "2"]
    assert not (tmp_path / "tracking" / "waiting.txt").exists()


def test_a_place_that_is_down_is_not_tried_for_every_run(tmp_path, noting):
    for number in range(10):
        run_folder(tmp_path, str(number), NONE, ["a"])
    noting.breaks.add("all")
    (line,) = told(tmp_path)
    assert line.startswith("tracking: 10 records wait for a: the service is down; ")


def test_a_run_that_is_removed_meanwhile_is_passed_over(tmp_path, noting):
    gone, _ = (run_folder(tmp_path, name, NONE, ["a"]) for name in "12")
    folders = Folders(tmp_path)
    runs = folders.ended()
    first = next(runs)
    shutil.rmtree(gone)
    assert [first.folder, *(run.folder for run in runs)] == [gone, gone.with_name("2")]
    assert told_now(tmp_path, folders).lines() == []
    assert names(noting) == ["2"]


def test_a_configuration_that_is_gone_is_a_line(tmp_path):
    (run_folder(tmp_path, "1", WANDB, ["wandb"]) / "config.yaml").unlink()
    (line,) = told(tmp_path)
    assert line.startswith("tracking: 1 record waits for wandb: 'tracking'; ")


def test_the_verb_tells_and_says_what_waits(tmp_path, noting, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert answer("deliver").items() >= {"told": 0, "waiting": []}.items()
    assert not list(tmp_path.iterdir())
    for name in "12":
        run_folder(tmp_path / "outputs", name, NONE, ["a"])
    noting.breaks.add("2")
    found = answer("deliver")
    assert (found["exit_code"], found["told"], len(found["waiting"])) == (0, 1, 1)
    assert found["waiting"][0].startswith("tracking: 1 record waits for a: the service is down; ")
    found = answer("deliver", "--workspace", "nowhere")
    assert (found["exit_code"], "nowhere: is no sweep" in found["errors"][0]["message"]) == (2, True)


def test_without_tracking_no_process_is_started_and_nothing_written(tmp_path):
    run_folder(tmp_path, "1", NONE, [])
    before = sorted(tmp_path.rglob("*"))
    deliver(tmp_path, NoTracking())
    deliver(tmp_path)
    with filling(tmp_path, NoTracking()):
        pass
    assert sorted(tmp_path.rglob("*")) == before


def test_a_disk_that_takes_nothing_is_one_line_and_no_error(tmp_path, caplog):
    (tmp_path / "tracking").write_text("a file is in the way")
    run_folder(tmp_path, "1", WANDB, ["wandb"])
    with caplog.at_level(logging.WARNING):
        deliver(tmp_path, Noting())
    assert caplog.messages == [
        f"tracking: {tmp_path}: cannot write: File exists; "
        "remove the file that is in the way or choose another output folder"
    ]


def test_what_waits_is_said_by_the_next_command(tmp_path, caplog):
    (tmp_path / "tracking").mkdir()
    (tmp_path / "tracking" / "waiting.txt").write_text("tracking: 1 record waits for a: no network\n")
    with caplog.at_level(logging.WARNING):
        deliver(tmp_path, Noting())
    assert caplog.messages == ["tracking: 1 record waits for a: no network"]
    assert not (tmp_path / "tracking" / "waiting.txt").exists()


FOLLOWED = """
import sys, time
from pathlib import Path
from runner.tracking.deliver import filling
from runner.tracking.wandb import WandB

tracker = WandB(mode="offline", project="assay", entity=None, group=None, tags=())
with filling(Path(sys.argv[1]), tracker):
    print("begun", flush=True)
    time.sleep(600)
"""


@pytest.mark.slow
def test_runs_of_a_killed_sweep_are_told_all_the_same(tmp_path):
    child = subprocess.Popen([sys.executable, "-c", FOLLOWED, str(tmp_path)], stdout=subprocess.PIPE, cwd=tmp_path)
    assert child.stdout is not None
    assert child.stdout.readline() == b"begun\n"
    run_folder(tmp_path, "1", WANDB, ["wandb"])
    child.kill()
    child.communicate()
    noted, until = tmp_path / "tracking" / "delivered.jsonl", time.monotonic() + 120
    while not noted.is_file() and time.monotonic() < until:
        time.sleep(0.1)
    assert '"vol-1"' in noted.read_text()
    assert len(list(tmp_path.glob("wandb/offline-run-*-vol-1"))) == 1
