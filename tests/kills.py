"""Sweeps that are killed at random moments and resumed, against the same sweep left alone."""

import contextlib
import hashlib
import json
import os
import random
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from warm import warm

SPACE = (
    "model=ridge",
    "model.penalty=tag(log,interval(0.01,1000))",
    "seed=1,2",
    "preprocess=none,zscore",
)
GRID = ("model=ridge", "model.penalty=0.1,1,10,100,1000", "seed=1,2", "preprocess=none,zscore")
EXPERIMENT = (
    *("name=killed", "data=files", "data.path=bars.csv", "features=expressions", "~features.expressions"),
    "+features.expressions={r: 'close / ref(close, 1) - 1', d: 'close / mean(close, 5) - 1'}",
    *("target=forward_return", "target.horizon_bars=1", "target.skip_bars=1", "target.cross_sectional=none"),
    *("split.n_folds=2", "baselines=naive", "portfolio=return_sign", "gates=returns", "tracking=none"),
)
OBJECTIVE = ("sweep.objectives=[valid/mse]", "sweep.judged=0")


def bars(folder: Path) -> None:
    """Writes bars.csv: 300 days of one symbol without any edge."""
    close = 100 * np.exp(np.cumsum(np.random.default_rng(5).normal(0, 0.01, 300)))
    days = np.arange("2020-01-01", 300, dtype="datetime64[D]")
    lines = [f"{day},{price:.6f}" for day, price in zip(days, close, strict=True)]
    (folder / "bars.csv").write_text("\n".join(["date,close", *lines]) + "\n")


def forked(folder: Path, work: Callable[[], Any]) -> int:
    """The process, leader of a group of its own, that does this work in a folder; it says nothing."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        os.setsid()
        os.chdir(folder)
        os.environ["ASSAY_LEDGER"] = str(folder / "ledger.sqlite")
        with Path("said.txt").open("a") as said, contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                work()
                code = 0
            except BaseException:
                traceback.print_exc()
    finally:
        os._exit(code)


@dataclass
class Killed:
    """What was found while a sweep was killed and resumed. ended: digests of the manifests of runs that had ended."""

    kills: int = 0
    ended: dict[str, str] = field(default_factory=dict[str, str])
    overwritten: list[str] = field(default_factory=list[str])

    def look(self, folder: Path) -> None:
        """Notes which runs have ended, and which of those that had are not what they were."""
        for path in folder.glob("outputs/runs/*/*/manifest.json"):
            content = path.read_bytes()
            if json.loads(content)["state"] in ("finished", "failed", "pruned"):
                name, digest = path.parent.name, hashlib.sha256(content).hexdigest()
                if self.ended.setdefault(name, digest) != digest:
                    self.overwritten.append(name)


def searched(folder: Path, overrides: Sequence[str], workers: int) -> Callable[[], None]:
    """Begins a sweep, or goes on with the one that is there."""

    def work() -> None:
        from runner.composition.compose import Memo
        from runner.sweeps.opened import opened_again
        from runner.sweeps.sweep import sweep
        from runner.sweeps.worker import work as worker

        found = sorted(path.parent for path in folder.glob("outputs/sweeps/*/sweep.json"))
        if workers == 1 or not found:
            sweep(["sweep.resume=latest"] if found else overrides)
            return
        opened_again(found[-1]).study().resume()
        children = [os.fork() for _ in range(workers - 1)]
        worker(opened_again(found[-1]), Memo(), lambda: False)
        if 0 in children:
            os._exit(0)
        for child in children:
            os.waitpid(child, 0)

    return work


def run_through(folder: Path, overrides: Sequence[str]) -> float:
    """The sweep left alone; gives its seconds."""
    began = time.monotonic()
    _, status = os.waitpid(forked(folder, searched(folder, overrides, 1)), 0)
    assert status == 0, (folder / "said.txt").read_text()[-2000:]
    return time.monotonic() - began


def run_killed(folder: Path, overrides: Sequence[str], kills: int, *, workers: int, span: float, seed: int) -> Killed:
    """The same, killed so often, at moments drawn from (0, span) seconds after each begin, then left to its end."""
    moments, found = random.Random(seed), Killed()
    while True:
        child = forked(folder, searched(folder, overrides, workers))
        deadline = time.monotonic() + moments.uniform(0, span) if found.kills < kills else float("inf")
        status = None
        while status is None and time.monotonic() < deadline:
            done, code = os.waitpid(child, os.WNOHANG)
            status = code if done else time.sleep(0.005)
        if status is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            found.kills += 1
            found.look(folder)
            continue
        assert status == 0, (folder / "said.txt").read_text()[-2000:]
        found.look(folder)
        return found


def told(folder: Path) -> dict[int, dict[str, Any]]:
    """number -> how the trial ended. Nothing that ended is told twice."""
    (journal,) = folder.glob("outputs/sweeps/*/study.jsonl")
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    numbers = [line["told"] for line in lines if "told" in line]
    assert len(numbers) == len(set(numbers)), "a trial ended twice"
    values = {line["asked"]: line["values"] for line in lines if "asked" in line}
    keep = ("state", "objectives", "scores", "violations", "code", "run")
    ends = [line for line in lines if "told" in line]
    return {end["told"]: {"values": values[end["told"]], **{name: end[name] for name in keep}} for end in ends}


def compared(whole: Path, cut: Path, found: Killed) -> dict[str, Any]:
    """Whether the table, the number of trials and the best are the same, and what ran twice or was lost."""
    tables = [
        {n: {k: v for k, v in line.items() if k != "run"} for n, line in told(each).items()} for each in (whole, cut)
    ]
    runs = [line["run"] for line in told(cut).values()]
    return {
        "kills": found.kills,
        "trials": len(tables[1]),
        "same_table": tables[0] == tables[1],
        "ran_twice": len(found.ended) - len(set(runs)),
        "lost": sum(not (cut / run / "manifest.json").is_file() for run in runs),
        "shared_folders": len(runs) - len(set(runs)),
        "overwritten": len(found.overwritten),
    }


def case(place: Path, search: str, *, trials: int, kills: int, workers: int, seed: int) -> dict[str, Any]:
    """One search, left alone and killed, in two folders of a place."""
    space = GRID if search == "grid" else SPACE
    most = () if search == "grid" else (f"sweep.trials={trials}",)
    overrides = (*EXPERIMENT, *space, f"sweep.search={search}", *most, *OBJECTIVE)
    whole, cut = place / "whole", place / "cut"
    for folder in (whole, cut):
        folder.mkdir(parents=True)
        bars(folder)
    seconds = run_through(whole, overrides)
    span = 2 * seconds / (kills + 1) / workers + 0.5
    found = run_killed(cut, overrides, kills, workers=workers, span=span, seed=seed)
    return {"search": search, "workers": workers, "seconds": round(seconds, 1), **compared(whole, cut, found)}


__all__ = ["case", "warm"]
