"""How long reading a million bars through DuckDB takes: `python tests/benchmarks/sql.py`, a few seconds.

Prints one JSON line a figure.
"""

import json
import tempfile
import time
from pathlib import Path

import duckdb
import pandas  # noqa: F401  importing it is no part of reading
import pyarrow.compute  # noqa: F401

from components.data.sql import Sql

BARS = """
    SELECT 'S' || lpad((i // 2000)::VARCHAR, 3, '0') AS symbol, DATE '2000-01-01' + (i % 2000)::INTEGER AS date,
           10 + random() AS open, 12 + random() AS high, 8 + random() AS low, 10 + random() AS close, 100 AS volume
    FROM range(1_000_000) AS rows (i)"""


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        database, parquet = Path(name) / "bars.duckdb", Path(name) / "bars.parquet"
        with duckdb.connect(database) as connection:
            connection.execute(f"CREATE TABLE bars AS {BARS}")
            connection.execute(f"COPY bars TO '{parquet}'")
        for place in ({"database": str(database), "table": "bars"}, {"database": None, "table": str(parquet)}):
            for incremental in (False, True, True):
                changes = {"incremental": incremental, "cache_folder": name}
                start = time.perf_counter()
                panel = Sql(**(dict(Sql.examples()[0]) | place | changes)).load()
                seconds = time.perf_counter() - start
                what = f"{Path(place['table'] or '').name}{', incremental' if incremental else ''}"
                line = {"name": f"{panel.n_rows:,} bars of {what}", "value": round(seconds, 3), "unit": "s"}
                print(json.dumps(line))


if __name__ == "__main__":
    main()
