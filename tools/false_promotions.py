"""How often do the strict gates promote noise, and how often what is real?

    python tools/false_promotions.py [--seeds 1000] [--workers 2]

Simulates sweeps of 50 configurations, records every one of them in a ledger, lets the strict gates judge the one
with the best backtest, and writes experiments/false_promotions/results.json. Models are surrogates: signals that
know nothing, or something, of the next return. Ledger, statistics and gates are the runner's own. Gates that need a
bundle, a leak battery or a vault are left out: they could only reject more.
"""

import argparse
import io
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import date
from functools import cache as remembered
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from components.gates.gate_set import GateSet
from components.statistics.deflation import independent_trials, published_ratio
from components.statistics.sharpe import deflated_sharpe, probabilistic_sharpe, sharpe_ratio, sharpe_sample
from components.values import Evidence, Float, Played, Scored, Trials
from runner.composition.build import build
from runner.composition.figures import metrics
from runner.composition.places import config_folder
from runner.compute.stage import Cache, Given
from runner.console import Console
from runner.judging.metrics import score
from runner.judging.tries import family_trials, own_series
from runner.judging.verdict import judge
from runner.recording.ledger import Family, Ledger
from runner.storage.store import Store

RESULTS = Path(__file__).resolve().parents[1] / "experiments" / "false_promotions" / "results.json"
YEARS, BARS_A_YEAR, CONFIGURATIONS = 10, 252, 50
BARS = YEARS * BARS_A_YEAR
PERSISTENCE = 0.95
COST = 2e-4
CARRIERS_SHARE = 0.8
UNKNOWABLE = {"leaks", "bundle", "vault"}


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """correlation: between the signals that know nothing; carriers: configurations that know something, each with
    this net Sharpe ratio a year in truth; sweeps: by one user on the same data, one after the other; share: of the
    seeds asked for that are simulated."""

    name: str
    correlation: float = 0.0
    carriers: int = 0
    sharpe: float = 0.0
    sweeps: int = 1
    share: float = 1.0


SCENARIOS = (
    Scenario(name="noise, correlation 0"),
    Scenario(name="noise, correlation 0.5", correlation=0.5),
    Scenario(name="noise, correlation 0.9", correlation=0.9),
    Scenario(name="noise, five sweeps", correlation=0.5, sweeps=5, share=0.12),
    Scenario(name="Sharpe 2, 50 of 50", carriers=50, sharpe=2.0, share=0.5),
    Scenario(name="Sharpe 2, 25 of 50", carriers=25, sharpe=2.0, share=0.5),
    Scenario(name="Sharpe 2, 1 of 50", carriers=1, sharpe=2.0, share=0.12),
    Scenario(name="Sharpe 1, 50 of 50", carriers=50, sharpe=1.0, share=0.12),
    Scenario(name="Sharpe 1, 25 of 50", carriers=25, sharpe=1.0, share=0.12),
    Scenario(name="Sharpe 1, 1 of 50", carriers=1, sharpe=1.0, share=0.12),
)


def volatility(bars: int, rng: np.random.Generator) -> tuple[Float, Float]:
    """(T,) GARCH(1, 1) volatilities, 1 % a bar on average, and Student shocks with five degrees of freedom."""
    shock_T = rng.standard_t(5, bars) * np.sqrt(3 / 5)
    variance_T, variance = np.empty(bars), 1e-4
    for t in range(bars):
        variance_T[t] = variance
        variance = 2e-6 + (0.08 * shock_T[t] ** 2 + 0.9) * variance
    return np.sqrt(variance_T), shock_T


def autoregressive(shape: tuple[int, int], rng: np.random.Generator) -> Float:
    """(T, K) signals of variance 1 whose neighbours correlate by PERSISTENCE: positions are held for some weeks."""
    from scipy.signal import lfilter

    innovations = rng.normal(size=shape)
    innovations[1:] *= np.sqrt(1 - PERSISTENCE**2)
    signals: Float = lfilter([1.0], [1.0, -PERSISTENCE], innovations, axis=0)
    return signals


