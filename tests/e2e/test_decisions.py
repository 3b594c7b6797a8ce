"""Several paths and relaxed constraints, from the command line to terminal, run folder and report."""

import json
from pathlib import Path

import pandas as pd

from harness import ended


def folder_of(where: Path, experiment: str) -> Path:
    (found,) = (where / "outputs" / "runs" / experiment).iterdir()
    return found


def test_a_combinatorial_split_comes_to_a_verdict(tmp_path: Path) -> None:
    split = ("split=combinatorial_purged", "split.n_groups=4", "debug=fast", "debug.max_folds=null")
    done = ended(tmp_path, "+experiment=sp500_volatility", "model=ridge", "tracking=none", *split)
    assert done.returncode == 0, done.stderr
    run = folder_of(tmp_path, "sp500_volatility")
    manifest = json.loads((run / "manifest.json").read_text())
    assert manifest["state"] == "finished"
    assert len(manifest["paths"]["sharpe"]) == 3
    told = [json.loads(line)["event"] for line in (run / "events.jsonl").read_text().splitlines()]
    assert (told[0], told[-1], told.count("verdict")) == ("started", "finished", 1)
    assert told.count("stage_begun") == told.count("stage_ended") > 5
    assert json.loads((run / "gates.json").read_text())["gates"]
    told = f"Every time was tested on 3 paths. Judged is path {manifest['paths']['judged']}"
    assert told in " ".join(done.stdout.split())
    assert told in (run / "report.html").read_text()


def test_constraints_that_gave_way_are_told(tmp_path: Path) -> None:
    bounds = ("constraints=bounds", "constraints.min_gross=0.9", "constraints.max_weight=0.15")
    done = ended(tmp_path, "+experiment=us20_momentum", "debug=fast", "model=ridge", "tracking=none", *bounds)
    assert done.returncode == 0, done.stderr
    run = folder_of(tmp_path, "us20_momentum")
    table = pd.read_parquet(run / "constraints.parquet")
    assert list(table.columns) == ["path", "timestamp", "constraint", "asked", "reached"]
    found = json.loads((run / "manifest.json").read_text())["constraints"]
    assert found["relaxed"]["min_gross"]["decisions"] == len(table) > 0
    told = f"constraints could not be met and were relaxed: min_gross 0.9 at {len(table)}"
    assert told in " ".join(done.stdout.split())
    assert told in (run / "report.html").read_text()
