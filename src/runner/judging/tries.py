"""What was tried on the same data, as evidence: from the ledger, which outlives the folders of the runs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components.bars import Bars
from components.errors import DataError
from components.panel import Panel
from components.statistics.comparison import per_timestamp
from components.statistics.deflation import independent_trials
from components.statistics.distinct import distinct
from components.statistics.forecast import loss
from components.values import Evidence, Float, Scored, Time, Trials
from runner.compute.stage import Cache, Given, Keyed, Stage
from runner.recording.ledger import Family, Ledger, Series, Trial
from runner.recording.markets.sketch import sketch_of
from runner.recording.witnesses import noted_heads
from runner.specification.experiment import Experiment
from runner.storage.canonical import content_hash, finite_or_null
from runner.storage.formats import FILES, Files

SHARED = 0.8
"""Share of a run's bars that another trial must have seen to be compared; others are silent."""

RETURNS, LOSSES = "returns", "losses"
SKETCH = "sketch"


def own_series(evidence: Evidence) -> dict[str, Series]:
    """What a trial leaves behind for those after it: net returns per bar, and forecast losses per time."""
    losses_T = forecast_losses(evidence.test, evidence.kind)
    return {
        RETURNS: _known(evidence.stamps_T, evidence.returns_T),
        LOSSES: _known(distinct(evidence.test.timestamps_M), losses_T),
    }


def forecast_losses(scored: Scored, kind: str) -> Float:
    """(T,) loss per distinct time, mean over symbols: log losses of a direction, else squared errors."""
    return per_timestamp(loss(kind, scored.target_M, scored.forecast_M), scored.timestamps_M)


def tried_alone(evidence: Keyed[Evidence], cache: Cache) -> Stage[Trials]:
    """The trials of a run that is none, such as a debug run."""
    return cache.stage(alone, inputs={"evidence": evidence}, form=None)


def alone(evidence: Evidence) -> Trials:
    """The run itself."""
    return trials_of({"": own_series(evidence)}, own="", number=1, count=1)


def family_of(experiment: Experiment, panel: Panel, cache: Cache) -> Family:
    """The data's identity: source, symbols and days, and the sketch of how the symbols moved."""
    first, last = panel.dates_T[[0, -1]].astype("datetime64[D]").tolist()
    bars = Given(key=panel.fingerprint, value=panel)
    sketch = cache.stage(sketched, inputs={"panel": bars}, form=FILES).value[SKETCH]
    identity = experiment.data.facts().identity
    return Family(source=identity, symbols=panel.symbols, first=first, last=last, sketch=sketch)


def market_of(bars: Bars, name: str) -> tuple[Family, tuple[str, str]]:
    """The market of the bars of a file of that name, and the times of the first and the last of them. Raises DataError
    where none has a time."""
    timed = bars.take(~np.isnat(bars.timestamps_R))
    if not timed.n_rows:
        raise DataError(f"{name}: no row has a time")
    panel = timed.ordered().to_panel()
    first, last = panel.dates_T[[0, -1]].astype("datetime64[D]").tolist()
    sketch = sketch_of(panel).to_bytes()
    family = Family(source=f"files:{name}", symbols=panel.symbols, first=first, last=last, sketch=sketch)
    return family, seen_by(panel)


def sketched(panel: Panel) -> Files:
    """The sketch of the panel's symbols as one file."""
    return {SKETCH: sketch_of(panel).to_bytes()}


def seen_by(panel: Panel) -> tuple[str, str]:
    """Times of the first and the last bar."""
    return str(panel.dates_T[0]), str(panel.dates_T[-1])


def family_trials(
    ledger: Ledger, family: Family, key: str, target: str, outputs: Path, evidence: Keyed[Evidence], cache: Cache
) -> Stage[Trials]:
    """All trials of the family with their series, and whether the record of them is whole, under the state of the
    family in which they are counted.

    key: this run's trial; target: what it forecasts, without which losses cannot be compared.
    """
    trials = ledger.trials(family)
    problems = tuple(ledger.verify(noted_heads(outputs)))
    others = [[trial.key, trial.number, trial.state, trial.outcome] for trial in trials if key not in trial.keys]
    own = [[trial.number, earlier_rounds(trials, key)] for trial in trials if key in trial.keys]
    state = content_hash([finite_or_null(others), own, target, list(problems)])
    tried = Given(key=state, value=_Tried(ledger=ledger, trials=trials, key=key, target=target, problems=problems))
    return cache.stage(counted, inputs={"tried": tried, "evidence": evidence}, form=None)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Tried:
    """What the ledger knows of a family. key: of this run's trial; target: what it forecasts."""

    ledger: Ledger
    trials: list[Trial]
    key: str
    target: str
    problems: tuple[str, ...]


