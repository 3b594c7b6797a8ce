"""Time of `leaktest` and `deflate` on 10,000 rows x 80 columns, interpreter start and reading included.

Run: python tests/benchmarks/leaktest.py; prints one JSON line per figure, of the second of two runs: the first one
after an installation compiles kernels. bar: most seconds on the clock of an idle machine; ok: the value is below it.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROWS, COLUMNS = 10_000, 80
BAR_SECONDS = 8.0


def write_table(path: Path) -> None:
    rng = np.random.default_rng(0)
    returns = rng.normal(0, 0.01, (ROWS, COLUMNS))
    table = np.exp(np.cumsum(returns, axis=0))
    table[:, 1::2] = returns[:, 1::2]
    days = np.datetime64("1990-01-01") + np.arange(ROWS)
    header = "date," + ",".join(f"x{i}" for i in range(COLUMNS))
    rows = (f"{day}," + ",".join(f"{value:.8g}" for value in row) for day, row in zip(days, table, strict=True))
    path.write_text(header + "\n" + "\n".join(rows) + "\n")
    matrix = (",".join(f"{value:.8g}" for value in row) for row in returns)
    path.with_name("returns.csv").write_text(",".join(f"x{i}" for i in range(COLUMNS)) + "\n" + "\n".join(matrix))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        table, returns = Path(folder) / "table.csv", Path(folder) / "returns.csv"
        write_table(table)
        commands = {
            "leaktest": ["--table", table, "--time", "date", "--target", "x0"],
            "deflate": [returns, "--column", "x0", "--matrix", returns],
        }
        for name, arguments in commands.items():
            for _ in range(2):
                started = time.perf_counter()
                subprocess.run(
                    [sys.executable, "-m", "runner", name, *map(str, arguments)], capture_output=True, check=True
                )
                value = time.perf_counter() - started
            print(
                json.dumps(
                    {"name": name, "value": round(value, 2), "unit": "s", "bar": BAR_SECONDS, "ok": value < BAR_SECONDS}
                )
            )


if __name__ == "__main__":
    main()
