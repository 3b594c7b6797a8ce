"""How often do the strict gates promote noise, and how often what is real?

    python tools/false_promotions.py [--users 1000] [--workers 2] [--part NAME]

Simulates people who try configurations and show the one with the best backtest, lets the strict gates judge it, and
writes experiments/false_promotions/results.json. What was computed is kept in outputs/false_promotions: a study that
was cut off goes on where it was. Gates that need a bundle, a leak battery or a vault are left out here; `--part whole`
runs the whole product instead, command by command, for fewer people (tools/whole_promotions.py).
"""

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import cache as remembered
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from components.gates.gate_set import GateSet
from components.statistics.provable import critical_value
from components.statistics.sharpe import deflated_sharpe, normal_cdf, probabilistic_sharpe, sharpe_sample
from components.values import Float, Trials
from runner.composition.build import build
from runner.composition.places import config_folder
from runner.judging.verdict import judge
from worlds import (
    BARS_A_YEAR,
    CARRIERS_SHARE,
    COST,
    World,
    autoregressive,
    evidence_of,
    knowing,
    mixed,
    permuted,
    rules,
    strength,
    tries_of,
    volatility,
)

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "experiments" / "false_promotions" / "results.json"
KEPT = ROOT / "outputs" / "false_promotions"
UNKNOWABLE = {"leaks", "bundle", "vault"}
NEXT_TO_NOTHING = 1e-8
"""A cost that is none: where there is none at all, the gate that doubles it has nothing to show."""
YEARS, SHARPES, TRIES = (5, 10, 20), (0.5, 1.0, 1.5, 2.0), (1, 10, 50, 200)


@dataclass(frozen=True, kw_only=True)
class Noise:
    """People whose configurations know nothing, on ten years. correlation: between their signals; tries: a sweep;
    sweeps: one after the other, the best of each shown; market: simulated, or real returns in permuted blocks, read by
    trading rules; quiet: signals below it make no position; cost: of what is traded; silent: tries of every sweep that
    fail and leave no series; share: of the people asked for that are simulated."""

    name: str
    correlation: float = 0.0
    tries: int = 50
    sweeps: int = 1
    market: str = "simulated"
    quiet: float = 0.0
    cost: float = COST
    silent: int = 0
    share: float = 1.0


NOISE = (
    Noise(name="correlation 0"),
    Noise(name="correlation 0.5", correlation=0.5),
    Noise(name="correlation 0.9", correlation=0.9),
    Noise(name="a single try", tries=1),
    Noise(name="five sweeps, correlation 0.5", correlation=0.5, sweeps=5, share=0.5),
    Noise(name="trading rules on the S&P 500, months permuted", market="permuted", share=0.5),
    Noise(name="portfolios that abstain", quiet=1.5, share=0.5),
    Noise(name="half of the tries fail", tries=25, silent=25, share=0.5),
    Noise(name="200 tries", tries=200, share=0.5),
    Noise(name="no costs", cost=NEXT_TO_NOTHING, share=0.5),
    Noise(name="no costs, portfolios that abstain", cost=NEXT_TO_NOTHING, quiet=1.5, share=0.5),
    Noise(name="five sweeps, no costs", sweeps=5, cost=NEXT_TO_NOTHING, share=0.5),
)


@dataclass(frozen=True, kw_only=True)
class Many:
    """People of whose 50 configurations several earn this net Sharpe ratio, over ten years."""

    name: str
    carriers: int
    sharpe: float


MANY = (Many(name="Sharpe 1, 25 of 50", carriers=25, sharpe=1.0),)


SKILL = "superior_ability"
HOPELESS, CERTAIN = 1.4, 6.0
"""t statistics below and above which the judge of skill need not be asked."""


@remembered
def strict() -> GateSet:
    """The shipped strict gates that can reject, without those that need more than forecasts and returns."""
    config = yaml.safe_load((config_folder() / "gates" / "strict.yaml").read_text(encoding="utf-8"))
    gates = build(GateSet, config)
    kept = {name: gate for name, gate in gates.checks.items() if gate.required and not UNKNOWABLE & gate.needs()}
    return replace(gates, checks=kept)


