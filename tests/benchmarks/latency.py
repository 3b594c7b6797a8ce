"""How long a bundle takes from a new bar to its forecast, features included: one JSON line a feature set.

python tests/benchmarks/latency.py [--symbols 500] [--bars 700] [--trees 200] [--leaves 64] [--repeats 7]

Random walks; boosted trees fitted on the five-bar return. one_us: one bar of one symbol; all_ms: a bar of every
symbol, forecasts and weights; model_us: the graph alone, one row; load_s: from the folder to the first forecast in
a Python that has imported the reader, compiled kernels in their cache; process_s: the same from nothing. processor:
the same in processor time, one thread, which other work on the machine lengthens less. Every figure is a median over
the repeats; the load averages before and after tell how quiet the machine was.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from components.contracts import LAST_LABEL
from components.expressions import evaluate, parse, reach, shift, to_text
from components.features.expressions import ExpressionFeatures
from components.loss.squared import Squared
from components.model.lightgbm import LightGBM
from components.panel import Panel
from components.values import Output, Outputs, Resources, Samples
from runner.bundle.reader import Bundle
from runner.bundle.recipe import Recipe
from runner.bundle.stream import Stream
from runner.bundle.writer import write_bundle

CONF = Path(__file__).parents[2] / "conf" / "features"
SETS = ("alpha158", "volatility")
DAY = np.timedelta64(1, "D")
RESOURCES = Resources(threads=0, workers=0, device="cpu", precision="float32")
LOADER = """
import json, sys, time
from pathlib import Path
import numpy as np
from components.panel import Panel
from runner.bundle.reader import Bundle
from runner.bundle.stream import Stream
saved = np.load(sys.argv[2])
fields = {name: saved[name] for name in saved.files if name != "timestamps"}
n = len(saved["timestamps"]) - 1
panel = Panel(symbols=("S000",), offsets=np.array([0, n]), timestamps_R=saved["timestamps"][:n],
              fields={name: values[:n] for name, values in fields.items()})
