"""How long the main experiment takes, cold and cached, and what the runner adds to a bare fit.

    python tests/benchmarks/run.py

Prints one JSON line a figure. Run it on an idle machine.
"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import lightgbm as lgb
import numpy as np

from components.contracts import LAST_LABEL
from runner.composition.configure import configure
from runner.compute import pipeline
from runner.compute.fit_fold import walk_forward
from runner.compute.samples import Design
from runner.console import Console
from runner.specification.places import Places

EXPERIMENT = "+experiment=sp500_volatility"
GOOD, BAD = ("check", EXPERIMENT), ("check", EXPERIMENT, "model.lerning_rate=1", "backtest.cost_bps=-1")


def line(name: str, value: float, unit: str, bar: float, *, baseline: float | None = None) -> None:
    ratio = None if baseline is None else value / baseline
    ok = (value if ratio is None else ratio) <= bar
    print(json.dumps({
        "name": name, "value": round(value, 4), "unit": unit,
        "baseline": None if baseline is None else round(baseline, 4),
        "ratio": None if ratio is None else round(ratio, 4), "bar": bar, "ok": ok,
    }))  # fmt: skip


def process(folder: Path, *arguments: str) -> float:
    """Wall seconds of `python -m runner ...`."""
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "runner", *arguments],
        cwd=folder, check=False, capture_output=True, env={**os.environ, "ASSAY_LEDGER": str(folder / "ledger.sqlite")},
    )  # fmt: skip
    return time.perf_counter() - start


def whole_runs(repeats: int = 5) -> None:
    cold, cached = [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as name:
            cold.append(process(Path(name), EXPERIMENT))
            cached.append(process(Path(name), EXPERIMENT))
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    line("run, nothing cached", statistics.median(cold), "s", 30.0)
    line("run, everything cached", statistics.median(cached), "s", 4.0)
    line("peak memory of a run", peak, "GB", 1.5)


def small_verbs(repeats: int = 7) -> None:
    with tempfile.TemporaryDirectory() as name:
        for title, arguments in (("--help", ("--help",)), ("check, good", GOOD), ("check, bad", BAD)):
            seconds = [process(Path(name), *arguments) for _ in range(repeats)]
            line(title, statistics.median(seconds), "s", 1.0)


def fit_overhead(repeats: int = 9) -> None:
    """The walk-forward fit against a bare loop over LightGBM, same arrays, folds and parameters, in turn."""
    experiment, _ = configure([EXPERIMENT, "model=lightgbm", "tracking=none", "resources.threads=2"])
    with tempfile.TemporaryDirectory() as name, Path(os.devnull).open("w") as sink:
        prepared = pipeline.prepare(experiment, pipeline.open_cache(Places(outputs=Path(name)), Console(sink)))
        model, table, labels, folds = experiment.model, prepared.table, prepared.labels, prepared.folds
    design = Design(preprocess=experiment.preprocess, table=table, labels=labels, panel=prepared.panel)
    X_RF = np.ascontiguousarray(table.values_FR[[name != LAST_LABEL for name in table.names]].T)
    settings = {
        "objective": "regression", "learning_rate": model.learning_rate, "num_leaves": model.num_leaves,
        "min_data_in_leaf": model.min_child_samples, "max_bin": model.max_bin,
        "feature_fraction": model.feature_fraction, "bagging_fraction": model.bagging_fraction,
        "bagging_freq": 1, "lambda_l2": model.lambda_l2, "num_threads": 2, "verbosity": -1,
        "deterministic": True, "force_col_wise": True, "seed": 1,
    }  # fmt: skip

    def ours() -> None:
        walk_forward(model, experiment.loss, folds, design, seed=0, resources=experiment.resources)

    def bare() -> None:
        for fold in folds:
            data = lgb.Dataset(X_RF[fold.train_rows], labels.y_R[fold.train_rows])
            booster = lgb.train(settings, data, num_boost_round=model.n_estimators)
            booster.predict(X_RF[fold.valid_rows])
            booster.predict(X_RF[fold.test_rows])

    ours_s, bare_s = paired(ours, bare, repeats)
    line("walk-forward fit against a bare LightGBM loop", ours_s, "s", 1.10, baseline=bare_s)


def paired(ours: Callable[[], None], bare: Callable[[], None], repeats: int) -> tuple[float, float]:
    """Median seconds of both, taken in turn after one warm-up of each."""
    times: dict[int, list[float]] = {0: [], 1: []}
    for repeat in range(repeats + 1):
        for which, work in enumerate((ours, bare)):
            start = time.perf_counter()
            work()
            if repeat:
                times[which].append(time.perf_counter() - start)
    return statistics.median(times[0]), statistics.median(times[1])


if __name__ == "__main__":
    fit_overhead()
    small_verbs()
    whole_runs()
