"""Ctrl-C, a kill and a full disk in the middle of a run: nothing half-written is taken for done."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness import ended, environment, in_fork, started

SLOW = (
    "+experiment=sp500_volatility", "tracking=none", "debug=off", "model=lightgbm",
    "model.n_estimators=4000", "model.num_leaves=255", "model.min_child_samples=2",
)  # fmt: skip


def wait_for_fit(folder: Path) -> Path:
    """The manifest, once it holds the trial, which is recorded right before the fit."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for manifest in folder.glob("outputs/runs/*/*/manifest.json"):
            if (json.loads(manifest.read_text()).get("trial") or {}).get("number"):
                return manifest
        time.sleep(0.05)
    raise AssertionError("the fit did not begin")


def trials(folder: Path) -> list[str]:
    code = (
        "from runner.recording.ledger import Ledger; l = Ledger.open();"
        "print(*[t.state for f in l.families() for t in l.trials(f.family)])"
    )
    process = in_fork(folder, environment(folder), code)
    assert process.returncode == 0, process.stderr
    return process.stdout.split()


def test_ctrl_c_marks_the_run_interrupted(tmp_path: Path) -> None:
    process = started(tmp_path, *SLOW)
    manifest = wait_for_fit(tmp_path)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=10)
    assert process.returncode == 130, err
    assert err.strip().splitlines()[-1] == "interrupted"
    assert "Traceback" not in err
    assert json.loads(manifest.read_text())["state"] == "interrupted"
    assert not (manifest.parent / "gates.json").exists()
    assert not list(tmp_path.glob("outputs/store/fit_fold/*/*"))
    assert not list(tmp_path.glob("outputs/store/.partial/*"))
    assert trials(tmp_path) == ["interrupted"]


def test_a_killed_run_leaves_nothing_that_counts_as_done_and_the_next_one_finishes(tmp_path: Path) -> None:
    process = started(tmp_path, *SLOW)
    manifest = wait_for_fit(tmp_path)
    process.kill()
    process.communicate(timeout=60)
    assert json.loads(manifest.read_text())["state"] == "running"
    assert trials(tmp_path) == ["running"]
    again = ended(tmp_path, "+experiment=sp500_volatility", "tracking=none", "export=never")
    assert again.returncode == 0, again.stderr
    assert trials(tmp_path) == ["running", "finished"]


def test_outputs_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "outputs").write_text("in the way")
    process = ended(tmp_path, "+experiment=sp500_volatility", "debug=fast")
    assert process.returncode == 1
    assert process.stderr.strip().splitlines()[-1] == (
        "outputs/store: cannot write: Not a directory; "
        "remove the file that is in the way or choose another output folder"
    )
    assert "Traceback" not in process.stderr


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a place that nobody may write to: /proc")
def test_outputs_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "outputs").symlink_to("/proc/self")
    process = ended(tmp_path, "+experiment=sp500_volatility", "debug=fast")
    assert process.returncode == 1
    line = process.stderr.strip().splitlines()[-1]
    assert line.startswith("outputs/store: cannot write: ")
    assert "Traceback" not in process.stderr


def test_a_full_disk(tmp_path: Path) -> None:
    disk = tmp_path / "outputs"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=100k", "tmpfs", str(disk)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode != 0:
        pytest.skip("mounting a small file system needs root")
    try:
        process = ended(tmp_path, "+experiment=sp500_volatility", "debug=fast")
        assert process.returncode == 1
        assert process.stderr.strip().splitlines()[-1] == (
            "outputs/store: cannot write: No space left on device; free some space or choose another output folder"
        )
        assert "Traceback" not in process.stderr
        assert not list(disk.glob("store/.partial/*"))
        states = {json.loads(path.read_text())["state"] for path in disk.glob("runs/*/*/manifest.json")}
        assert "finished" not in states
    finally:
        subprocess.run(["umount", str(disk)], check=True)
