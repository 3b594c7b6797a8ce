"""`-m`: every point is checked first, a failing job does not end the others, and one code says it all."""

import json
import os
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from harness import Assay, started
from run_folders import records

QUICK = ("+experiment=sp500_volatility", "debug=fast", "tracking=none")
CRASHING = """
from dataclasses import dataclass
from typing import Literal

from components.model.naive import Naive


@dataclass(frozen=True, kw_only=True)
class Crashing(Naive):
    how: Literal["error", "memory"]

    def fit(self, train, valid, *, loss, seed, resources, inherited=None):
        raise MemoryError("no room") if self.how == "memory" else RuntimeError("nobody foresaw this")
"""


def jobs(folder: Path) -> list[dict[str, Any]]:
    paths = sorted(folder.glob("outputs/sweeps/*/jobs/*.json"), key=lambda path: int(path.stem))
    return [json.loads(path.read_text()) for path in paths]


def test_crashes_are_told_apart_and_the_next_job_runs_unless_that_is_asked_for(assay: Assay, tmp_path: Path) -> None:
    (tmp_path / "crashes.py").write_text(CRASHING)
    (tmp_path / "pyproject.toml").write_text('[tool.assay]\ncomponents = ["crashes"]\n')
    (tmp_path / "conf" / "model").mkdir(parents=True)
    for name, how in (("crashing", "error"), ("greedy", "memory")):
        text = f"_target_: crashes.Crashing\nmethod: last_value\nhow: {how}\n"
        (tmp_path / "conf" / "model" / f"{name}.yaml").write_text(text)
    done = assay("-m", *QUICK, "gates.enforce=true", "model=crashing,greedy,naive")
    assert done.returncode == 1
    assert "RuntimeError: nobody foresaw this" in done.stderr
    crashed, greedy, rejected = jobs(tmp_path)
    assert (crashed["exit_code"], crashed["run_folder"]) == (1, None)
    assert (greedy["exit_code"], greedy["says"]) == (1, "MemoryError: no room")
    assert rejected["exit_code"] == 4
    assert "model=naive" in rejected["overrides"]
    assert [line["state"] for line in told(tmp_path).values()] == ["failed", "memory", "finished"]
    table = done.stdout[done.stdout.index("3 jobs in outputs/sweeps/") :].splitlines()
    assert table[2].split()[:4] == ["0", "model=crashing", "failed", "(1)"]
    assert table[3].split()[:4] == ["1", "model=greedy", "memory", "(1)"]
    assert table[4].split()[:3] == ["2", "model=naive", "rejected"]
    shutil.rmtree(tmp_path / "outputs" / "sweeps")
    done = assay("-m", *QUICK, "model=crashing,naive", "sweep.fail_fast=true")
    assert (done.returncode, len(jobs(tmp_path))) == (1, 1)


def test_a_rejection_counts_under_enforce_only(assay: Assay, tmp_path: Path) -> None:
    assert assay("-m", *QUICK, "model=naive", "gates.enforce=true,false").returncode == 4
    assert [job["exit_code"] for job in jobs(tmp_path)] == [4, 0]
    assert not list(tmp_path.glob("outputs/registry/*"))
    # Hydra leaves nothing of its own in the current folder.
    assert sorted(path.name for path in tmp_path.iterdir() if path.name not in ("home", "ledger.sqlite")) == ["outputs"]


def test_jobs_draw_nothing_until_they_are_asked_and_are_tracked_together(assay: Assay, tmp_path: Path) -> None:
    quick = [text for text in QUICK if not text.startswith("tracking=")]
    done = assay("-m", *quick, "model=naive,ridge", "sweep.judged=0")
    assert done.returncode == 0, done.stderr
    (sweep,) = tmp_path.glob("outputs/sweeps/*")
    assert done.stdout.splitlines()[-2] == (
        "No job was judged by every gate; python -m runner report RUN judges one, RUN from "
        f"{sweep.relative_to(tmp_path)}/jobs/JOB.json"
    )
    folders = [tmp_path / job["run_folder"] for job in jobs(tmp_path)]
    assert not any((folder / "report.html").exists() or (folder / "plots").exists() for folder in folders)
    assert len(list(tmp_path.glob("outputs/wandb/offline-run-*"))) == 2
    for folder in folders:
        record = next(
            each.run
            for each in records(tmp_path / "outputs", f"{folder.parent.name}-{folder.name}")
            if each.HasField("run")
        )
        assert (record.run_group, record.display_name) == (sweep.name, folder.name)
    assert len((tmp_path / "outputs" / "tracking" / "delivered.jsonl").read_text().splitlines()) == 2
    assert assay("report", folders[0].name).returncode == 0
    assert (folders[0] / "report.html").is_file()
    assert len(list((folders[0] / "plots").glob("*.png"))) >= 4


