"""What docs/scaling.md says of time, memory and disk: what each launcher costs, and a trial by the number of its rows.

Launchers: one worker runs TRIALS ridge trials; `begins_s` is from the command to the first trial, `between_ms` the
median from the end of a trial to the next one's beginning. Both are read off the journal; load: of the machine.
Trials: daily bars of SYMBOLS symbols over 20 years, LightGBM on the features of momentum, one trial after another that
has filled the store; processor seconds, peak memory and the bytes that are new in the store.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

TRIALS = 8
SYMBOLS = (10, 20)
BARS = 5040
RIDGE = (
    *("+experiment=sp500_volatility", "debug=fast", "tracking=none", "model=ridge", "sweep.search=random"),
    *("model.penalty=tag(log,interval(0.01,1000))", f"sweep.trials={TRIALS}"),
)
LAUNCHERS: Mapping[str, tuple[str, ...]] = {
    "none": (),
    "joblib": ("hydra/launcher=joblib",),
    "submitit_local": ("hydra/launcher=submitit_local",),
    "ray": ("hydra/launcher=ray",),
}
MARKET = (
    *(
        "-m",
        "+experiment=us20_momentum",
        "data=files",
        "data.path=bars.parquet",
        "data.symbol_column=symbol",
        "split.vault_start=null",
    ),
    *("tracking=none", "resources.threads=1", "sweep.judged=0"),
)


def main() -> None:
    for symbols in SYMBOLS:
        print(json.dumps({"name": f"{symbols} symbols", **trials(symbols)}), flush=True)
    for name, overrides in LAUNCHERS.items():
        print(json.dumps({"name": f"launcher {name}", **launched(overrides), "load": os.getloadavg()[0]}), flush=True)


def launched(overrides: tuple[str, ...]) -> dict[str, float]:
    """Of a sweep with one worker."""
    with tempfile.TemporaryDirectory() as name:
        folder, began = Path(name), time.time()
        run(folder, "-m", *RIDGE, *overrides)
        (journal,) = folder.glob("outputs/sweeps/*/study.jsonl")
        lines = [json.loads(line) for line in journal.read_text().splitlines()]
    takes = [before["at"] for before, line in pairwise(lines) if "asked" in line]
    seconds = [line["seconds"] for line in lines if "told" in line]
    gaps = [after - before - took for before, after, took in zip(takes, takes[1:], seconds, strict=False)]
    return {"begins_s": round(takes[0] - began, 2), "between_ms": round(1000 * statistics.median(gaps[1:]), 1)}


def trials(symbols: int) -> dict[str, float]:
    """Of the first and of the second trial on one panel."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bars(symbols).to_parquet(folder / "bars.parquet")
        first = measured(folder, "model.num_leaves=31")
        second = measured(folder, "model.num_leaves=20")
    named = {"first": first, "next": second}
    figures = {f"{when}_{name}": value for when, found in named.items() for name, value in found.items()}
    return {"rows": symbols * BARS, **figures}


def measured(folder: Path, *overrides: str) -> dict[str, float]:
    before = size(folder / "outputs" / "store")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    memory = run(folder, *MARKET, *overrides)
    now = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = now.ru_utime + now.ru_stime - used.ru_utime - used.ru_stime
    grown = size(folder / "outputs" / "store") - before
    return {"processor_s": round(seconds, 1), "memory_mb": round(memory, 0), "store_mb": round(grown / 1e6, 1)}


def run(folder: Path, *arguments: str) -> float:
    """Peak memory of the command in megabytes."""
    given = {**os.environ, "ASSAY_LEDGER": str(folder / "ledger.sqlite")}
    with (folder / "talk").open("a") as talk:
        process = subprocess.Popen(
            [sys.executable, "-m", "runner", *arguments], cwd=folder, env=given, stdout=talk, stderr=talk
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, (folder / "talk").read_text()[-2000:]
    return used.ru_maxrss / 1024


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def bars(symbols: int) -> pd.DataFrame:
    """Random walks, open to volume."""

    def parts() -> Iterator[pd.DataFrame]:
        dates = pd.bdate_range("2001-01-01", periods=BARS)
        for number in range(symbols):
            rng = np.random.default_rng([7, number])
            close_T = 100 * np.exp(np.cumsum(0.02 * rng.standard_normal(BARS)))
            open_T = close_T * np.exp(0.005 * rng.standard_normal(BARS))
            high_T = np.maximum(open_T, close_T) * 1.005
            low_T = np.minimum(open_T, close_T) * 0.995
            columns: dict[str, Any] = {"date": dates, "symbol": f"S{number:04}", "open": open_T, "high": high_T}
            yield pd.DataFrame({**columns, "low": low_T, "close": close_T, "volume": rng.integers(1e5, 1e6, BARS)})

    return pd.concat(parts(), ignore_index=True)


if __name__ == "__main__":
    main()