def judged(world: World, trials: Trials, seed: int, years: int = 10) -> dict[str, Any]:
    """What the gates say of trials.own: the judge of skill first, and the others where it passes. Its bootstrap is not
    asked where a single try would fail, or the best of thousands pass."""
    assert trials.own is not None
    own_T = trials.returns_TK[:, trials.own]
    t = math.sqrt(len(own_T)) * own_T.mean() / max(own_T.std(), 1e-300)
    if t < HOPELESS:
        return {"promoted": False, "rejected_by": [SKILL]}
    evidence = replace(evidence_of(world.only(trials.own, years * BARS_A_YEAR)), trials=trials, seed=seed)
    skill = {} if t > CERTAIN else {SKILL: strict().checks[SKILL]}
    others = {name: gate for name, gate in strict().checks.items() if name != SKILL}
    for checks in (skill, others):
        verdict = judge(evidence, gates=replace(strict(), checks=checks))
        rejected = [gate.name for gate in verdict.gates if gate.status == "failed"]
        if rejected:
            break
    return {"promoted": not rejected, "rejected_by": rejected}


def best_of(returns_TK: Float, first: int = 0) -> int:
    """The column from `first` on with the largest Sharpe ratio; one that never trades has none."""
    spread_K = returns_TK[:, first:].std(axis=0)
    ratio_K = np.where(spread_K > 0, returns_TK[:, first:].mean(axis=0) / np.maximum(spread_K, 1e-300), -np.inf)
    return first + int(ratio_K.argmax())


def noise_world(noise: Noise, seed: int) -> World:
    rng = np.random.default_rng([seed, *noise.name.encode()])
    bars, k = 10 * BARS_A_YEAR, noise.tries * noise.sweeps
    if noise.market == "permuted":
        return World(market_T=permuted(bars, rng), signal_TK=rules(permuted(bars, rng), k, rng), cost=noise.cost)
    volatility_T, shock_T = volatility(bars, rng)
    common_T = autoregressive((bars, 1), rng)[:, 0]
    signal_TK = mixed(common_T, autoregressive((bars, k), rng), noise.correlation)
    return World(market_T=volatility_T * shock_T, signal_TK=signal_TK, cost=noise.cost, quiet=noise.quiet)


def noise_user(noise: Noise, seed: int) -> dict[str, Any]:
    """What became of the best of each sweep, and of the first by simpler rules."""
    world = noise_world(noise, seed)
    returns_TK, found = world.earned(), []
    for sweep in range(noise.sweeps):
        known_TK = returns_TK[:, : (sweep + 1) * noise.tries]
        own = best_of(known_TK, sweep * noise.tries)
        trials = tries_of(known_TK, own, silent=noise.silent * (sweep + 1), earlier_rounds=sweep)
        found.append(judged(world, trials, seed))
    return {"sweeps": found, **simpler_rules(returns_TK[:, : noise.tries], noise.tries + noise.silent)}


def simpler_rules(returns_TK: Float, count: int) -> dict[str, bool]:
    """What would promote the best of the first sweep at the same 95 %."""
    best = sharpe_sample(returns_TK[:, best_of(returns_TK)])
    spread_K = returns_TK.std(axis=0, ddof=1)
    ratio_K = returns_TK.mean(axis=0)[spread_K > 0] / spread_K[spread_K > 0]
    variance = float(np.var(ratio_K, ddof=1)) if len(ratio_K) > 1 else 0.0
    return {
        "best_backtest": bool(probabilistic_sharpe(best) >= 0.95),
        "published_dsr": bool(deflated_sharpe(best, trials_variance=variance, n_trials=count) >= 0.95),
    }


def many_user(many: Many, seed: int) -> dict[str, Any]:
    """The same where several configurations know something."""
    rng = np.random.default_rng([seed, *many.name.encode()])
    bars = 10 * BARS_A_YEAR
    volatility_T, shock_T = volatility(bars, rng)
    true_T, own_TK = autoregressive((bars, 1), rng)[:, 0], autoregressive((bars, 50), rng)
    own_TK[:, : many.carriers] = mixed(true_T, own_TK[:, : many.carriers], CARRIERS_SHARE)
    knows = strength(many.sharpe)
    world = World(market_T=knowing(volatility_T, shock_T, true_T, knows), signal_TK=own_TK, knows=knows)
    returns_TK = world.earned()
    found = judged(world, tries_of(returns_TK, best_of(returns_TK)), seed)
    return {"sweeps": [found], **simpler_rules(returns_TK, 50)}


