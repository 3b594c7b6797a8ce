"""Workers in processes of their own: whose death is replaced, and when that is given up."""

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from components.errors import AssayError, ConfigError
from harness import opened_sweep
from runner.sweeps.supervising import RELAUNCHES, Patience, Worker, supervise

HEEDS = """
import sys, time
from runner.sweeps.supervising import ends_with_its_parent

with ends_with_its_parent():
    print("works", file=sys.stderr, flush=True)
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        print("was interrupted", file=sys.stderr)
        sys.exit(7)
"""


def ended(worker: Worker) -> int:
    deadline = time.monotonic() + 30
    while (code := worker.code) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return code


def test_a_worker_ends_with_whoever_started_it_and_its_last_words_are_known() -> None:
    worker = Worker.start([sys.executable, "-c", HEEDS])
    while worker.last != "works":
        time.sleep(0.01)
    worker.ask_to_end()
    worker.end()
    assert (ended(worker), worker.ending) == (7, "ended with exit code 7: was interrupted")


def test_what_kills_a_worker_is_told() -> None:
    worker = Worker.start(["sleep", "60"])
    os.kill(worker.process.pid, signal.SIGKILL)
    assert (ended(worker), worker.ending) == (-9, "was killed by SIGKILL")


def test_a_worker_that_dies_before_any_trial_is_not_begun_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "runner").mkdir()
    (tmp_path / "runner" / "__init__.py").write_text("import a_library_that_is_not_here\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(AssayError) as failed:
        supervise(opened_sweep(tmp_path), 2)
    says = "a worker ended with exit code 1: ModuleNotFoundError: No module named 'a_library_that_is_not_here'"
    assert str(failed.value) == says


def test_what_a_worker_refuses_is_the_error_and_is_not_tried_again(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as failed:
        supervise(opened_sweep(tmp_path), 1)
    assert str(failed.value) == (
        f"{tmp_path}/sweep.json: cannot be read: [Errno 2] No such file or directory: '{tmp_path}/sweep.json'; "
        "name a folder of outputs/sweeps"
    )


def test_patience_lasts_as_long_as_trials_are_begun() -> None:
    begun = iter(range(100))
    patient = Patience(begun=lambda: next(begun))
    assert [patient.lasts() for _ in range(RELAUNCHES + 1)] == [True] * RELAUNCHES + [False]
    assert [Patience(begun=lambda: 5).lasts()] == [True]
    stuck = Patience(begun=lambda: 5)
    assert [stuck.lasts() for _ in range(3)] == [True, True, False]
