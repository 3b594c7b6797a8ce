"""The worlds of the demonstration as files, and what the commands say of them."""

import json
import math
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components.errors import DataError
from components.values import Float
from runner import exit_codes
from runner.demo import worlds
from runner.demo.picture import Judged
from runner.storage.disk import write_atomically

SEED = 5
EXPERIMENT = "planted_edge"
LUCK = 0.05
TABLE = ("leaktest", "--table", "table.csv", "--time", "date", "--target", "next_return")


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a command left behind: what it printed, and the folder it worked in."""

    stdout: str
    folder: Path


@dataclass(frozen=True, kw_only=True, eq=False)
class World:
    """title: over its curve; told: what it is; command: that judges it; says: from what that left behind to level and
    reason; growth_T: of 1, None: that of the run's portfolio."""

    title: str
    told: str
    command: Sequence[str]
    says: Callable[[Heard], tuple[str, str]]
    growth_T: Float | None


def prepared(folder: Path) -> tuple[World, ...]:
    """Writes the files of all worlds into the folder."""
    tries, bars, table = worlds.worthless(SEED), worlds.edge(SEED), worlds.leaked(SEED)
    best = str((tries.mean() / tries.std()).idxmax())
    template = Path(__file__).with_name(f"{EXPERIMENT}.yaml").read_bytes()
    write_atomically(folder / "conf" / "experiment" / f"{EXPERIMENT}.yaml", template)
    for name, frame in {"tries": tries, "best": tries[[best]], "bars": bars, "table": table}.items():
        write_atomically(folder / f"{name}.csv", frame.to_csv().encode())
    known_T = np.sign(table["smooth"].to_numpy()) * table["next_return"].to_numpy()
    return (
        World(
            title="The best of 200",
            told="1  200 strategies that know nothing, one year of daily returns; the best is shown to a client.",
            command=("deflate", "best.csv", "--matrix", "tries.csv"),
            says=_of_deflate,
            growth_T=_growth(tries[best].to_numpy()),
        ),
        World(
            title="One idea, tried once",
            told=f"2  {worlds.EDGE_YEARS} years of bars with a column that knows a little of the day after tomorrow.",
            command=(f"+experiment={EXPERIMENT}",),
            says=_of_run,
            growth_T=None,
        ),
        World(
            title="A clever column",
            told="3  A table for forecasting; one of its columns was smoothed over days before and after its own.",
            command=TABLE,
            says=_of_leaktest,
            growth_T=_growth(known_T[np.isfinite(known_T)]),
        ),
    )


def judged(world: World, folder: Path) -> Judged:
    """Runs the world's command in the folder. Raises DataError where it cannot be judged."""
    machine = () if world.growth_T is None else ("--json",)
    process = subprocess.run(  # noqa: S603  # our own command line
        [sys.executable, "-m", "runner", *world.command, *machine],
        cwd=folder, env=_own(folder), capture_output=True, text=True, check=False,
    )  # fmt: skip
    if process.returncode not in (exit_codes.RAN, exit_codes.LEAKS):
        raise DataError(f"python -m runner {' '.join(world.command)} ended with {process.returncode}: {process.stderr}")
    level, says = world.says(Heard(stdout=process.stdout, folder=folder))
    growth_T = _traded(folder) if world.growth_T is None else world.growth_T
    step_T = np.diff(growth_T) / growth_T[:-1]
    sharpe = float(step_T.mean() / step_T.std() * math.sqrt(worlds.YEAR))
    return Judged(title=world.title, growth_T=growth_T, sharpe=sharpe, level=level, says=says)


def _own(folder: Path) -> Mapping[str, str]:
    """A ledger of the folder's own, and no account of anybody's."""
    return {**os.environ, "ASSAY_LEDGER": f"sqlite:///{folder.resolve() / 'ledger.sqlite'}", "WANDB_MODE": "offline"}


def _growth(return_T: Float) -> Float:
    growth_T: Float = np.cumprod(np.concatenate([[1.0], 1 + return_T]))
    return growth_T


def _traded(folder: Path) -> Float:
    import pandas as pd

    equity_T = pd.read_parquet(folder / "outputs" / "latest" / "equity.parquet")["equity"].to_numpy()
    growth_T: Float = equity_T / equity_T[0]
    return growth_T


def _of_deflate(heard: Heard) -> tuple[str, str]:
    figures: Mapping[str, float] = json.loads(heard.stdout)["figures"]
    level = "rejected" if figures["stepm"] > LUCK else "candidate"
    return level, (
        f"Luck's best of {worlds.STRATEGIES} such tries shows {figures['expected_maximum']:.1f} on average: "
        f"as much as this by luck alone in {figures['stepm']:.0%} of cases."
    )


def _of_run(heard: Heard) -> tuple[str, str]:
    """The level after the vault was opened, where it was."""
    run = heard.folder / "outputs" / "latest"
    verdict: Mapping[str, Any] = json.loads((run / "gates.json").read_text(encoding="utf-8"))
    promotion = run / "promotion.json"
    told = json.loads(promotion.read_text(encoding="utf-8")) if promotion.exists() else verdict
    failed = [gate["name"] for gate in verdict["gates"] if gate["required"] and gate["status"] == "failed"]
    says = f"{verdict['standing']['portfolio']}." + (f" Failed: {', '.join(failed)}." if failed else "")
    return str(told["level"]), says


def _of_leaktest(heard: Heard) -> tuple[str, str]:
    leaks: Sequence[Mapping[str, Any]] = json.loads(heard.stdout)["leaks"]
    found = [leak for leak in leaks if leak["severity"] == "leak"]
    if not found:
        return "no leak", "No column looks into the future."
    first = found[0]
    return "leak", f"Column '{first['column']}' looks into the future: {first['evidence'].partition(';')[0]}."
