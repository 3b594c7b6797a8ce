"""A run whose bars come from elsewhere, and what its manifest says about where from."""

from pathlib import Path

import duckdb

from components.data.bundled import Bundled
from components.data.sql import Sql
from harness import Assay, Run

EXPERIMENT = """
# @package _global_
defaults:
  - override /data: http
  - override /model: ridge
data:
  url: http://127.0.0.1:1/{symbol}  # nobody listens there
  symbols: [sp500]
  start: "1999-01-01"
  end: "2019-01-01"
  retries: 0
  fallback:
    _target_: components.data.sql.Sql
"""


def test_a_fallback_is_noted_on_the_terminal_and_in_the_manifest(assay: Assay, tmp_path: Path) -> None:
    bars = Bundled(**(dict(Bundled.examples()[0]) | {"dataset": "sp500"})).load().to_frame()
    with duckdb.connect(tmp_path / "bars.duckdb") as connection:
        connection.register("frame", bars)
        connection.execute("CREATE TABLE bars AS SELECT * FROM frame")
    settings = dict(Sql.examples()[0]) | {"time_column": "timestamp"}
    lines = "".join(f"    {name}: {'null' if value is None else value}\n" for name, value in settings.items())
    experiment = tmp_path / "conf" / "experiment" / "remote.yaml"
    experiment.parent.mkdir(parents=True)
    experiment.write_text(EXPERIMENT.lstrip() + lines)
    process = assay("+experiment=remote", "debug=fast", "tracking=none")
    assert process.returncode == 0, process.stdout + process.stderr
    notice = (
        "data: the fallback stood in (bars from the DuckDB source bars.duckdb; adjustment raw, survivorship unknown): "
        "http://127.0.0.1:1/sp500: no usable answer in 1 tries: [Errno 111] Connection refused; try again later"
    )
    assert notice in " ".join(process.stdout.split())
    manifest = Run((tmp_path / "outputs" / "latest").resolve()).json("manifest")
    assert notice in manifest["notices"]
