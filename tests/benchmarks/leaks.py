"""Share of a run's time that its leak tests take: cold runs of shipped experiments, from their own stage times.

Run: python tests/benchmarks/leaks.py [experiment ...]; prints one JSON line per experiment. share: seconds of the
stage `leak tests` over those of all stages and of the whole process; bar: the largest share allowed; ok: it is below.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BAR_SHARE = 0.15
EXPERIMENTS = ("sp500_volatility", "us20_momentum")


def measure(experiment: str) -> dict[str, object]:
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        subprocess.run(
            [sys.executable, "-m", "runner", f"+experiment={experiment}", "tracking=none"],
            cwd=folder,
            env={**os.environ, "ASSAY_LEDGER": str(Path(folder) / "ledger.sqlite")},
            capture_output=True,
            check=True,
        )
        whole = time.perf_counter() - started
        manifest = json.loads((Path(folder) / "outputs" / "latest" / "manifest.json").read_text())
    stages = {stage["name"]: stage["seconds"] for stage in manifest["stages"]}
    leaks, total = stages["leak tests"], sum(stages.values())
    share = leaks / total
    return {
        "name": f"leak tests of {experiment}",
        "share": round(share, 4),
        "bar": BAR_SHARE,
        "ok": share < BAR_SHARE,
        "seconds": {"leak tests": round(leaks, 3), "stages": round(total, 2), "process": round(whole, 2)},
    }


if __name__ == "__main__":
    for experiment in sys.argv[1:] or EXPERIMENTS:
        print(json.dumps(measure(experiment)), flush=True)
