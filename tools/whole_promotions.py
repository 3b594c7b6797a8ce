"""The same question as tools/false_promotions.py, asked of the whole product: leaks, bundle, vault and promotion too.

    python tools/whole_promotions.py [--users 30] [--workers 1]

Every person writes a table of twenty years of one market with four columns of signals, sweeps over them with
`python -m runner -m`, and promotes the one with the best backtest with `python -m runner promote`, each in a folder
with a ledger of their own. Adds its cells to experiments/false_promotions/results.json.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from components.values import Float
from false_promotions import RESULTS
from worlds import CARRIERS_SHARE, autoregressive, knowing, mixed, strength, volatility

TRIES, BARS, VAULT = 4, 5040, 504
ASKED = ("+experiment=mine", "features=s0,s1,s2,s3", "tracking=none")
EXPERIMENT = f"""# @package _global_
defaults:
  - override /data: files
  - override /features: s0
  - override /target: forward_return
  - override /model: ridge
  - override /baselines: naive
  - override /portfolio: return_sign
  - override /gates: strict
data:
  path: market.csv
target:
  horizon_bars: 1
  cross_sectional: none
portfolio:
  short_exposure: 1.0
split:
  vault_start: last {VAULT} bars
"""


@dataclass(frozen=True, kw_only=True)
class Whole:
    """sharpe: that one of the four signals is worth in truth, net of the costs of the studies; 0: none is."""

    name: str
    sharpe: float


CELLS = (Whole(name="nothing is real", sharpe=0.0), Whole(name="Sharpe 2, one of 4", sharpe=2.0))


def market(cell: Whole, seed: int) -> tuple[Float, Float]:
    """(T,) close and (T, K) signals, of which the first may know something of the return after the next."""
    rng = np.random.default_rng([seed, 11])
    volatility_T, shock_T = volatility(BARS, rng)
    true_T, signal_TK = autoregressive((BARS, 1), rng)[:, 0], autoregressive((BARS, TRIES), rng)
    if cell.sharpe:
        signal_TK[:, 0] = mixed(true_T, signal_TK[:, :1], CARRIERS_SHARE)[:, 0]
    returns_T = knowing(volatility_T, shock_T, np.concatenate([[0.0], true_T[:-1]]), strength(cell.sharpe))
    return 100 * np.cumprod(1 + returns_T), signal_TK


def written(folder: Path, close_T: Float, signal_TK: Float) -> None:
    days = np.arange("2000-01-03", "2030-01-01", dtype="datetime64[D]")
    days = days[np.is_busday(days)][: len(close_T)]
    header = ",".join(["date", "close", *(f"s{k}" for k in range(TRIES))])
    rows = (f"{d},{c:.8f}," + ",".join(f"{x:.6f}" for x in s) for d, c, s in zip(days, close_T, signal_TK, strict=True))
    (folder / "market.csv").write_text("\n".join([header, *rows]) + "\n")
    for slot in ("experiment", "features"):
        (folder / "conf" / slot).mkdir(parents=True)
    (folder / "conf" / "experiment" / "mine.yaml").write_text(EXPERIMENT)
    for k in range(TRIES):
        text = "_target_: components.features.expressions.ExpressionFeatures\ndefinitions: {}\nwindows: []\n"
        (folder / "conf" / "features" / f"s{k}.yaml").write_text(f"{text}expressions:\n  signal: s{k}\n")


def person(cell: Whole, seed: int) -> dict[str, Any]:
    """What became of the best of one sweep."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        written(folder, *market(cell, seed))
        environment = {**os.environ, "ASSAY_LEDGER": str(folder / "ledger.sqlite")}

        def assay(*arguments: str) -> subprocess.CompletedProcess[str]:
            return subprocess.run(
                [sys.executable, "-m", "runner", *arguments],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
            )

        swept = assay("-m", *ASKED)
        jobs = [json.loads(path.read_text()) for path in sorted(folder.glob("outputs/sweeps/*/jobs/*.json"))]
        runs = [folder / job["run_folder"] for job in jobs if job["run_folder"]]
        if len(runs) < TRIES:
            raise SystemExit(f"{cell.name}, {seed}: {swept.stdout}\n{swept.stderr}")
        ratios = [json.loads((run / "metrics.json").read_text())["backtest/sharpe"] or -np.inf for run in runs]
        best = runs[int(np.argmax(ratios))]
        promotion = assay("promote", str(best))
        promoted = bool(list(folder.glob("outputs/registry/*/1")))
        gates = json.loads(max(best.glob("gates*.json"), key=lambda path: path.stat().st_mtime).read_text())["gates"]
        failed = [gate["name"] for gate in gates if gate["required"] and gate["status"] == "failed"]
        return {"promoted": promoted, "rejected_by": failed, "code": promotion.returncode, "sharpe": max(ratios)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=30)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    found = []
    for cell in CELLS:
        with ThreadPoolExecutor(options.workers) as pool:
            outcomes = list(pool.map(partial(person, cell), range(options.users)))
        promoted = sum(one["promoted"] for one in outcomes)
        refused_late = sum(one["code"] != 0 and not one["rejected_by"] for one in outcomes)
        found.append({**asdict(cell), "users": len(outcomes), "promoted": promoted, "refused_by_vault": refused_late})
        print(json.dumps([found[-1], *outcomes]), flush=True)
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    RESULTS.write_text(json.dumps({**results, "whole": found}, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
