"""Clean tables of all shapes by seed: daily, hourly, minutes, price limits, holes; every sort of label."""

import itertools

import numpy as np

from components.leaks.examined import Known
from components.leaks.layout import Table
from leakage.honest import HONEST
from leakage.worlds import honest, market
from leakage.worlds import table as table_of

SHAPES = ("daily", "daily", "hourly", "minutes")
LABELS = ("return", "direction", "volatility", "range", "level", "rank", "overlapping", "log", "autoregressive")
COMBINED = tuple(itertools.product(LABELS, ("one", "several"), (False, True), SHAPES))


def table(seed: int) -> tuple[str, Table, str, Known]:
    """(name, table, target, when it is known)."""
    label, many, priced, shape = COMBINED[(seed * 37) % len(COMBINED)]
    rng = np.random.default_rng([seed, 11])
    symbols = 1 if many == "one" and label != "rank" else int(rng.integers(3, 13))
    rows = int(rng.integers(900, 2600)) if symbols == 1 else int(rng.integers(350, 900))
    horizon = {"overlapping": int(rng.choice([5, 10, 20])), "volatility": 5, "range": 5, "rank": 5}.get(label, 1)
    sort = {"overlapping": "return", "autoregressive": "return"}.get(label, label)
    tick = float(rng.choice([0.0, 0.1, 0.4])) if shape == "minutes" else 0.0
    made = market(rng, symbols=symbols, rows=rows, shape=shape, label=sort, horizon=horizon, tick=tick)
    columns = honest(made, rng)
    picked = rng.choice(len(HONEST), 8, replace=False)
    for name in (list(HONEST)[i] for i in picked):
        if name != "a weak honest signal":
            columns[name] = HONEST[name](made, rng)["leak"]
    holes = float(rng.choice([0.0, 0.0, 0.08]))
    bars = "bars" if priced else "no price"
    name = f"{label}, {symbols} symbols, {rows} rows, {shape}, {bars}, tick {tick}, holes {holes}"
    return (
        name,
        table_of(made, columns, priced=priced, rng=rng, holes=holes),
        made.target,
        ("after" if made.target == "label" else "at"),
    )
