"""Every family of data that was ever tried on, with what its trials amount to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from components.statistics.deflation import independent_trials
from runner.judging.tries import RETURNS, aligned
from runner.recording.ledger import FamilySummary, Ledger, Trial

MIN_BARS = 30
"""Fewer common bars tell nothing of the correlation of tries."""


@dataclass(frozen=True, kw_only=True)
class FamilyRow:
    """One family as it is shown. effective_trials: None where fewer than two trials' returns are known; actors: who
    made how many of the trials first, as far as events name one."""

    source: str
    symbols: tuple[str, ...]
    first: str
    last: str
    first_trial: str
    trials: int
    finished: int
    failed: int
    interrupted: int
    running: int
    vault_openings: int
    effective_trials: float | None
    actors: Mapping[str, int]


def family_rows(ledger: Ledger, *, broken: bool) -> list[FamilyRow]:
    """The families; none where a broken record can no longer be read."""
    try:
        return [family_row(ledger, summary) for summary in ledger.families()]
    except (KeyError, TypeError, ValueError):
        if broken:
            return []
        raise


def family_row(ledger: Ledger, summary: FamilySummary) -> FamilyRow:
    """Counts of one family."""
    family = summary.family
    trials = ledger.trials(family)
    states = Counter(trial.state for trial in trials)
    return FamilyRow(
        source=family.source,
        symbols=family.symbols,
        first=family.first.isoformat(),
        last=family.last.isoformat(),
        first_trial=min((trial.started_at for trial in trials), default=""),
        trials=summary.trials,
        finished=states["finished"],
        failed=states["failed"] + states["pruned"],
        interrupted=states["interrupted"],
        running=states["running"],
        vault_openings=summary.vault_openings,
        effective_trials=_effective(ledger, trials),
        actors=dict(Counter(f"{trial.actor['kind']}:{trial.actor['name']}" for trial in trials if trial.actor)),
    )


def _effective(ledger: Ledger, trials: Sequence[Trial]) -> float | None:
    """Independent tries that those with returns are worth, at the bars that they share with the longest."""
    series = ledger.series(trials, RETURNS)
    if len(series) < 2:
        return None
    longest = max(series, key=lambda key: len(series[key].stamps_T))
    _, joint_TK, keys = aligned(series, longest)
    if len(keys) < 2 or len(joint_TK) < MIN_BARS:
        return None
    return independent_trials(joint_TK)