def counted(tried: _Tried, evidence: Evidence) -> Trials:
    """All trials of a family, this one as it is now."""
    ledger, trials, key = tried.ledger, tried.trials, tried.key
    found = {
        RETURNS: ledger.series(trials, RETURNS),
        LOSSES: ledger.series([trial for trial in trials if _target(trial) == tried.target], LOSSES),
    }
    series = {
        trial.key: {name: of_name[trial.key] for name, of_name in found.items() if trial.key in of_name}
        for trial in trials
    }
    own, number = next(((each.key, each.number) for each in trials if key in each.keys), (key, len(trials)))
    # The try is what it is now, whatever an earlier repetition of it left.
    series[own] = own_series(evidence)
    problems = (*tried.problems, *_changed(trials, found[RETURNS], own))
    earlier = earlier_rounds(trials, own)
    return trials_of(series, own=own, number=number, count=len(series), problems=problems, earlier_rounds=earlier)


def earlier_rounds(trials: Sequence[Trial], key: str) -> int:
    """Sweeps and single runs that began before the one that the trial belongs to. Trials of which the ledger does not
    say to which they belong count as one."""
    rounds = list(dict.fromkeys(_round(trial) for trial in trials))
    own = next((_round(trial) for trial in trials if key in trial.keys), None)
    return len(rounds) if own is None else rounds.index(own)


def _round(trial: Trial) -> str:
    return str(trial.started.get("round", ""))


def _changed(trials: list[Trial], found: Mapping[str, Series], own: str) -> list[str]:
    """Trials whose returns are no longer what their event vouches for; what is missing altogether the ledger says."""
    lost = [
        trial.number
        for trial in trials
        if trial.outcome.get("series", {}).get(RETURNS) and trial.key not in found and trial.key != own
    ]
    return [f"series changed after they were written: returns of trial {lost[0]}"] if lost else []


def tries_in_figures(trials: Trials, kind: str) -> dict[str, Any]:
    """What the manifest says of the tries on the same data, this one included.

    count: all of them; series: which of their series is compared, losses where a level is forecast (kind), else
    returns; silent: tries without one; independent: how many independent ones they are worth by it.
    """
    series = LOSSES if kind == "level" else RETURNS
    series_TK = trials.losses_TK if kind == "level" else trials.returns_TK
    silent = trials.count - series_TK.shape[1]
    return {
        "count": trials.count,
        "series": series,
        "silent": silent,
        "independent": independent_trials(series_TK, silent),
        "earlier_rounds": trials.earlier_rounds,
        "record_problems": list(trials.problems),
    }


def trials_of(
    series: Mapping[str, Mapping[str, Series]],
    *,
    own: str,
    number: int,
    count: int,
    problems: tuple[str, ...] = (),
    earlier_rounds: int = 0,
) -> Trials:
    """Series of trials side by side, at the times that this run shares with those that saw most of them."""
    stamps_T, returns_TK, keys = aligned({key: s[RETURNS] for key, s in series.items() if RETURNS in s}, own)
    loss_stamps_T, losses_TK, loss_keys = aligned({key: s[LOSSES] for key, s in series.items() if LOSSES in s}, own)
    return Trials(
        number=number,
        count=count,
        silent=count - len(keys),
        returns_TK=returns_TK,
        stamps_T=stamps_T,
        own=keys.index(own) if own in keys else None,
        losses_TK=losses_TK,
        loss_stamps_T=loss_stamps_T,
        own_loss=loss_keys.index(own) if own in loss_keys else None,
        problems=problems,
        earlier_rounds=earlier_rounds,
    )


def aligned(series: Mapping[str, Series], own: str) -> tuple[Time, Float, list[str]]:
    """(T,) times, (T, K) values and the K trials that are compared, at their common times.

    Those that saw most of the own trial's times come first, as long as SHARED of its times are left: a trial that would
    leave fewer is silent, so that no number of short ones can shorten the record.
    """
    if own not in series or len(series[own].stamps_T) == 0:
        return np.empty(0, dtype="datetime64[us]"), np.empty((0, 0)), []
    wanted_T = series[own].stamps_T
    seen = {key: np.isin(wanted_T, one.stamps_T) for key, one in series.items()}
    common_T, compared = seen[own], {own}
    for key in sorted(seen, key=lambda key: -int(seen[key].sum())):
        if (common_T & seen[key]).mean() >= SHARED:
            common_T = common_T & seen[key]
            compared.add(key)
    shared_T, keys = wanted_T[common_T], [key for key in series if key in compared]
    columns = [series[key].values_T[np.searchsorted(series[key].stamps_T, shared_T)] for key in keys]
    return shared_T, np.column_stack(columns), keys


def _known(stamps_T: Time, values_T: Float) -> Series:
    finite_T = np.isfinite(values_T)
    return Series(stamps_T=stamps_T[finite_T].astype("datetime64[us]"), values_T=values_T[finite_T])


def _target(trial: Trial) -> str:
    return str(trial.started.get("target", ""))