begin, cpu = time.perf_counter(), time.process_time()
stream = Stream.open(Bundle.open(Path(sys.argv[1])), panel)
forecast = stream.push("S000", saved["timestamps"][n], {name: float(values[n]) for name, values in fields.items()})
assert np.isfinite(forecast)
print(json.dumps([time.perf_counter() - begin, time.process_time() - cpu]))
"""


def make_panel(symbols: int, bars: int) -> Panel:
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, (symbols, bars)), axis=1))
    opened = close * np.exp(rng.normal(0, 0.003, close.shape))
    high, low = np.maximum(opened, close) * 1.002, np.minimum(opened, close) * 0.998
    volume = rng.integers(1_000, 1_000_000, close.shape).astype(float)
    fields = {"open": opened, "high": high, "low": low, "close": close, "volume": volume, "vwap": (high + low) / 2}
    return Panel(
        symbols=tuple(f"S{s:03d}" for s in range(symbols)),
        offsets=np.arange(symbols + 1) * bars,
        timestamps_R=np.tile(np.datetime64("2018-01-01", "us") + np.arange(bars) * DAY, symbols),
        fields={name: values.ravel() for name, values in fields.items()},
    )


def make_bundle(name: str, panel: Panel, trees: int, leaves: int) -> Bundle:
    """Trees on a shipped feature set, fitted on the first twenty symbols."""
    settings = yaml.safe_load((CONF / f"{name}.yaml").read_text())
    settings.pop("_target_")
    features = ExpressionFeatures(**{**settings, "windows": tuple(settings["windows"])})
    label = parse("ref(close, -5) / close - 1")
    nodes = {key: parse(text, let=features.definitions) for key, text in features.expanded().items()}
    columns = tuple(nodes)
    nodes[LAST_LABEL] = shift(label, reach(label).lookahead_bars)
    few = panel.take(panel.symbol_codes_R < 20)
    values_FR = evaluate(nodes, few)
    y_R = evaluate({"label": label}, few, dtype=np.float64)[0]
    rows = np.flatnonzero(np.isfinite(values_FR).all(axis=0) & np.isfinite(y_R))
    samples = Samples.of(
        X_NF=np.ascontiguousarray(values_FR[:-1][:, rows].T),
        y_N=y_R[rows],
        columns=columns,
        timestamps_N=few.timestamps_R[rows],
        symbols_N=few.symbol_codes_R[rows],
    )
    parameters = {**LightGBM.examples()[0], "n_estimators": trees, "num_leaves": leaves, "max_bin": 255}
    fitted = LightGBM(**parameters).fit(samples, samples, loss=Squared(), seed=0, resources=RESOURCES)
    recipe = Recipe(
        expressions={key: to_text(node) for key, node in nodes.items()},
        inputs=columns,
        target=to_text(label),
        kind="return",
        horizon_bars=5,
        outputs=Outputs(columns=(Output(target="target", horizon_bars=5, statistic="mean"),)).to_json(),
        lookback_rows=1,
        portfolio=yaml.safe_load((CONF.parent / "portfolio" / "rank_long_short.yaml").read_text()),
        bars_per_year=365.25,
        universe=panel.symbols,
    )
    return Bundle(recipe=recipe, graph=fitted.to_onnx().SerializeToString())


def write(folder: Path, bundle: Bundle) -> None:
    facts = {"description": "random walks", "identity": "i", "n_symbols": 1, "n_rows": 1, "first": "a", "last": "b",
             "survivorship": "free", "adjustment": "raw", "fingerprint": "f"}  # fmt: skip
    span = {"number": 1, "train": [["a", "b"]], "valid": [["b", "c"]], "test": [["c", "d"]]}
    run = {"data": facts, "folds": [span], "experiment": "e", "seed": 0, "run_id": "r", "run_key": "k"}
    parity = {"passed": True, "max_abs_difference": 0.0, "first": "a", "last": "b", "forecasts": 1, "orders": 1,
              "differing_orders": 0, "tolerance": "none"}  # fmt: skip
    gates = {"passed": True, "gates": []}
    write_bundle(folder, bundle, name="n", version=1, config={}, run=run, gates=gates, parity=parity)


def microseconds(calls: list[Callable[[], object]], clock: Callable[[], int] = time.perf_counter_ns) -> list[float]:
    taken = []
    for call in calls:
        begin = clock()
        call()
        taken.append((clock() - begin) / 1e3)
    return taken


def one_symbol(
    bundle: Bundle, panel: Panel, pushes: int, clock: Callable[[], int] = time.perf_counter_ns
) -> tuple[float, float]:
    """p50 and p99 of pushing the last bars of the first symbol."""
    alone = panel.take(panel.symbol_codes_R == 0)
    dates = alone.dates_T[-pushes:]
    stream = Stream.open(bundle, alone.before(dates[0]), threads=1)
    names = bundle.recipe.fields
    bars = [{name: float(alone.fields[name][row]) for name in names} for row in range(-pushes, 0)]
    calls: list[Any] = [lambda d=d, b=b: stream.push("S000", d, b) for d, b in zip(dates, bars, strict=True)]
    p50, p99 = np.percentile(microseconds(calls, clock)[50:], [50, 99])
    return float(p50), float(p99)


def all_symbols(
    bundle: Bundle, panel: Panel, pushes: int, threads: int, clock: Callable[[], int] = time.perf_counter_ns
) -> float:
    """Median milliseconds of pushing the last dates of all symbols."""
    dates = panel.dates_T[-pushes:]
    stream = Stream.open(bundle, panel.before(dates[0]), threads=threads)
    names = bundle.recipe.fields
    offsets = panel.offsets[1:]
    bars = [
        {
            symbol: {name: float(panel.fields[name][end - back]) for name in names}
            for symbol, end in zip(panel.symbols, offsets, strict=True)
        }
        for back in range(pushes, 0, -1)
    ]
    calls: list[Any] = [lambda d=d, b=b: stream.push_date(d, b) for d, b in zip(dates, bars, strict=True)]
    return float(np.median(microseconds(calls, clock)[2:])) / 1e3


def loading(folder: Path, bars: Path, repeats: int) -> tuple[float, float, float]:
    """Median seconds to load, of processor time in them, and of the whole process."""
    loads, processes = [], []
    for _ in range(repeats):
        begin = time.perf_counter()
        command = [sys.executable, "-c", LOADER, str(folder), str(bars)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        processes.append(time.perf_counter() - begin)
        loads.append(json.loads(done.stdout))
    wall, cpu = (statistics.median(column) for column in zip(*loads, strict=True))
    return wall, cpu, statistics.median(processes)


def measure(name: str, panel: Panel, asked: argparse.Namespace) -> dict[str, Any]:
    before = os.getloadavg()[0]
    bundle = make_bundle(name, panel, asked.trees, asked.leaves)
    ones = [one_symbol(bundle, panel, 400) for _ in range(asked.repeats)]
    processor = one_symbol(bundle, panel, 400, time.process_time_ns)
    row = np.zeros((1, len(bundle.recipe.inputs)), dtype=np.float32)
    graph = microseconds([lambda: bundle.run_graph(row)] * 500)
    with tempfile.TemporaryDirectory() as temporary:
        folder, bars = Path(temporary) / "1", Path(temporary) / "bars.npz"
        write(folder, bundle)
        own = panel.take(panel.symbol_codes_R == 0)
        fields = {field: own.fields[field] for field in bundle.recipe.fields}
        np.savez(bars, timestamps=own.timestamps_R, **fields)
        load, load_cpu, process = loading(folder, bars, asked.repeats)
    return {
        "features": name,
        "columns": len(bundle.recipe.inputs),
        "trees": asked.trees,
        "leaves": asked.leaves,
        "one_p50_us": round(statistics.median(p50 for p50, _ in ones), 1),
        "one_p99_us": round(statistics.median(p99 for _, p99 in ones), 1),
        "one_p99_us_best": round(min(p99 for _, p99 in ones), 1),
        "one_processor_p50_p99_us": [round(each, 1) for each in processor],
        "model_us": round(statistics.median(graph), 1),
        "symbols": asked.symbols,
        "all_ms": round(statistics.median(all_symbols(bundle, panel, 30, 0) for _ in range(3)), 2),
        "all_one_thread_ms": round(statistics.median(all_symbols(bundle, panel, 30, 1) for _ in range(3)), 2),
        "all_processor_ms": round(all_symbols(bundle, panel, 30, 1, time.process_time_ns), 2),
        "load_s": round(load, 3),
        "load_processor_s": round(load_cpu, 3),
        "process_s": round(process, 3),
        "cores": os.cpu_count(),
        "load_average": [round(before, 2), round(os.getloadavg()[0], 2)],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--symbols", type=int, default=500)
    parser.add_argument("--bars", type=int, default=700)
    parser.add_argument("--trees", type=int, default=200)
    parser.add_argument("--leaves", type=int, default=64)
    parser.add_argument("--repeats", type=int, default=7)
    asked = parser.parse_args()
    panel = make_panel(asked.symbols, asked.bars)
    for name in SETS:
        print(json.dumps(measure(name, panel, asked)), flush=True)


if __name__ == "__main__":
    main()
