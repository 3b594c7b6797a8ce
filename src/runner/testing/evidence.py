"""Evidence for laws of gates: an ordinary run, and everything that can be missing from one."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from components.contracts import Gate
from components.values import Certificate, Evidence, Float, LeakReport, NullRank, Played, Scored, Trials, Vault
from runner.composition.figures import words
from runner.testing.data import forecasts, scored, times

BARS = 300
SYMBOLS = 4
FOLDS = 4
KINDS = ("level", "return", "direction")


def ordinary(gate: Gate, kind: str, *, seed: int = 0, bars: int = BARS, symbols: int = SYMBOLS) -> Evidence:
    """A run with some skill, with everything that the gate asks for."""
    rng = np.random.default_rng(seed)
    forecast_M = forecasts(kind, (bars * symbols,), seed=seed)
    target_M = forecast_M + forecast_M.std() * rng.normal(size=len(forecast_M))
    if kind == "direction":
        target_M = (rng.random(len(forecast_M)) < forecast_M).astype(np.float64)
    returns_T, market_T = rng.normal(5e-4, 0.01, bars), rng.normal(3e-4, 0.01, bars)
    test = _with_baselines(gate, scored(target_M, forecast_M, symbols=symbols, folds=FOLDS), rng)
    return _evidence(gate, kind, test, returns_T, market_T, value=0.3)


def lacking(gate: Gate, kind: str) -> Iterator[tuple[str, Evidence]]:
    """What can be wrong with a run, and the run."""
    whole = ordinary(gate, kind)
    flat_T = np.zeros(BARS)
    yield "no trade", replace(whole, returns_T=flat_T, benchmark_T=flat_T)
    yield "one symbol", ordinary(gate, kind, symbols=1)
    yield "one date", ordinary(gate, kind, bars=1)
    yield "three bars", ordinary(gate, kind, bars=3)
    still = np.full(len(whole.test.forecast_M), float(whole.test.forecast_M[0]))
    yield (
        "constant forecasts",
        replace(whole, test=replace(whole.test, forecast_M=still), valid=replace(whole.valid, forecast_M=still)),
    )
    same = np.full(len(still), float(whole.test.target_M[0]))
    yield (
        "constant outcomes",
        replace(whole, test=replace(whole.test, target_M=same), valid=replace(whole.valid, target_M=same)),
    )
    yield "figures that are NaN", replace(whole, metrics=dict.fromkeys(whole.metrics, math.nan))
    yield "no figures", replace(whole, metrics={})
    yield "returns that are NaN", replace(whole, returns_T=np.full(BARS, math.nan), benchmark_T=np.full(BARS, math.nan))
    yield "one fold", replace(whole, test=replace(whole.test, fold_M=np.ones(len(still), dtype=np.int64)))
    yield "nothing", nothing(gate, kind)


def nothing(gate: Gate, kind: str) -> Evidence:
    """A run without forecasts, returns and figures; what the gate asks for was found out and is empty."""
    empty = np.empty(0)
    test = _with_baselines(gate, scored(empty, empty), np.random.default_rng(0))
    found = _evidence(gate, kind, test, empty, empty, value=math.nan)
    trials = found.trials and replace(found.trials, number=0, count=0)
    certificate = found.certificate and replace(found.certificate, latency_p50_us=math.nan, latency_p99_us=math.nan)
    return replace(found, metrics={}, scenarios={}, trials=trials, certificate=certificate)


def _with_baselines(gate: Gate, made: Scored, rng: np.random.Generator) -> Scored:
    noise = {name: made.forecast_M + 0.01 * rng.normal(size=len(made.forecast_M)) for name in gate.baselines()}
    return replace(made, baselines=noise)


def _evidence(gate: Gate, kind: Any, test: Scored, returns_T: Float, market_T: Float, *, value: float) -> Evidence:
    needs = gate.needs()
    stems = {figure.partition("_fold_")[0] for figure in gate.figures()}
    figures: Mapping[str, float] = dict.fromkeys(
        [*stems, *(f"{stem}_fold_{k}" for stem in stems for k in (1, 2, 3))], value
    )
    played = Played(returns_T=returns_T - 1e-4, phrase="with every cost doubled", costs_times=2.0)
    return Evidence(
        metrics=figures,
        words=words(stems),
        valid=replace(test, span="valid"),
        test=test,
        horizon_bars=1,
        kind=kind,
        returns_T=returns_T,
        benchmark_T=market_T,
        market_T=market_T,
        bars_per_year=252.0,
        stamps_T=times(len(returns_T)),
        scenarios=dict.fromkeys(gate.scenarios(), played),
        trials=_trials(returns_T, test) if "trials" in needs else None,
        leaks=LeakReport(
            tests=("static", "cut", "poison") if len(returns_T) else (), findings=(), whole="every row" in needs
        )
        if "leaks" in needs
        else None,
        certificate=_certificate(len(test.forecast_M)) if "bundle" in needs else None,
        nulls=_ranked(returns_T) if "null worlds" in needs else None,
        vault=Vault(scored=replace(test, span="vault"), returns_T=returns_T, benchmark_T=market_T, reused=False)
        if "vault" in needs
        else None,
    )


def _ranked(returns_T: Float) -> NullRank:
    """Better than 99 null worlds where it earns by more than luck, in their middle where not."""
    skilled = len(returns_T) > 0 and math.sqrt(len(returns_T)) * returns_T.mean() > 3 * returns_T.std()
    above = 0 if skilled else 49
    p_value = (1 + above) / 100
    return NullRank(
        figure="test/r2",
        value=0.1,
        p_value=p_value,
        rank=1 + above,
        worlds=99,
        low=p_value / 2,
        high=2 * p_value,
        trials=50,
    )


def _trials(returns_T: Float, test: Scored) -> Trials:
    """This run and two others."""
    rng = np.random.default_rng(1)
    stamps = np.unique(test.timestamps_M)
    return Trials(
        number=3,
        count=3,
        silent=0,
        returns_TK=np.column_stack([returns_T, *(rng.normal(0, 0.01, len(returns_T)) for _ in range(2))]),
        stamps_T=times(len(returns_T)),
        own=0,
        losses_TK=rng.lognormal(0, 0.1, (len(stamps), 3)),
        loss_stamps_T=stamps,
        own_loss=0,
    )


def _certificate(replayed: int) -> Certificate:
    return Certificate(
        forecasts=replayed,
        missing=0,
        beyond_tolerance=0,
        orders=replayed,
        differing_orders=0,
        stream_differing_orders=0,
        first_divergence="",
        latency_p50_us=50.0,
        latency_p99_us=90.0,
    )