def mixed(common_T: Float, own_TK: Float, share: float) -> Float:
    """(T, K) signals that correlate by `share` with each other."""
    signals: Float = np.sqrt(share) * common_T[:, None] + np.sqrt(1 - share) * own_TK
    return signals


def earned(signal_TK: Float, market_T: Float, *, cost: float = COST, late: int = 0) -> Float:
    """(T, K) net returns of positions tanh(signal), decided at t and held over t + 1."""
    position_TK = np.tanh(signal_TK)
    held_TK = np.zeros_like(position_TK)
    held_TK[1 + late :] = position_TK[: -1 - late]
    turnover_TK = np.abs(np.diff(held_TK, axis=0, prepend=0.0))
    net: Float = held_TK * market_T[:, None] - cost * turnover_TK
    return net


@remembered
def strength(sharpe: float) -> float:
    """How much of a bar's volatility a signal must foretell for its carriers to earn this net Sharpe ratio."""
    if sharpe == 0:
        return 0.0
    rng = np.random.default_rng(12345)
    volatility_T, shock_T = volatility(400_000, rng)
    true_T = autoregressive((400_000, 1), rng)[:, 0]
    signal_TK = mixed(true_T, autoregressive((400_000, 1), rng), CARRIERS_SHARE)
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        market_T = volatility_T * (shock_T + middle * np.roll(true_T, 1))
        reached = sharpe_ratio(earned(signal_TK, market_T)[:, 0], BARS_A_YEAR)
        low, high = (middle, high) if reached < sharpe else (low, middle)
    return low


@dataclass(frozen=True, kw_only=True, eq=False)
class World:
    """One history and the signals of one sweep after the other."""

    market_T: Float
    signal_TK: Float
    knows: float

    @staticmethod
    def of(scenario: Scenario, seed: int) -> "World":
        rng = np.random.default_rng([seed, *scenario.name.encode()])
        volatility_T, shock_T = volatility(BARS, rng)
        k = CONFIGURATIONS * scenario.sweeps
        true_T, common_T = autoregressive((BARS, 2), rng).T
        knows = strength(scenario.sharpe)
        signal_TK = mixed(common_T, autoregressive((BARS, k), rng), scenario.correlation)
        carriers = slice(0, scenario.carriers)
        signal_TK[:, carriers] = mixed(true_T, autoregressive((BARS, scenario.carriers), rng), CARRIERS_SHARE)
        market_T = volatility_T * (shock_T + knows * np.concatenate([[0.0], true_T[:-1]]))
        return World(market_T=market_T, signal_TK=signal_TK, knows=knows)

    def evidence(self, k: int) -> Evidence:
        """What the run of configuration k would have shown."""
        stamps_T = np.datetime64("2010-01-01", "us") + np.arange(BARS) * np.timedelta64(1, "D")
        signal_T1 = self.signal_TK[:, k : k + 1]
        scored = Scored(
            span="test",
            timestamps_M=stamps_T[:-1],
            symbols_M=np.zeros(BARS - 1, dtype=np.int32),
            fold_M=1 + np.arange(BARS - 1) * 8 // BARS,
            forecast_M=0.01 * max(self.knows, 0.05) * signal_T1[:-1, 0],
            target_M=self.market_T[1:],
            train_mean_M=np.zeros(BARS - 1),
            baselines={"last_value": self.market_T[:-1], "train_mean": np.zeros(BARS - 1)},
        )
        returns_T = earned(signal_T1, self.market_T)[:, 0]
        figures = {f"test/{name}": value for name, value in score(scored, metrics(), "return", 1).items()}
        return Evidence(
            metrics={**figures, "backtest/sharpe": sharpe_ratio(returns_T, BARS_A_YEAR)},
            valid=replace(scored, span="valid"),
            test=scored,
            horizon_bars=1,
            kind="return",
            returns_T=returns_T,
            benchmark_T=np.tanh(signal_T1[:, 0]).mean() * self.market_T,
            bars_per_year=float(BARS_A_YEAR),
            stamps_T=stamps_T,
            market_T=self.market_T,
            scenarios={
                "double_costs": Played(
                    returns_T=earned(signal_T1, self.market_T, cost=2 * COST)[:, 0],
                    phrase="with every cost doubled",
                    costs_times=2.0,
                ),
                "one_bar_later": Played(
                    returns_T=earned(signal_T1, self.market_T, late=1)[:, 0], phrase="with fills one bar later"
                ),
            },
        )


