"""Are p-values of null worlds uniform where there is nothing to find, and how often do they find what is there?

    python tools/null_worlds.py [--markets 200] [--worlds 19] [--workers 2] [--skill 0.0]

Simulates markets (two symbols, 500 days, GARCH volatility, Student shocks, same-day correlation, a drift), in some of
which yesterday's move foretells a share of today's, searches each as it is and in its null worlds, and writes
experiments/null_worlds/results.json. What was computed is kept in outputs/null_worlds: a run that was cut off goes
on where it was.
"""

import argparse
import json
import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache as remembered
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from components.statistics.rank import exact_interval
from components.values import Float
from worlds import volatility

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "experiments" / "null_worlds" / "results.json"
KEPT = ROOT / "outputs" / "null_worlds"
SYMBOLS, BARS, TRIALS = 2, 500, 10
SHARED = 0.5
DRIFT = 3e-4
LEVEL = 0.05

FEATURES = {
    "r1": "close / ref(close, 1) - 1",
    "r2": "ref(close, 1) / ref(close, 2) - 1",
    "d5": "close / mean(close, 5) - 1",
    "d20": "close / mean(close, 20) - 1",
    "span": "log(high / low)",
}


def moves(skill: float, seed: int) -> Float:
    """(T, S) log moves; skill: correlation of a move with the one before, in units of its volatility."""
    rng = np.random.default_rng([17, seed])
    common_T = volatility(BARS, rng)[1]
    columns = []
    for _ in range(SYMBOLS):
        size_T, own_T = volatility(BARS, rng)
        shock_T = np.sqrt(SHARED) * common_T + np.sqrt(1 - SHARED) * own_T
        for t in range(1, BARS):
            shock_T[t] = skill * shock_T[t - 1] + np.sqrt(1 - skill**2) * shock_T[t]
        columns.append(DRIFT + size_T * shock_T)
    return np.column_stack(columns)


def write_market(path: Path, skill: float, seed: int) -> None:
    import pandas as pd

    rng = np.random.default_rng([18, seed])
    parts = []
    for number, move_T in enumerate(moves(skill, seed).T):
        close = 100 * np.exp(np.cumsum(move_T))
        opening = np.append(100.0, close[:-1]) * np.exp(rng.normal(0, 0.001, BARS))
        high = np.maximum(opening, close) * np.exp(rng.uniform(0, 0.004, BARS))
        low = np.minimum(opening, close) * np.exp(-rng.uniform(0, 0.004, BARS))
        columns = {"open": opening, "high": high, "low": low, "close": close, "volume": np.full(BARS, 1e6)}
        dates = pd.bdate_range("2015-01-01", periods=BARS)
        parts.append(pd.DataFrame({"symbol": f"S{number}", "date": dates, **columns}))
    pd.concat(parts).to_csv(path, index=False)


@remembered
def composed() -> tuple[Any, dict[tuple[str, ...], Any]]:
    """What all markets of a process share: their settings are the same, each in a folder of its own."""
    from runner.composition.compose import Memo

    return Memo(), {}


def bench_here() -> Any:
    from runner.sweeps.nulls.kept import new_bench

    memo, experiments = composed()
    return replace(new_bench(), memo=memo, composed=experiments)


def command() -> list[str]:
    """A light search: ten penalties and kinds of scaling."""
    listed = ",".join(f"{name}: '{text}'" for name, text in FEATURES.items())
    return [
        "name=null_worlds", "data=files", "data.path=bars.csv", "data.symbol_column=symbol", "features=expressions",
        "features.windows=[5]", "~features.expressions", f"+features.expressions={{{listed}}}",
        "target=forward_return", "target.horizon_bars=1", "target.skip_bars=0", "target.cross_sectional=none",
        "split.n_folds=3", "split.vault_start=null", "model=ridge", "baselines=naive", "portfolio=return_sign",
        "gates=returns", "tracking=none", "preprocess=zscore,robust_zscore",
        "model.penalty=tag(log,interval(1,100000))",
        "sweep.search=random", f"sweep.trials={TRIALS}", "sweep.objectives=[valid/r2]",
    ]  # fmt: skip


def searched(seed: int, *, skill: float, worlds: int) -> dict[str, Any]:
    """The p-values of one market, by figure."""
    kept = KEPT / f"{skill:g}-{worlds}" / f"{seed:04}.json"
    if kept.is_file():
        content: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        return content
    place = kept.with_suffix("")
    place.mkdir(parents=True, exist_ok=True)
    os.chdir(place)
    from runner.compute.threads import one_thread_of_blas
    from runner.sweeps.nulls.search import search
    from runner.sweeps.nulls.told import ranked
    from runner.sweeps.opened import begun
    from runner.sweeps.points import points_of
    from runner.sweeps.settings import asked
    from runner.sweeps.space import space_of

    write_market(place / "bars.csv", skill, seed)
    request = asked(command())
    space = space_of(request.plain, request.branches)
    opened = begun(request, space, points_of(space, request.settings)[0])
    bench = bench_here()
    with one_thread_of_blas():
        found = [search(opened, world, TRIALS, bench, lambda: False) for world in range(worlds + 1)]
    real, nulls = found[0], [each for each in found[1:] if each is not None]
    assert real is not None
    ranks = ranked(real.figures, nulls)
    p_values = {name: rank["p_value"] for name, rank in ranks.items()}
    kept.write_text(json.dumps({"p_values": p_values, "real": dict(real.figures)}), encoding="utf-8")
    return {"p_values": p_values, "real": dict(real.figures)}


def uniformity(p_N: Sequence[float], worlds: int, seed: int = 0) -> dict[str, Any]:
    """Kolmogorov-Smirnov against the uniform: each p-value is spread over the step that it stands for, as its exact
    distribution is uniform over 1/(N + 1) .. 1; and how often it is at most 5 %."""
    from scipy.stats import kstest

    rng = np.random.default_rng(seed)
    spread_N = np.array(p_N) - rng.random(len(p_N)) / (worlds + 1)
    test = kstest(spread_N, "uniform")
    below = int(sum(p <= LEVEL for p in p_N))
    low, high = exact_interval(below, len(p_N))
    return {
        "markets": len(p_N),
        "mean": round(float(np.mean(spread_N)), 4),
        "ks": round(float(test.statistic), 4),
        "ks_p": round(float(test.pvalue), 4),
        "below_0.05": round(below / len(p_N), 4),
        "interval": [round(low, 4), round(high, 4)],
    }


def study(skill: float, markets: int, worlds: int, workers: int) -> Mapping[str, Any]:
    with ProcessPoolExecutor(workers) as pool:
        found = list(pool.map(partial(searched, skill=skill, worlds=worlds), range(markets)))
    names = list(found[0]["p_values"])
    # A portfolio that never traded has no Sharpe ratio, and so no rank.
    known = {name: [each["p_values"][name] for each in found if name in each["p_values"]] for name in names}
    return {name: uniformity(p_N, worlds) | {"without": markets - len(p_N)} for name, p_N in known.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--markets", type=int, default=200)
    parser.add_argument("--worlds", type=int, default=19)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--skill", type=float, default=0.0)
    options = parser.parse_args()
    found = study(options.skill, options.markets, options.worlds, options.workers)
    known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {}
    known[f"skill {options.skill:g}"] = {"worlds": options.worlds, "trials": TRIALS, "bars": BARS, "figures": found}
    RESULTS.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
