"""Time of the expression engine beside pandas on the same columns, and of its first use.

Run: python tests/benchmarks/expressions.py [SYMBOLS [THREADS]]; prints one JSON line per figure. baseline:
seconds of the slower way; ratio: value / baseline; bar: the greatest ratio allowed; ok: the ratio is below it.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import yaml

from components.expressions import evaluate, parse
from components.panel import Panel

DAYS = 1_260
WINDOWS = (5, 10, 20, 30, 60)
ALPHA = Path(__file__).parents[1] / "oracles" / "alpha158.yaml"
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
fields = {name: np.ones(9) for name in "xyc"}
days = np.datetime64("2020-01-01") + np.arange(9)
panel = Panel(symbols=("A",), offsets=np.array([0, 9]), timestamps_R=days, fields=fields)
nodes = {}
for name in NAMES or list(OPERATORS):
    operator = OPERATORS[name]
    constants = [Number(min(constant.high, 5.0)) for constant in operator.constants]
    nodes[name] = Call(name, (*map(Field, operator.series), *constants))
evaluate(nodes, panel)
"""
SMALL_SET = ["ref", "delta", "mean", "std", "sum", "min", "max", "log", "slope", "ema", "corr"]


def market(symbols: int) -> Panel:
    rng = np.random.default_rng(0)
    shape = (symbols, DAYS)
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
        offsets=np.arange(symbols + 1) * DAYS,
        timestamps_R=np.tile(np.datetime64("2015-01-01") + np.arange(DAYS), symbols),
        fields={name: np.round(values, 2).ravel() for name, values in fields.items()},
    )


def alpha158():
    alpha = yaml.safe_load(ALPHA.read_text())
    let = {name: str(text) for name, text in alpha["let"].items()}
    return {
        name.format(w=w): parse(text.format(w=w), let=let)
        for name, text in alpha["features"].items()
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
    environment = {**os.environ, "XDG_CACHE_HOME": cache}
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


def main():
    symbols = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    threads = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    panel, sample = market(symbols), market(10)
    baseline = pandas_loop(sample) / 10 * symbols
    size = f"{symbols} symbols x {DAYS} days"

    rolling = {text.format(w=w): parse(text.format(w=w)) for text in ROLLING for w in WINDOWS}
    for name, nodes, bar in (("rolling", rolling, 0.1), ("alpha158", alpha158(), 0.05)):
        out = np.empty((len(nodes), panel.n_rows), np.float32)
        value = seconds(lambda n=nodes, o=out: evaluate(n, panel, threads=threads, out=o), repeats=5)
        report(f"{name}: {len(nodes)} columns, {size}", value, baseline * len(nodes), bar)

    with tempfile.TemporaryDirectory() as cache:
        report("first use of a small set", first_use(SMALL_SET, cache), 6.0, 1.0)
        report("first use of every operator", first_use([], cache), 20.0, 1.0)
        report("use of every operator from the cache", first_use([], cache), 1.0, 1.0)


if __name__ == "__main__":
    main()
