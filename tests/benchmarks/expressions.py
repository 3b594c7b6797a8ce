"""Time and memory of the expression engine beside other ways to the same columns.

Run: python tests/benchmarks/expressions.py [SYMBOLS [THREADS]] [--numba SCRIPT] [--polars SCRIPT]
[--polars-python PYTHON] [--large]; prints one JSON line per figure. baseline: what the value is compared with;
ratio: value / baseline; bar: the greatest ratio allowed; ok: the ratio is below it.

SCRIPT computes Alpha158 from a parquet file (symbol, date, open, high, low, close, vwap, volume): it is called with
the file, the number of threads, for polars the word over, and the number of repeats, and prints a JSON line with
wall_s for each; it and the engine take turns, so that both meet the same load. --large needs 4 GB of memory and of
disk.
"""

import argparse
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import yaml

from components.expressions import evaluate, parse
from components.panel import Panel

DAYS = 1_260
WINDOWS = (5, 10, 20, 30, 60)
ALPHA = Path(__file__).parents[2] / "conf" / "features" / "alpha158.yaml"
# expression with {w} -> the same in pandas on one symbol's columns
ROLLING = {
    "mean(close, {w})": lambda f, w: f["close"].rolling(w).mean(),
    "std(close, {w})": lambda f, w: f["close"].rolling(w).std(),
    "max(high, {w})": lambda f, w: f["high"].rolling(w).max(),
    "quantile(close, {w}, 0.8)": lambda f, w: f["close"].rolling(w).quantile(0.8),
    "rank(close, {w})": lambda f, w: f["close"].rolling(w).rank(pct=True),
    "corr(close, volume, {w})": lambda f, w: f["close"].rolling(w).corr(f["volume"]),
}
FIRST_USE = """
from components.expressions import OPERATORS, Call, Field, Number, evaluate
from components.panel import Panel
import numpy as np
fields = {name: np.ones(9) for name in ("x", "y", "c", "group")}
days = np.datetime64("2020-01-01") + np.arange(9)
panel = Panel(symbols=("A",), offsets=np.array([0, 9]), timestamps_R=days, fields=fields)
nodes = {}
for name in NAMES or list(OPERATORS):
    operator = OPERATORS[name]
    constants = [Number(constant.default or min(constant.high, 5.0)) for constant in operator.constants]
    nodes[name] = Call(name, (*map(Field, operator.series), *constants))
evaluate(nodes, panel)
"""
SMALL_SET = ["ref", "delta", "mean", "std", "sum", "min", "max", "log", "slope", "ema", "corr"]


def market(symbols: int, days: int = DAYS) -> Panel:
    rng = np.random.default_rng(0)
    shape = (symbols, days)
    close = 50 * np.exp(np.cumsum(rng.standard_t(5, shape) * 0.012, axis=1))
    open_ = close * np.exp(rng.normal(0, 0.005, shape))
    high = np.maximum(open_, close) * np.exp(abs(rng.normal(0, 0.006, shape)))
    low = np.minimum(open_, close) * np.exp(-abs(rng.normal(0, 0.006, shape)))
    volume = np.round(1e6 * np.exp(0.4 * rng.normal(size=shape)))
    fields = {
        "open": open_,
        "high": high,
        "low": low,
        "close": close,
        "volume": volume,
        "vwap": (high + low + close) / 3,
    }
    return Panel(
        symbols=tuple(f"S{s:05}" for s in range(symbols)),
        offsets=np.arange(symbols + 1) * days,
        timestamps_R=np.tile(np.datetime64("2005-01-01") + np.arange(days), symbols),
        # Rounded to cents and held in 32 bits, as they are traded and stored.
        fields={name: np.round(values, 2).ravel().astype(np.float32) for name, values in fields.items()},
    )


def alpha158():
    alpha = yaml.safe_load(ALPHA.read_text())
    let = {name: str(text) for name, text in alpha["definitions"].items()}
    return {
        name.format(w=w): parse(text.format(w=w), let=let)
        for name, text in alpha["expressions"].items()
        for w in (alpha["windows"] if "{w}" in name else [0])
    }


def seconds(work, repeats=1):
    """The least time of several."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def first_use(names, cache):
    """Seconds of a fresh process that evaluates the operators (all if none), start and imports included."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(Path(cache) / "kernels")}
    script = FIRST_USE.replace("NAMES", repr(names))
    return seconds(lambda: subprocess.run([sys.executable, "-c", script], env=environment, check=True))


def report(name, value, baseline, bar, unit="s"):
    ratio = value / baseline
    figures = {"value": round(value, 4), "unit": unit, "baseline": round(baseline, 4), "ratio": round(ratio, 5)}
    print(json.dumps({"name": name, **figures, "bar": bar, "ok": ratio <= bar}), flush=True)


def pandas_loop(panel):
    """Seconds per column of the rolling functions, symbol by symbol."""
    frames = [group for _, group in panel.to_frame().groupby("symbol", sort=False)]
    columns = [(f, w) for f in ROLLING.values() for w in WINDOWS]
    return seconds(lambda: [f(frame, w) for frame in frames for f, w in columns]) / len(columns)


