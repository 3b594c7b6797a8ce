"""What pruning saves and what it costs: a shipped search with and without it.

    python tests/benchmarks/pruning.py [--prune KIND] [--trials N] [--sweep NAME] [--experiment NAME] [OVERRIDE ...]

Both searches have the same seed and number of trials. Prints a JSON line: folds that were fitted, the share of them
that pruning left, the best valid figure of each and by how much the pruned one is worse.
"""

import argparse
import contextlib
import io
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from runner.sweeps.opened import opened_again
from runner.sweeps.sweep import sweep


def searched(options: argparse.Namespace, *more: str) -> dict[str, Any]:
    """Folds that were fitted, trials that were pruned, and the best."""
    named = (f"+experiment={options.experiment}", f"+sweep={options.sweep}", f"sweep.trials={options.trials}")
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        answer = sweep(
            [*named, "tracking=none", "sweep.judged=0", f"sweep.seed={options.seed}", *options.overrides, *more]
        )
    trials = opened_again(Path(answer.content["folder"])).study().refresh()
    return {
        "folds": sum(len(trial.scores) for trial in trials),
        "pruned": sum(trial.state == "pruned" for trial in trials),
        "best": max(trial.objectives[0] for trial in trials if trial.eligible),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--prune", default="wilcoxon")
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sweep", default="lightgbm")
    parser.add_argument("--experiment", default="sp500_volatility")
    parser.add_argument("overrides", nargs="*", metavar="OVERRIDE", help="of both searches")
    options = parser.parse_args()
    found: dict[str, Any] = {"name": options.prune, **vars(options)}
    for name, more in (("whole", ()), ("pruned", (f"sweep.prune={options.prune}",))):
        with tempfile.TemporaryDirectory() as place, contextlib.chdir(place):
            os.environ["ASSAY_LEDGER"] = str(Path(place) / "ledger.sqlite")
            found[name] = searched(options, *more)
    whole, pruned = found["whole"], found["pruned"]
    found["share"] = round(pruned["folds"] / whole["folds"], 4)
    found["worse"] = round((whole["best"] - pruned["best"]) / abs(whole["best"]), 4)
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
