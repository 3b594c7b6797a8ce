"""How long judging 500 symbols x 1,260 days of forecasts takes, from two tables to a report; prints JSON.

python tests/benchmarks/judge.py [--symbols 500] [--days 1260]
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd


def write_tables(folder: Path, symbols: int, days: int) -> None:
    """bars.csv and forecasts.parquet of worthless forecasts, with a horizon beside the one that is judged."""
    rng = np.random.default_rng(0)
    dates = pd.bdate_range("2018-01-02", periods=days)
    names = np.repeat([f"S{number:03}" for number in range(symbols)], days)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.015, (symbols, days)), axis=1)).ravel()
    opening = close * np.exp(rng.normal(0, 0.004, len(close)))
    bars = {
        "symbol": names,
        "date": np.tile(dates, symbols),
        "open": opening,
        "high": np.maximum(opening, close) * 1.003,
        "low": np.minimum(opening, close) * 0.997,
        "close": close,
        "volume": rng.integers(1e5, 1e6, len(close)),
    }
    pd.DataFrame(bars).to_csv(folder / "bars.csv", index=False)
    made = {"symbol": names, "made_at": bars["date"], "horizon": 5, "mean": rng.normal(0, 0.01, len(close))}
    frame = pd.DataFrame(made)
    pd.concat([frame, frame.assign(horizon=10)]).to_parquet(folder / "forecasts.parquet", index=False)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--days", type=int, default=1260)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        write_tables(folder, options.symbols, options.days)
        command = [
            "judge",
            "forecasts.parquet",
            "--bars",
            "bars.csv",
            "target.horizon_bars=5",
            "tracking=none",
            "--json",
        ]
        environment = {**os.environ, "ASSAY_LEDGER": f"sqlite:///{folder / 'ledger.db'}"}
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "runner", *command], cwd=folder, env=environment, capture_output=True, text=True
        )
        seconds = time.perf_counter() - began
        if done.returncode:
            sys.stderr.write(done.stderr)
            return done.returncode
        manifest = json.loads((folder / json.loads(done.stdout)["folder"] / "manifest.json").read_text())
    stages = {stage["name"]: round(stage["seconds"], 2) for stage in manifest["stages"]}
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = {
        "symbols": options.symbols,
        "days": options.days,
        "seconds": round(seconds, 1),
        "processor_seconds": round(used.ru_utime + used.ru_stime, 1),
        "stages": stages,
    }
    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
