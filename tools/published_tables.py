"""Published tables of market research, examined for leaks: `python tools/published_tables.py --data FOLDER`.

Writes experiments/published_tables/results.json: per table what each column was called, and the evidence. The tables
themselves are not part of this repository; SOURCES says where they were published.
"""

import argparse
import json
import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "src")]

from components.leaks.examination import examine_table  # noqa: E402
from components.leaks.layout import Table  # noqa: E402
from runner.leaks.table import load_table  # noqa: E402

PLACE = ROOT / "experiments" / "published_tables" / "results.json"
SOURCES = {
    "SAMBA, as published": (
        "samba_published_daily.parquet",
        "Price",
        "MdTanvir-Hasan/SAMBA @ 09b55ccb1c9b, Dataset/2025-08-26 (arXiv 2410.03707)",
    ),
    "SAMBA, rows put back into order": (
        "samba_repaired_daily.parquet",
        "Price",
        "the same, external columns reversed back and local ones computed from the past",
    ),
    "CNNpred": (
        "cnnpred_daily.parquet",
        "Close",
        "hoseinzadeehsan/CNNpred-Keras @ ed6d3a1167b5, Dataset/Processed_*.csv (Expert Systems with Applications 129)",
    ),
    "StockNet tweets, counted by day": (
        "tweets_2014_2016.parquet",
        "close",
        "yumoxu/stocknet-dataset @ 330708b5ddc3, tweet/preprocessed (ACL 2018); closes: dieperdev/yfinance-stock-data",
    ),
}


def tweets(folder: Path, name: str) -> Table:
    """Tweets and their words a day and symbol beside that day's close."""
    import pandas as pd

    texts = pd.read_parquet(folder / name)
    day = pd.to_datetime(texts["timestamp"]).dt.tz_localize(None).dt.normalize()
    daily = texts.assign(timestamp=day, words=texts["text"].str.count(" ") + 1).groupby(["symbol", "timestamp"])
    counted = daily["words"].agg(["size", "mean"]).set_axis(["tweets", "words"], axis=1).reset_index()
    closes = pd.read_parquet(folder / "us_large_cap_daily.parquet", columns=["symbol", "timestamp", "close"])
    closes["timestamp"] = pd.to_datetime(closes["timestamp"])
    both = closes[closes["symbol"].isin(set(counted["symbol"]))]
    both = both[both["timestamp"].between(day.min(), day.max())].merge(counted, how="left", on=["symbol", "timestamp"])
    both = both.sort_values(["symbol", "timestamp"])
    symbols, counts = np.unique(both["symbol"].to_numpy(dtype=object), return_counts=True)
    return Table(
        symbols=tuple(map(str, symbols)),
        offsets=np.concatenate([[0], np.cumsum(counts)]),
        times_R=both["timestamp"].to_numpy().astype("datetime64[us]"),
        columns={column: both[column].to_numpy(dtype=np.float64) for column in ("close", "tweets", "words")},
    )


def examined(folder: Path, name: str, target: str) -> dict[str, Any]:
    if name.startswith("tweets"):
        table = tweets(folder, name)
    else:
        table, _ = load_table(folder / name, time="timestamp", symbol="symbol", target=target)
    found = examine_table(table, target=target)
    return {
        "rows": found.n_rows,
        "symbols": found.n_symbols,
        "columns": len(found.examined),
        "verdicts": dict(Counter(leak.severity for leak in found.leaks)),
        "kinds": dict(Counter(leak.kind for leak in found.leaks if leak.severity == "leak").most_common()),
        "columns_blamed": {leak.column: [leak.severity, leak.kind, leak.evidence] for leak in found.leaks},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=os.environ.get("ASSAY_DATA"))
    options = parser.parse_args()
    if options.data is None:
        parser.error("--data: name the folder of the tables, or set ASSAY_DATA")
    found = {
        title: {"source": source, **examined(options.data, name, target)}
        for title, (name, target, source) in SOURCES.items()
        if (options.data / name).is_file()
    }
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    PLACE.write_text(json.dumps(found, indent=1) + "\n")
    for title, content in found.items():
        print(f"{title}: {content['columns']} columns, {content['verdicts'] or 'nothing'}", flush=True)


if __name__ == "__main__":
    main()
