"""How many kinds of leaks the battery finds, and how often it blames honest columns: `python tools/leak_kinds.py`.

Every kind of tests/leakage/kinds.py in every world of tests/leakage/worlds.py, every honest neighbour, and clean tables
of all shapes. Writes tests/leakage/results.json: per kind how often it was called a leak, suspect, or nothing.

  --seeds FIRST LAST   seeds of the worlds (half of them are looked at once only, see the file)
  --clean FIRST LAST   seeds of the clean tables
  --workers COUNT      processes
  --only TEXT          kinds whose name contains it; prints what was found and writes nothing
"""

import argparse
import itertools
import json
import sys
import time
from collections import Counter
from concurrent.futures import Executor, ProcessPoolExecutor
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "src")]

from components.leaks.examination import examine_table  # noqa: E402
from components.leaks.examined import Leak  # noqa: E402
from leakage import clean, honest, kinds, worlds  # noqa: E402

Found = tuple[dict[str, str], tuple[str, ...], dict[str, str]]

PLACE = ROOT / "tests" / "leakage" / "results.json"


def trial(kind: kinds.Kind, world: str, seed: int) -> Found:
    """(column -> severity of what was blamed, columns that the kind made, column -> evidence)."""
    make, priced = worlds.WORLDS[world]
    rng = np.random.default_rng([seed, 7])
    market = make(rng)
    planted = kind(market, rng)
    table = worlds.table(market, {**worlds.honest(market, rng), **planted}, priced=priced)
    known = "after" if market.target == "label" else "at"
    found = examine_table(table, target=market.target, known=known).leaks
    return (
        {leak.column: leak.severity for leak in found},
        tuple(planted),
        {leak.column: f"{leak.kind}: {leak.evidence}" for leak in found},
    )


def planted_trial(asked: tuple[str, str, int]) -> Found:
    name, world, seed = asked
    return trial(kinds.ALL[name], world, seed)


def honest_trial(asked: tuple[str, str, int]) -> Found:
    name, world, seed = asked
    return trial(honest.HONEST[name], world, seed)


def clean_trial(seed: int) -> tuple[str, tuple[Leak, ...]]:
    name, table, target, known = clean.table(seed)
    return name, examine_table(table, target=target, known=known).leaks


def suits(kind: str, world: str) -> bool:
    """Whether the world has what the kind needs to be told from chance."""
    if kind in kinds.NEEDS_BARS and not worlds.WORLDS[world][1]:
        return False
    if kind in kinds.NEEDS_SEVERAL and "panel" not in world and "hourly" not in world:
        return False
    return not ("close itself" in world and kind in NO_LABEL)


NO_LABEL = frozenset({*kinds.EXACT, *kinds.NOISY, *kinds.FLAGS, *kinds.GROUPS, *kinds.FUNCTIONS, *kinds.TOGETHER}) | {
    "the label of later rows",
    "the month's label",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", nargs=2, type=int, default=(0, 2))
    parser.add_argument("--clean", nargs=2, type=int, default=(0, 200))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--only", default="")
    parser.add_argument("--world", default="")
    parser.add_argument("--json", type=Path, default=PLACE)
    options = parser.parse_args()
    started = time.time()
    seeds = range(options.seeds[0], options.seeds[1])
    with ProcessPoolExecutor(options.workers) as pool:
        leaks, blamed = _kinds(seeds, options, pool), _honest(seeds, options, pool)
        clean_tables = _clean(options, pool)
    content = {
        "seeds": list(options.seeds),
        "clean seeds": list(options.clean),
        "kinds": len(leaks),
        "leak": _share(leaks, "leak"),
        "found": _share(leaks, "leak", "suspect"),
        "leaks": leaks,
        "honest": blamed,
        "clean": clean_tables,
        "minutes": round((time.time() - started) / 60, 1),
    }
    print(json.dumps({key: value for key, value in content.items() if key not in ("leaks", "honest")}, indent=1))
    if not options.only and not options.world:
        options.json.write_text(json.dumps(content, indent=1) + "\n")


def _share(found: dict[str, dict[str, int]], *words: str) -> str:
    hit = sum(counts.get(word, 0) for counts in found.values() for word in words)
    total = sum(sum(counts.values()) for counts in found.values())
    return f"{hit} of {total}"


def _kinds(seeds: range, options: argparse.Namespace, pool: Executor) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    asked = [
        (name, world, seed)
        for name, world, seed in itertools.product(kinds.ALL, worlds.WORLDS, seeds)
        if options.only in name and options.world in world and suits(name, world)
    ]
    for (name, world, seed), (blamed, planted, why) in zip(asked, pool.map(planted_trial, asked), strict=True):
        own = [blamed.get(column, "nothing") for column in planted]
        best = "leak" if "leak" in own else "suspect" if "suspect" in own else "nothing"
        found.setdefault(name, Counter())[best] += 1
        others = {column: why[column] for column in blamed if column not in planted}
        if best != "leak" or others or options.only:
            print(f"{best:8} {name} | {world} | {seed} {'; BLAMED ' + str(others) if others else ''}", flush=True)
            if options.only:
                print("        ", why, flush=True)
    return {name: dict(counts) for name, counts in found.items()}


def _honest(seeds: range, options: argparse.Namespace, pool: Executor) -> dict[str, str]:
    blamed, count = {}, 0
    asked = [
        (name, world, seed)
        for name, world, seed in itertools.product(honest.HONEST, worlds.WORLDS, seeds)
        if options.only in name and options.world in world
    ]
    for (name, world, seed), (found, _, why) in zip(asked, pool.map(honest_trial, asked), strict=True):
        count += 1
        if found:
            blamed[f"{name} | {world} | {seed}"] = str(why)
            print(f"HONEST {name} | {world} | {seed}: {why}", flush=True)
    return {"tables": str(count), "blamed": str(len(blamed)), **blamed}


def _clean(options: argparse.Namespace, pool: Executor) -> dict[str, object]:
    found: Counter[str] = Counter()
    seeds = range(*options.clean)
    for seed, (name, leaks) in zip(seeds, pool.map(clean_trial, seeds), strict=True):
        worst = "leak" if any(leak.severity == "leak" for leak in leaks) else "suspect" if leaks else "nothing"
        found[worst] += 1
        if leaks:
            print(f"CLEAN {seed} {name}: {[(x.column, x.severity, x.kind, x.evidence) for x in leaks]}", flush=True)
    return dict(found)


if __name__ == "__main__":
    main()