def power_user(sharpe: float, seed: int) -> dict[str, Any]:
    """One configuration earns this net Sharpe ratio, all others know nothing: what became of it where it was the best,
    for every number of years and of tries."""
    rng = np.random.default_rng([seed, 7])
    bars = max(YEARS) * BARS_A_YEAR
    volatility_T, shock_T = volatility(bars, rng)
    true_T, signal_TK = autoregressive((bars, 1), rng)[:, 0], autoregressive((bars, max(TRIES)), rng)
    signal_TK[:, 0] = mixed(true_T, signal_TK[:, :1], CARRIERS_SHARE)[:, 0]
    knows = strength(sharpe)
    world = World(market_T=knowing(volatility_T, shock_T, true_T, knows), signal_TK=signal_TK, knows=knows)
    whole_TK, found = world.earned(), {}
    for years in YEARS:
        for tries in TRIES:
            returns_TK = whole_TK[: years * BARS_A_YEAR, :tries]
            real = best_of(returns_TK) == 0
            said = judged(world, tries_of(returns_TK, 0), seed, years) if real else {}
            found[f"{years} {tries}"] = {"shown": real, "promoted": False, "rejected_by": [], **said}
    return found


def best_test(sharpe: float, years: int, tries: int) -> float:
    """The power of the best test at 5 % that knows how many independent tries there were."""
    return 1 - normal_cdf(critical_value(tries, 0.0, 0.05) - sharpe * math.sqrt(years))


def kept(name: str, user: Callable[[int], Any], users: int, pool: ProcessPoolExecutor) -> list[Any]:
    """One entry a seed; what an earlier call found is read."""
    file = KEPT / f"{name}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    found = [json.loads(line) for line in lines[:users]]
    with file.open("a", encoding="utf-8") as out:
        for outcome in pool.map(user, range(len(found), users), chunksize=4):
            out.write(json.dumps(outcome) + "\n")
            out.flush()
            found.append(outcome)
    return found


def promoted(outcomes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Counts over people: one with several sweeps has promoted if any of them was."""
    sweeps = [sweep for user in outcomes for sweep in user["sweeps"]]
    survivors = [sweep for sweep in sweeps if SKILL not in sweep["rejected_by"]]
    return {
        "users": len(outcomes),
        "promoted": sum(any(sweep["promoted"] for sweep in user["sweeps"]) for user in outcomes),
        **{rule: sum(user[rule] for user in outcomes) for rule in ("best_backtest", "published_dsr")},
        "judged": len(sweeps),
        "skilled": len(survivors),
        "rejections_of_skilled": _rejections(survivors),
        "promoted_seeds": [s for s, user in enumerate(outcomes) if any(w["promoted"] for w in user["sweeps"])][:50],
    }


def power_cells(sharpe: float, outcomes: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """One a number of years and of tries."""
    for years in YEARS:
        for tries in TRIES:
            cells = [user[f"{years} {tries}"] for user in outcomes]
            skilled = [cell for cell in cells if cell["shown"] and SKILL not in cell["rejected_by"]]
            yield {
                "sharpe": sharpe,
                "years": years,
                "tries": tries,
                "users": len(cells),
                "promoted": sum(cell["promoted"] for cell in cells),
                "best_test": best_test(sharpe, years, tries),
                "skilled": len(skilled),
                "rejections_of_skilled": _rejections(skilled),
            }


def _rejections(sweeps: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    counts = Counter(name for sweep in sweeps for name in sweep["rejected_by"])
    return {name: counts[name] for name in strict().checks if counts[name]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--users", type=int, default=600, help="people in a cell of noise that is not slow")
    parser.add_argument("--power-users", type=int, default=300, help="people in every cell of power")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    results: dict[str, Any] = json.loads(options.output.read_text()) if options.output.is_file() else {}
    results = {"whole": results.get("whole", []), "noise": [], "many": [], "power": []}
    with ProcessPoolExecutor(options.workers) as pool:
        for sharpe in SHARPES:
            outcomes = kept(f"power, Sharpe {sharpe}", partial(power_user, sharpe), options.power_users, pool)
            results["power"] += power_cells(sharpe, outcomes)
            print(json.dumps(results["power"][-12:]), flush=True)
        for noise in NOISE:
            outcomes = kept(
                f"noise, {noise.name}", partial(noise_user, noise), round(options.users * noise.share), pool
            )
            results["noise"].append({**asdict(noise), **promoted(outcomes)})
            print(json.dumps(results["noise"][-1]), flush=True)
        for many in MANY:
            outcomes = kept(f"many, {many.name}", partial(many_user, many), options.power_users, pool)
            results["many"].append({**asdict(many), **promoted(outcomes)})
            print(json.dumps(results["many"][-1]), flush=True)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
