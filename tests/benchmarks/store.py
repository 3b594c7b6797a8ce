"""How long caching and recording take: `python tests/benchmarks/store.py`, about half a minute.

Prints one JSON line a figure, with its throughput where that makes sense.
"""

import json
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np

from runner.compute.features import compute_features
from runner.recording.ledger import Family, Ledger
from runner.recording.records import RunRecord
from runner.specification.tracker import Record
from runner.storage.canonical import content_hash
from runner.storage.code import code_of
from runner.storage.formats import ARRAYS, JSON
from runner.storage.store import Store
from runner.tracking.wandb import WandB

SMALL_ENTRIES = 200
TRIALS = 10_000
WANDB = WandB(mode="offline", project="assay", entity=None, group=None, tags=())
FAMILY = Family(
    source="bars",
    symbols=tuple(f"S{i:03d}" for i in range(500)),
    first=date(2000, 1, 1),
    last=date(2020, 1, 1),
)


def timed(what: str, action: Callable[[], object], *, per: int = 1, megabytes: float = 0.0) -> None:
    start = time.perf_counter()
    action()
    seconds = (time.perf_counter() - start) / per
    rate = {"mb_per_s": round(megabytes / seconds)} if megabytes else {}
    print(json.dumps({"name": what, "value": round(1000 * seconds, 2), "unit": "ms", **rate}))


def store(folder: Path) -> None:
    cache = Store(folder)
    features_FR = np.random.default_rng(0).normal(size=(158, 500 * 1260)).astype(np.float32)
    size = features_FR.nbytes / 1e6
    key = content_hash("features")

    def read_or_write() -> object:
        return cache.compute(key, "features", lambda: {"values_FR": features_FR}, ARRAYS)

    timed("158 features of 500 symbols x 1,260 days, stored", read_or_write, megabytes=size)
    timed("the same, verified and read back", read_or_write, megabytes=size)
    keys = [content_hash(i) for i in range(SMALL_ENTRIES)]

    def small() -> None:
        for key in keys:
            cache.compute(key, "small", lambda: {"x": 1.0}, JSON)

    timed("a small entry stored", small, per=SMALL_ENTRIES)
    timed("a small entry read back", small, per=SMALL_ENTRIES)


def ledger(folder: Path) -> None:
    place = folder / "ledger.sqlite"
    timed("an empty ledger made", lambda: Ledger.open(place))
    book = Ledger.open(place)
    book.start_trial(FAMILY, "first", {})

    def fill(transaction) -> None:
        for i in range(TRIALS):
            content = {"number": i + 2, "family_trials": i + 2, "trial": {"seed": i}}
            transaction.append("trial_started", family=FAMILY.id, key=content_hash(i), content=content)

    timed(f"{TRIALS:,} trials written in one transaction", lambda: book.chain.append(fill))
    timed(
        f"one more trial started, 500 symbols, {TRIALS:,} before it",
        lambda: book.start_trial(FAMILY, "k", {}),
    )
    timed("its end", lambda: book.finish_trial("k", "finished", {"metrics": {"test/r2": 0.1}}))
    timed("the family counted", lambda: book.count(FAMILY))
    timed("the whole chain verified", book.verify)


def run(folder: Path) -> None:
    record = RunRecord.create(folder, "vol", "0" * 64)
    timed("a run folder made", lambda: RunRecord.create(folder, "vol", "0" * 64))
    timed("its metrics written", lambda: record.write_metrics({f"test/m{i}": 0.1 for i in range(200)}))
    timed("its state closed", lambda: record.close("finished"))
    for number in range(3):
        name = f"W&B offline, record {number + 1} of the process"
        told = Record(
            id=f"r{number}", edition="1", name="r", kind="vol", summary={f"test/m{i}": 0.1 for i in range(200)}
        )
        timed(name, lambda told=told: WANDB.tell(told, folder))


def main() -> None:
    timed("code that the feature table reaches", lambda: code_of(compute_features))
    timed("code that the store reaches", lambda: code_of(Store))
    with tempfile.TemporaryDirectory() as folder:
        store(Path(folder) / "store")
        ledger(Path(folder))
        run(Path(folder) / "outputs")


if __name__ == "__main__":
    main()
