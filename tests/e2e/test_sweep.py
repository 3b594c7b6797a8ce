"""`-m`: every point is checked first, a failing job does not end the others, and one code says it all."""

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from harness import Assay, started

QUICK = ("+experiment=sp500_volatility", "debug=fast", "tracking=none")
CRASHING = """
from dataclasses import dataclass

from components.model.naive import Naive


@dataclass(frozen=True, kw_only=True)
class Crashing(Naive):
    def fit(self, train, valid, *, loss, seed, resources, inherited=None):
        raise RuntimeError("nobody foresaw this")
"""


def jobs(folder: Path) -> list[dict[str, Any]]:
    paths = sorted(folder.glob("outputs/sweeps/*/jobs/*.json"), key=lambda path: int(path.stem))
    return [json.loads(path.read_text()) for path in paths]


def test_a_crash_is_told_and_the_next_job_runs(assay: Assay, tmp_path: Path) -> None:
    (tmp_path / "crashes.py").write_text(CRASHING)
    (tmp_path / "pyproject.toml").write_text('[tool.assay]\ncomponents = ["crashes"]\n')
    (tmp_path / "conf" / "model").mkdir(parents=True)
    (tmp_path / "conf" / "model" / "crashing.yaml").write_text("_target_: crashes.Crashing\nmethod: last_value\n")
    done = assay("-m", *QUICK, "gates.enforce=true", "model=crashing,naive")
    assert done.returncode == 1
    assert "RuntimeError: nobody foresaw this" in done.stderr
    crashed, rejected = jobs(tmp_path)
    assert (crashed["exit_code"], crashed["run_folder"]) == (1, None)
    assert rejected["exit_code"] == 4
    assert "model=naive" in rejected["overrides"]
    table = done.stdout[done.stdout.index("2 jobs in outputs/sweeps/") :].splitlines()
    assert table[2].split()[:4] == ["0", "model=crashing", "failed", "(1)"]
    assert table[3].split()[:3] == ["1", "model=naive", "rejected"]


def test_a_rejection_counts_under_enforce_only(assay: Assay, tmp_path: Path) -> None:
    assert assay("-m", *QUICK, "model=naive", "gates.enforce=true,false").returncode == 4
    assert [job["exit_code"] for job in jobs(tmp_path)] == [4, 0]
    assert not list(tmp_path.glob("outputs/registry/*"))
    # Hydra leaves nothing of its own in the current folder.
    assert sorted(path.name for path in tmp_path.iterdir() if path.name not in ("home", "ledger.sqlite")) == ["outputs"]


def test_jobs_draw_nothing_until_they_are_asked_and_are_tracked_together(assay: Assay, tmp_path: Path) -> None:
    quick = [text for text in QUICK if not text.startswith("tracking=")]
    done = assay("-m", *quick, "model=naive,ridge")
    assert done.returncode == 0, done.stderr
    (sweep,) = tmp_path.glob("outputs/sweeps/*")
    assert done.stdout.splitlines()[-1] == (
        f"Jobs draw no pictures: python -m runner report RUN does, RUN from {sweep.relative_to(tmp_path)}/jobs/JOB.json"
    )
    folders = [tmp_path / job["run_folder"] for job in jobs(tmp_path)]
    assert not any((folder / "report.html").exists() or (folder / "plots").exists() for folder in folders)
    assert len(list(tmp_path.glob("outputs/wandb/offline-run-*"))) == 2
    assert not list(tmp_path.glob("outputs/wandb/pending/*.json"))
    assert assay("report", folders[0].name).returncode == 0
    assert (folders[0] / "report.html").is_file()
    assert len(list((folders[0] / "plots").glob("*.png"))) >= 4


def test_another_launcher_runs_the_same_jobs(assay: Assay, tmp_path: Path) -> None:
    done = assay("-m", *QUICK, "model=naive", "seed=1,2", "hydra/launcher=basic")
    assert done.returncode == 0, done.stderr
    found = jobs(tmp_path)
    assert [job["exit_code"] for job in found] == [0, 0]
    assert [job["overrides"][-1] for job in found] == ["++seed=1", "++seed=2"]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name not in ("home", "ledger.sqlite")) == ["outputs"]


def test_nothing_runs_when_one_point_is_wrong(assay: Assay, tmp_path: Path) -> None:
    done = assay("-m", *QUICK, "model=ridge", "model.penalty=1,2,0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "at model.penalty=0: model.penalty: 0 is not allowed; must be > 0\n"
    assert not (tmp_path / "outputs").exists()


@pytest.mark.slow
def test_an_interrupt_ends_the_sweep_and_is_recorded(tmp_path: Path) -> None:
    process = started(tmp_path, "-m", *QUICK, "model=ridge", "seed=range(0,40)")
    deadline = time.monotonic() + 60
    while len(jobs(tmp_path)) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert err.splitlines()[-1] == "interrupted"
    codes = [job["exit_code"] for job in jobs(tmp_path)]
    assert 2 <= len(codes) < 40
    assert codes[-1] in (0, 130)
