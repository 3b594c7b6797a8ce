"""Time of a day's new bars beside that of computing all of them, written to the store in both cases.

Run: python tests/benchmarks/append.py [SYMBOLS [THREADS]]; prints one JSON line per figure. speedup: how many
times faster than computing everything; bar: the least that is asked for; equal: the tables have the same bits.
"""

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml

from components.expressions import evaluate, parse
from components.panel import Panel
from runner.storage.incremental import load_features
from runner.storage.store import Store

ALPHA = Path(__file__).parents[2] / "conf" / "features" / "alpha158.yaml"
DAYS = {1_260: 10.0, 5_040: 25.0}


def market(symbols: int, days: int) -> Panel:
    rng = np.random.default_rng(0)
    shape = (symbols, days)
    close = 50 * np.exp(np.cumsum(rng.standard_t(5, shape) * 0.012, axis=1))
    open_ = close * np.exp(rng.normal(0, 0.005, shape))
    high = np.maximum(open_, close) * np.exp(abs(rng.normal(0, 0.006, shape)))
    low = np.minimum(open_, close) * np.exp(-abs(rng.normal(0, 0.006, shape)))
    volume = 1e6 * np.exp(0.4 * rng.normal(size=shape))
    fields = {"open": open_, "high": high, "low": low, "close": close, "volume": volume, "vwap": (high + low) / 2}
    return Panel(
        symbols=tuple(f"S{s:05}" for s in range(symbols)),
        offsets=np.arange(symbols + 1) * days,
        timestamps_R=np.tile(np.datetime64("2000-01-01", "us") + np.arange(days) * np.timedelta64(1, "D"), symbols),
        fields={name: np.round(values, 2).ravel() for name, values in fields.items()},
    )


def alpha158():
    alpha = yaml.safe_load(ALPHA.read_text())
    let = {name: str(text) for name, text in alpha["definitions"].items()}
    return {
        name.format(w=w): parse(text.format(w=w), let=let)
        for name, text in alpha["expressions"].items()
        for w in (alpha["windows"] if "{w}" in name else [0])
    }


def timed(work):
    started = time.perf_counter()
    result = work()
    return time.perf_counter() - started, result


def report(name: str, **figures) -> None:
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}
    print(json.dumps({"name": name, **rounded}), flush=True)


def measure(symbols: int, days: int, bar: float, threads: int) -> None:
    nodes, panel = alpha158(), market(symbols, days)
    size = f"{len(nodes)} features, {symbols} symbols x {days} days"
    yesterday = panel.before(panel.dates_T[-1])
    settings = {"place": "features-benchmark", "threads": threads}
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        all_s, _ = timed(lambda: load_features(nodes, yesterday, store=store, **settings))
        report(f"everything computed and written: {size}", seconds=all_s)
        new_s, (_, computed) = timed(lambda: load_features(nodes, panel, store=store, **settings))
        assert computed == len(nodes) * symbols
        speedup = all_s / new_s
        report("one day appended, written", seconds=new_s, speedup=speedup, bar=bar, ok=speedup >= bar)
        read_s, (values_FR, computed) = timed(lambda: load_features(nodes, panel, store=store, **settings))
        equal = computed == 0 and values_FR.tobytes() == evaluate(nodes, panel, threads=threads).tobytes()
        report("the whole table verified and read back", seconds=read_s, equal=equal)


def main() -> None:
    symbols = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    small = market(2, 100)
    evaluate(alpha158(), small)  # compiles the kernels
    for days, bar in DAYS.items():
        measure(symbols, days, bar, threads)


if __name__ == "__main__":
    main()