def test_another_launcher_runs_the_same_jobs(assay: Assay, tmp_path: Path) -> None:
    done = assay("-m", *QUICK, "model=naive", "seed=1,2", "hydra/launcher=basic")
    assert done.returncode == 0, done.stderr
    found = jobs(tmp_path)
    assert [job["exit_code"] for job in found] == [0, 0]
    assert [job["overrides"][-1] for job in found] == ["seed=1", "seed=2"]
    assert sorted(path.name for path in tmp_path.iterdir() if path.name not in ("home", "ledger.sqlite")) == ["outputs"]


def test_nothing_runs_when_one_point_is_wrong(assay: Assay, tmp_path: Path) -> None:
    done = assay("-m", *QUICK, "model=ridge", "model.penalty=1,2,0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "at model.penalty=0: model.penalty: 0 is not allowed; must be > 0\n"
    assert not (tmp_path / "outputs").exists()


def told(folder: Path) -> dict[int, dict[str, Any]]:
    """number -> how the trial ended, of the only sweep of a folder."""
    (journal,) = folder.glob("outputs/sweeps/*/study.jsonl")
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    numbers = [line["told"] for line in lines if "told" in line]
    assert len(numbers) == len(set(numbers)), "nothing that ended runs again"
    return {line["told"]: line for line in lines if "told" in line}


SEARCH = ("model=ridge", "model.penalty=tag(log,interval(0.01,1000))", "sweep.search=tpe", "sweep.trials=12")


@pytest.mark.slow
def test_the_first_interrupt_lets_a_trial_end_and_the_sweep_goes_on_where_it_was(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    for folder in (whole, cut):
        folder.mkdir()
    started(whole, "-m", *QUICK, *SEARCH).communicate(timeout=240)
    process = started(cut, "-m", *QUICK, *SEARCH)
    await_jobs(cut, 2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    (sweep,) = cut.glob("outputs/sweeps/*")
    assert process.returncode == 130
    assert err.splitlines()[-2:] == [f"go on with: python -m runner -m sweep.resume={sweep.name}", "interrupted"]
    assert [job["exit_code"] for job in jobs(cut)] == [0] * len(jobs(cut))
    process = started(cut, "-m", "sweep.resume=latest")
    await_jobs(cut, len(jobs(cut)) + 2)
    process.kill()
    process.communicate()
    done = started(cut, "-m", f"sweep.resume={sweep.name}")
    out, _ = done.communicate(timeout=240)
    assert done.returncode == 0
    ended = {number: (line["state"], line["objectives"]) for number, line in told(whole).items()}
    assert {number: (line["state"], line["objectives"]) for number, line in told(cut).items()} == ended
    assert out.splitlines()[-1].startswith("Best of 12 by valid/r2 ")
    answer, _ = started(cut, "compare", sweep.name, "--html", "--json").communicate(timeout=120)
    compared = json.loads(answer)
    assert (compared["states"], compared["regret"]["trials"]) == ({"finished": 12}, 12)
    assert (sweep / "compare.html").is_file()


@pytest.mark.slow
def test_a_worker_that_is_killed_is_replaced_and_its_trial_done_by_another(tmp_path: Path) -> None:
    process = started(tmp_path, "-m", *QUICK, *SEARCH[:2], "sweep.search=random", "sweep.trials=8", "sweep.workers=2")
    await_jobs(tmp_path, 2)
    worker = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
    os.kill(int(worker), signal.SIGKILL)
    process.communicate(timeout=240)
    assert process.returncode == 0
    assert [line["state"] for line in told(tmp_path).values()] == ["finished"] * 8


def await_jobs(folder: Path, count: int) -> None:
    deadline = time.monotonic() + 120
    while len(jobs(folder)) < count and time.monotonic() < deadline:
        time.sleep(0.05)


def test_a_sweep_stops_trials_that_fall_behind_and_says_what_is_wrong_before(assay: Assay, tmp_path: Path) -> None:
    done = assay("-m", *QUICK, *SEARCH[:2], "sweep.search=tpe")
    assert (done.returncode, done.stderr) == (2, "sweep.trials: tpe has no end; say how many, sweep.trials=50\n")
    done = assay("-m", *QUICK, *SEARCH, "sweep.objectives=[test/r2]")
    assert (done.returncode, done.stderr) == (
        2,
        "sweep.objectives: 'test/r2' is not allowed; 'valid/r2': a search sees validation rows only\n",
    )
    assert not (tmp_path / "outputs").exists()
