"""What the verdict costs: processor seconds of a run's computation, of its stress backtests and of its gates.

    python tests/benchmarks/gates.py [experiment ...]

Prints one JSON line per experiment, computed with an empty store on one thread; `share` is stress and gates over the
computation, without imports, pictures and report.
"""

import io
import json
import sys
import tempfile
import time
from pathlib import Path

from runner.composition.configure import configure
from runner.compute import pipeline
from runner.compute.stage import Given
from runner.console import Console
from runner.judging.evidence import complete, gather
from runner.judging.tries import alone
from runner.specification.places import Places

EXPERIMENTS = ("sp500_volatility", "sp500_direction", "us20_momentum", "nasdaq_technical")


def measure(name: str, folder: Path) -> dict[str, object]:
    experiment, _ = configure([f"+experiment={name}", "resources.threads=1"])
    cache = pipeline.open_cache(Places(outputs=folder), Console(io.StringIO()))
    began = time.process_time()
    prepared = pipeline.prepare(experiment, cache)
    executed = pipeline.execute(experiment, prepared, cache)
    gathered = gather(experiment, prepared, executed, cache)
    evidence = gathered.evidence.value
    computed = time.process_time()
    tries = Given(key="alone", value=alone(evidence))
    evidence = complete(gathered, experiment, prepared, executed, cache, tries).value
    completed = time.process_time()
    seconds = {}
    for gate_name, gate in experiment.gates.checks.items():
        start = time.process_time()
        gate.judge(evidence)
        seconds[gate_name] = round(time.process_time() - start, 4)
    return {
        "experiment": name,
        "computation_s": round(computed - began, 3),
        "evidence_s": round(completed - computed, 3),
        "gates_s": round(sum(seconds.values()), 3),
        "share": round((completed - computed + sum(seconds.values())) / (computed - began), 3),
        "slowest": dict(sorted(seconds.items(), key=lambda item: -item[1])[:3]),
    }


def main() -> None:
    for name in sys.argv[1:] or EXPERIMENTS:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(measure(name, Path(folder))))


if __name__ == "__main__":
    main()
