"""Fits of folds side by side against one after the other, in wall and processor seconds.

    python tests/benchmarks/folds.py [--repeats N] [EXPERIMENT ...]         the forecast stage of shipped experiments
    python tests/benchmarks/folds.py --rows 441000 --columns 158            folds of noise, with the shipped trees

Prints one JSON line a comparison. Both ways are measured in turn, in pairs, so that other load hits both alike; the
ratio is the median of the pairs'. `load`: the load average before and after.
"""

import argparse
import hashlib
import io
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from components.values import Resources, Samples
from runner.composition.configure import configure
from runner.compute import pipeline
from runner.compute.stage import Cache
from runner.console import Console
from runner.storage.store import Store

EXPERIMENTS = ("sp500_volatility", "sp500_direction")
BAR = 0.6
ONE = Resources(threads=1, workers=1, device="cpu", precision="float32")


@dataclass(frozen=True)
class Fitted:
    """What the folds came to, and what they cost."""

    digest: str
    wall: float
    cpu: float


def timed(fit: Callable[[], Sequence[bytes]]) -> Fitted:
    wall, cpu = time.perf_counter(), time.process_time()
    results = fit()
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    return Fitted(digest=hashlib.sha256(b"".join(results)).hexdigest(), wall=wall, cpu=cpu)


def compare(name: str, fitted: Callable[[int], Fitted], repeats: int) -> None:
    """fitted(workers): all folds, so many at once."""
    load = os.getloadavg()[0]
    pairs = [(fitted(1), fitted(2)) for _ in range(repeats)]
    alone, pool = zip(*pairs, strict=True)
    ratio = statistics.median(two.wall / one.wall for one, two in pairs)
    print(
        json.dumps(
            {
                "name": f"folds side by side, {name}",
                "value": round(statistics.median(two.wall for two in pool), 3),
                "unit": "s",
                "baseline": round(statistics.median(one.wall for one in alone), 3),
                "ratio": round(ratio, 3),
                "least_ratio": round(min(two.wall for two in pool) / min(one.wall for one in alone), 3),
                "bar": BAR,
                "ok": ratio <= BAR,
                "cpu": [round(statistics.median(each.cpu for each in way), 3) for way in (alone, pool)],
                "same_bytes": len({each.digest for pair in pairs for each in pair}) == 1,
                "repeats": repeats,
                "load": [round(load, 1), round(os.getloadavg()[0], 1)],
            }
        ),
        flush=True,
    )


def shipped(name: str, workers: int) -> Fitted:
    """The forecast stage of an experiment, with everything before it done."""
    experiment, _ = configure([f"+experiment={name}", "resources.threads=1", f"resources.workers={workers}"])
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(store=Store(Path(folder)), progress=Console(io.StringIO()))
        prepared = pipeline.prepare(experiment, cache)
        assert len(prepared.folds) > 1
        assert len(prepared.table.names) > 1
        walked = pipeline.execute(experiment, prepared, cache).walked

        def fit() -> list[bytes]:
            walked.fit()
            return [data for each in walked.fits for _, data in sorted(each.value.items())]

        return timed(fit)


def noise(rows: int, columns: int, folds: int) -> Callable[[int], Fitted]:
    """Expanding folds of noise, the last of them as long as all."""
    experiment, _ = configure(["+experiment=sp500_volatility"])
    rng = np.random.default_rng(0)
    X_NF = rng.standard_normal((rows, columns), dtype=np.float32)
    whole = Samples.of(
        X_NF=X_NF,
        y_N=X_NF[:, 0] + rng.standard_normal(rows),
        columns=tuple(f"x{column}" for column in range(columns)),
        timestamps_N=np.datetime64("2000-01-01", "us") + np.arange(rows) * np.timedelta64(1, "h"),
        symbols_N=np.zeros(rows, dtype=np.int32),
    )

    def one(fold: int) -> bytes:
        train = whole.take(np.arange(rows * (fold + folds) // (2 * folds)))
        fitted = experiment.model.fit(train, train.take(np.arange(0)), loss=experiment.loss, seed=0, resources=ONE)
        return b"".join(fitted.to_files().values())

    def fitted(workers: int) -> Fitted:
        with ThreadPoolExecutor(workers) as pool:
            return timed(lambda: list(pool.map(one, range(1, folds + 1))))

    return fitted


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("experiments", nargs="*", default=EXPERIMENTS)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--columns", type=int, default=158)
    parser.add_argument("--folds", type=int, default=2)
    given = parser.parse_args()
    if given.rows:
        fitted = noise(given.rows, given.columns, given.folds)
        compare(f"{given.folds} folds of {given.rows:,} rows x {given.columns}", fitted, given.repeats)
        return
    for name in given.experiments:
        compare(f"{name}, forecast stage", lambda workers, name=name: shipped(name, workers), given.repeats)


if __name__ == "__main__":
    main()
