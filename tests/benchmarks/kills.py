"""Sweeps killed at random moments and resumed: is the end the same as without?

    python tests/benchmarks/kills.py [--kills N] [--trials N]

Every search is left alone once and killed by SIGKILL N times, workers included, in folders of their own. Prints a JSON
line a search: whether the final table equals, how many trials that had ended ran again, were lost or overwritten.
Exit code 1 where anything differs.
"""

import argparse
import json
import sys
import tempfile
from importlib import import_module
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from kills import case, warm

CASES = [(name, 1) for name in ("tpe", "multivariate_tpe", "random", "nsga2", "qmc")]
CASES += [(name, 2) for name in ("random", "grid", "qmc")]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--trials", type=int, default=24)
    options = parser.parse_args()
    warm()
    import_module("runner.sweeps.sweep")  # before any fork, so that an edit meanwhile changes nothing
    found = []
    for seed, (search, workers) in enumerate(CASES):
        with tempfile.TemporaryDirectory() as place:
            one = case(Path(place), search, trials=options.trials, kills=options.kills, workers=workers, seed=seed)
        found.append(one)
        print(json.dumps({"name": search, **one}), flush=True)
    wrong = ("ran_twice", "lost", "shared_folders", "overwritten")
    return int(any(not one["same_table"] or any(one[name] for name in wrong) for one in found))


if __name__ == "__main__":
    sys.exit(main())