@remembered
def strict() -> GateSet:
    """The shipped strict gates, without those that need more than forecasts and returns."""
    config = yaml.safe_load((config_folder() / "gates" / "strict.yaml").read_text(encoding="utf-8"))
    gates = build(GateSet, config)
    return replace(gates, checks={name: g for name, g in gates.checks.items() if not UNKNOWABLE & g.needs()})


def judged(scenario: Scenario, seed: int) -> list[dict[str, Any]]:
    """One entry a sweep: what became of its best backtest."""
    world, found = World.of(scenario, seed), []
    family = Family(source="simulated", symbols=("A",), first=date(2010, 1, 1), last=date(2020, 1, 1))
    with tempfile.TemporaryDirectory(dir=_memory()) as folder:
        ledger = Ledger.open(Path(folder) / "ledger.sqlite")
        cache = Cache(store=Store(Path(folder) / "store"), progress=Console(io.StringIO()))
        for sweep in range(scenario.sweeps):
            tried = range(sweep * CONFIGURATIONS, (sweep + 1) * CONFIGURATIONS)
            evidences = {k: world.evidence(k) for k in tried}
            for k, evidence in evidences.items():
                ledger.start_trial(family, f"{k}", {"target": "return"})
                ledger.finish_trial(f"{k}", "finished", {"metrics": evidence.metrics}, own_series(evidence))
            best = max(tried, key=lambda k: evidences[k].metrics["backtest/sharpe"])
            shown = Given(key=f"{best}", value=evidences[best])
            trials = family_trials(ledger, family, f"{best}", "return", Path(folder), shown, cache).value
            verdict = judge(replace(evidences[best], trials=trials, seed=seed), gates=strict())
            rejected = [gate.name for gate in verdict.gates if gate.required and gate.status == "failed"]
            found.append({"promoted": verdict.passed, "rejected_by": rejected, **other_rules(evidences[best], trials)})
    return found


def other_rules(evidence: Evidence, trials: Trials) -> dict[str, bool]:
    """What simpler rules would have promoted, at the same 95 %."""
    sample = sharpe_sample(evidence.returns_T)
    ratios = [sharpe_sample(column_T).sharpe for column_T in trials.returns_TK.T]
    raw = float(np.var(ratios, ddof=1))
    effective = independent_trials(trials.returns_TK, trials.silent)
    return {
        "best_backtest": bool(probabilistic_sharpe(sample) >= 0.95),
        "published_dsr": bool(published_ratio(evidence.returns_T, trials.returns_TK, trials.count) >= 0.95),
        "effective_n_raw_variance": bool(deflated_sharpe(sample, trials_variance=raw, n_trials=effective) >= 0.95),
    }


def summary(scenario: Scenario, outcomes: Sequence[Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Counts over seeds; a user with several sweeps has promoted if any of them was."""
    rules = ("promoted", "best_backtest", "published_dsr", "effective_n_raw_variance")
    sweeps = [sweep for user in outcomes for sweep in user]
    gates = Counter(name for sweep in sweeps for name in sweep["rejected_by"])
    return {
        **asdict(scenario),
        "seeds": len(outcomes),
        **{rule: sum(any(sweep[rule] for sweep in user) for user in outcomes) for rule in rules},
        "judged": len(sweeps),
        "rejections": {name: gates[name] for name in strict().checks if gates[name]},
        "promoted_seeds": [seed for seed, user in enumerate(outcomes) if any(sweep["promoted"] for sweep in user)][:50],
    }


def _memory() -> str | None:
    return "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=1000, help="users in every scenario of noise; fewer in the others")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args()
    found = []
    with ProcessPoolExecutor(options.workers) as pool:
        for scenario in SCENARIOS:
            seeds = max(round(options.seeds * scenario.share), 1)
            outcomes = list(pool.map(partial(judged, scenario), range(seeds), chunksize=4))
            found.append(summary(scenario, outcomes))
            print(json.dumps(found[-1]), flush=True)
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
