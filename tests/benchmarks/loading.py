"""How long loading and checking bars takes: one JSON line a case.

python tests/benchmarks/loading.py [--rows 1000000] [--symbols 400] [--folder DIR]
"""

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from components.data.files import Files
from components.quality.standard import StandardPolicy

PARAMETERS = Files.examples()[0]


def write(folder: Path, rows: int, symbols: int) -> list[Path]:
    rng = np.random.default_rng(0)
    days = rows // symbols
    dates = np.busday_offset("1990-01-01", np.arange(days), roll="forward").astype("datetime64[us]")
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, (symbols, days)), axis=1)).ravel()
    spread = 1 + rng.uniform(0, 0.01, (2, len(close)))
    table = pd.DataFrame(
        {
            "symbol": np.repeat([f"S{s:05d}" for s in range(symbols)], days),
            "timestamp": np.tile(dates, symbols),
            "open": close,
            "high": close * spread[0],
            "low": close / spread[1],
            "close": close,
            "volume": rng.integers(1_000, 1_000_000, len(close)).astype(float),
        }
    )
    table.to_parquet(folder / "bars.parquet")
    table.to_csv(folder / "bars.csv", index=False, float_format="%.4f")
    return [folder / "bars.parquet", folder / "bars.csv"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--symbols", type=int, default=400)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    policy = StandardPolicy(**StandardPolicy.examples()[0])
    with tempfile.TemporaryDirectory() as temporary:
        for path in write(options.folder or Path(temporary), options.rows, options.symbols):
            start = time.perf_counter()
            bars = Files(**{**PARAMETERS, "path": str(path)}).bars()
            read = time.perf_counter()
            _, findings = policy.inspect(bars)
            checked = time.perf_counter()
            line = {
                "benchmark": f"load {path.suffix[1:]}",
                "rows": bars.n_rows,
                "file_mb": round(path.stat().st_size / 1e6, 1),
                "read_seconds": round(read - start, 3),
                "check_seconds": round(checked - read, 3),
                "findings": len(findings),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
            }
            print(json.dumps(line))


if __name__ == "__main__":
    main()