def engine(panel, nodes, threads, repeats=3):
    """Least seconds of the engine, into memory that is there already."""
    out = np.empty((len(nodes), panel.n_rows), np.float32)
    return seconds(lambda: evaluate(nodes, panel, threads=threads, out=out), repeats)


def peer(panel, command, folder):
    """Least seconds of another program, of three turns with the engine's, and those of the engine."""
    path = write(panel, Path(folder) / "panel.parquet")
    script, threads = [str(path) if part == "PANEL" else part for part in command], int(command[3])
    ours, theirs = [], []
    for _ in range(3):
        environment = {**os.environ, "PERF_TMP": folder}
        done = subprocess.run(script, env=environment, capture_output=True, text=True, check=True, timeout=120)
        theirs += [json.loads(line)["wall_s"] for line in done.stdout.splitlines() if "wall_s" in line]
        ours.append(engine(panel, alpha158(), threads))
    return min(ours), min(theirs)


def write(panel, path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    symbols = pa.DictionaryArray.from_arrays(panel.symbol_codes_R, pa.array(panel.symbols))
    fields = {name: values.astype(np.float32) for name, values in panel.fields.items()}
    pq.write_table(pa.table({"symbol": symbols, "date": panel.timestamps_R.astype("M8[ns]"), **fields}), path)
    return path


def large(folder, threads):
    """Rows, seconds and the greatest memory, in bytes, of Alpha158 on 1000 symbols x 5040 days, written to a file in
    the folder if there is one; in a process of its own."""
    panel, nodes = market(1_000, 5_040), alpha158()
    shape, chunk_rows = (len(nodes), panel.n_rows), None
    if folder:
        chunk_rows = 500_000
        out = np.memmap(Path(folder) / "values", np.float32, "w+", shape=shape)
    else:
        out = np.empty(shape, np.float32)
    started = time.process_time()
    evaluate(nodes, panel, threads=threads, out=out, chunk_rows=chunk_rows)
    first = time.process_time() - started
    if not folder:
        started = time.process_time()
        evaluate(nodes, panel, threads=threads, out=out)
        first = min(first, time.process_time() - started)
    return panel.n_rows, first, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def large_figures(threads, folder):
    """Time per row beside the small panel's, both in seconds of processor time; memory beside input and output."""
    panel, nodes = market(500), alpha158()
    out = np.empty((len(nodes), panel.n_rows), np.float32)
    times = []
    for _ in range(3):
        started = time.process_time()
        evaluate(nodes, panel, threads=threads, out=out)
        times.append(time.process_time() - started)
    del out
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        rows, used, memory = pool.submit(large, "", threads).result()
    report("alpha158: time per row, 5 M rows", used / rows * 1e9, min(times) / panel.n_rows * 1e9, 1.5, "ns")
    needed = rows * (4 * len(nodes) + 8 * len(panel.fields))
    report("alpha158: memory, 5 M rows", memory / 1e9, needed / 1e9, 1.5, "GB")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        _, _, memory = pool.submit(large, folder, threads).result()
    report("alpha158: memory, 5 M rows, into a file", memory / 1e9, 2.0, 1.0, "GB")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("symbols", type=int, nargs="?", default=500)
    parser.add_argument("threads", type=int, nargs="?", default=0)
    parser.add_argument("--numba")
    parser.add_argument("--polars")
    parser.add_argument("--polars-python", default=sys.executable)
    parser.add_argument("--large", action="store_true")
    return parser.parse_args()


def main():
    given = arguments()
    panel, sample = market(given.symbols), market(10)
    baseline = pandas_loop(sample) / 10 * given.symbols
    size = f"{given.symbols} symbols x {DAYS} days"

    rolling = {text.format(w=w): parse(text.format(w=w)) for text in ROLLING for w in WINDOWS}
    for name, nodes, bar in (("rolling", rolling, 0.1), ("alpha158", alpha158(), 0.05)):
        value = engine(panel, nodes, given.threads, repeats=5)
        report(f"{name}: {len(nodes)} columns, {size}, beside pandas", value, baseline * len(nodes), bar)

    with tempfile.TemporaryDirectory() as folder:
        threads = str(given.threads or len(os.sched_getaffinity(0)))
        peers = (
            ("numba", 2.0, given.numba, [sys.executable, given.numba, "PANEL", threads, "4"]),
            ("polars", 1 / 6, given.polars, [given.polars_python, given.polars, "PANEL", threads, "over", "3"]),
        )
        for name, bar, script, command in peers:
            if script is None:
                continue
            try:
                report(f"alpha158: {size}, beside {name}", *peer(panel, command, folder), bar)
            except subprocess.TimeoutExpired as error:
                print(json.dumps({"name": f"alpha158: {size}, beside {name}", "skipped": str(error.timeout) + " s"}))
        if given.large:
            large_figures(given.threads, folder)
        report("first use of a small set", first_use(SMALL_SET, folder), 6.0, 1.0)
        report("first use of every operator", first_use([], folder), 20.0, 1.0)
        report("use of every operator from the cache", first_use([], folder), 1.0, 1.0)


if __name__ == "__main__":
    main()
