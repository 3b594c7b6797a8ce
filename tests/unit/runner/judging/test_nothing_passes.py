"""Nothing passes for want of trying: every gate of the catalogue x everything that a run can fail to produce."""

import functools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from components.contracts import Gate, Gates, Kind
from components.gates.gate_set import GateSet
from components.values import Evidence
from runner.composition.build import build
from runner.composition.catalog import catalogue
from runner.judging.verdict import GateOutcome, judge
from runner.testing.evidence import nothing, ordinary

KINDS = get_args(Kind)
GATES = sorted(
    (cls for cls in catalogue().values() if issubclass(cls, Gate) and cls is not Gate), key=lambda cls: cls.__name__
)
EXAMPLES = [(cls, place) for cls in GATES for place in range(len(cls.examples()))]


def no_trade(gate: Gate, kind: str) -> Evidence:
    return idle(gate, kind, traded=0)


def five_trades(gate: Gate, kind: str) -> Evidence:
    return idle(gate, kind, traded=5)


def returns_that_are_nan(gate: Gate, kind: str) -> Evidence:
    return idle(gate, kind, traded=0, fill=math.nan)


def idle(gate: Gate, kind: str, *, traded: int, fill: float = 0.0) -> Evidence:
    """A portfolio that earns something on so many bars, in every world, in the vault as well."""
    whole = ordinary(gate, kind)
    returns_T = np.full(len(whole.returns_T), fill)
    returns_T[:traded] = 0.01
    vault = whole.vault and replace(whole.vault, returns_T=returns_T, benchmark_T=returns_T)
    return replace(
        whole,
        returns_T=returns_T,
        benchmark_T=returns_T,
        scenarios={name: replace(played, returns_T=returns_T) for name, played in whole.scenarios.items()},
        trials=whole.trials and replace(whole.trials, returns_TK=returns_T[:, None], own=0, count=1, silent=0),
        vault=vault,
    )


def no_forecast(gate: Gate, kind: str) -> Evidence:
    return forecasting(gate, kind, lambda forecast_M: np.full(len(forecast_M), math.nan))


def constant_forecast(gate: Gate, kind: str) -> Evidence:
    return forecasting(gate, kind, lambda forecast_M: np.full(len(forecast_M), 0.6))


def constant_in_each_fold(gate: Gate, kind: str) -> Evidence:
    whole = ordinary(gate, kind)
    return forecasting(gate, kind, lambda forecast_M: 0.5 + 0.01 * whole.test.fold_M[: len(forecast_M)])


def forecasting(gate: Gate, kind: str, made: Callable[[np.ndarray], np.ndarray]) -> Evidence:
    whole = ordinary(gate, kind)
    vault = whole.vault and replace(
        whole.vault, scored=replace(whole.vault.scored, forecast_M=made(whole.vault.scored.forecast_M))
    )
    spans = {
        span: replace(getattr(whole, span), forecast_M=made(getattr(whole, span).forecast_M))
        for span in ("valid", "test")
    }
    return replace(whole, **spans, vault=vault)


def one_date(gate: Gate, kind: str) -> Evidence:
    return ordinary(gate, kind, bars=1)


def too_few_bars(gate: Gate, kind: str) -> Evidence:
    return ordinary(gate, kind, bars=5)


def one_symbol(gate: Gate, kind: str) -> Evidence:
    return ordinary(gate, kind, symbols=1)


def nan_metric(gate: Gate, kind: str) -> Evidence:
    whole = ordinary(gate, kind)
    return replace(whole, metrics=dict.fromkeys(whole.metrics, math.nan))


def no_metric(gate: Gate, kind: str) -> Evidence:
    return replace(ordinary(gate, kind), metrics={})


OF_PORTFOLIO = (no_trade, five_trades, returns_that_are_nan)
OF_FORECAST = (no_forecast, constant_forecast, constant_in_each_fold, one_date, too_few_bars)
OUTCOMES = (*OF_PORTFOLIO, *OF_FORECAST, one_symbol, nan_metric, no_metric, nothing)


def concerns(outcome: Callable[..., Evidence], gate: Gate, kind: Kind) -> bool:
    """Whether what is missing is something that the gate judges."""
    result = gate.judges(kind)
    if outcome is nothing:
        return True
    if outcome is one_symbol:
        return gate.min_symbols > 1
    if outcome in (nan_metric, no_metric):
        return bool(gate.figures())
    if outcome in OF_PORTFOLIO:
        return result == "portfolio"
    return result != "run"


@functools.cache
def example(cls: type[Gate], place: int) -> Gate:
    module = f"{cls.__module__}.{cls.__qualname__}"
    checks = {"it": {"_target_": module, **cls.examples()[place], "required": True}}
    return build(Gates, {"_target_": "components.gates.gate_set.GateSet", "enforce": False, "checks": checks}).checks[
        "it"
    ]


def judged(gate: Gate, evidence: Evidence) -> tuple[GateOutcome, bool]:
    verdict = judge(evidence, gates=GateSet(enforce=False, checks={"it": gate}))
    return verdict.gates[0], verdict.passed


@pytest.mark.parametrize(("cls", "place"), EXAMPLES, ids=lambda value: getattr(value, "__name__", str(value)))
def test_an_empty_outcome_never_passes_and_is_never_called_inapplicable(cls: type[Gate], place: int) -> None:
    gate = example(cls, place)
    for kind in KINDS:
        for outcome in OUTCOMES:
            if not concerns(outcome, gate, kind):
                continue
            found, passed = judged(gate, outcome(gate, kind))
            what = f"{outcome.__name__} ({kind}): {found.says}"
            assert found.status == ("failed" if kind in gate.kinds else "not_applicable"), what
            assert not passed, what
            assert found.says.endswith("."), what


@pytest.mark.parametrize("cls", GATES, ids=lambda cls: cls.__name__)
def test_a_gate_applies_to_some_kind_and_is_judged_there(cls: type[Gate]) -> None:
    gate = example(cls, 0)
    statuses = {kind: judged(gate, ordinary(gate, kind))[0].status for kind in KINDS}
    assert {kind for kind in KINDS if statuses[kind] != "not_applicable"} == set(gate.kinds)
    assert gate.kinds


def test_the_words_say_what_is_missing() -> None:
    by_name = {cls.__name__: example(cls, 0) for cls in GATES}
    sharpe = by_name["ProbabilisticSharpe"]
    says = {outcome: judged(sharpe, outcome(sharpe, "return"))[0].says for outcome in OUTCOMES}
    assert says[no_trade] == "The portfolio never traded: there is nothing to judge."
    assert says[five_trades] == "The portfolio earned or lost on 5 bars: it takes 30 to judge it."
    assert says[constant_forecast] == "The forecasts are one value in each fold: they say nothing."
    assert says[one_date] == "Forecasts have outcomes on 1 date: it takes 8 to judge them."
    assert says[no_forecast] == "No forecast has an outcome: there is nothing to judge."
