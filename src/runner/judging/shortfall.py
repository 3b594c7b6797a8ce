"""What a run failed to produce: nothing passes for want of trying, whatever a gate makes of an empty result."""

import numpy as np

from components.contracts import Gate
from components.statistics.distinct import distinct
from components.values import Evidence, Float, Scored
from runner.compute.impossible import MIN_DATES

MIN_TRADED_BARS = 30
"""Bars on which something was earned or lost, without which a portfolio has not been tried."""


def shortfall(gate: Gate, evidence: Evidence) -> str:
    """Why what the gate judges is not there, a sentence; empty where it is. The run as such is always there."""
    result = gate.judges(evidence.kind)
    if result == "run":
        return ""
    vault = evidence.vault if "vault" in gate.needs() else None
    scored = vault.scored if vault else evidence.test
    said = _unsaid(scored)
    if result == "forecast" or said:
        return said
    if not evidence.has_portfolio:
        return "The experiment has no portfolio."
    if vault:
        return _untraded(vault.returns_T, " in the vault", MIN_DATES)
    return _untraded(evidence.returns_T, "", MIN_TRADED_BARS)


def _unsaid(scored: Scored) -> str:
    """Why the forecasts say nothing."""
    known_M = np.isfinite(scored.forecast_M) & np.isfinite(scored.target_M)
    dates = len(distinct(scored.timestamps_M[known_M]))
    if not dates:
        return "No forecast has an outcome: there is nothing to judge."
    if dates < MIN_DATES:
        return f"Forecasts have outcomes on {_count(dates, 'date')}: it takes {MIN_DATES} to judge them."
    forecast_M, fold_M = scored.forecast_M[known_M], scored.fold_M[known_M]
    if all(np.ptp(forecast_M[fold_M == fold]) == 0 for fold in distinct(fold_M)):
        return "The forecasts are one value in each fold: they say nothing."
    return ""


def _untraded(returns_T: Float, where: str, least: int) -> str:
    """Why the portfolio was not tried."""
    traded = int(np.count_nonzero(np.nan_to_num(returns_T)))
    if not traded:
        return f"The portfolio never traded{where}: there is nothing to judge."
    if traded < least:
        return f"The portfolio earned or lost on {_count(traded, 'bar')}{where}: it takes {least} to judge it."
    return ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
