"""A trial: written down before its fit, closed with what it came to, compared with all others on the same data."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from components.values import Evidence, Trials
from runner.compute.pipeline import Executed, Prepared
from runner.compute.stage import Cache, Keyed, Pruned, Stage, joint_key
from runner.compute.target import target_text
from runner.judging.tries import family_of, family_trials, own_series, tried_alone
from runner.recording.ledger import Ledger, Series
from runner.recording.records import RunRecord
from runner.specification.experiment import Experiment
from runner.specification.places import Places


@dataclass
class Tried:
    """What the block of a trial finds out, and what is said of it at the end.

    ledger: None in a debug run, which is no trial. metrics, series: of the trial, once they are known; broken: what
    broke in it, one line each.
    """

    key: str
    target: str
    outputs: Path
    ledger: Ledger | None
    metrics: Mapping[str, float] = field(default_factory=dict[str, float])
    series: Mapping[str, Series] | None = None
    broken: list[str] = field(default_factory=list[str])

    def trials(
        self, experiment: Experiment, prepared: Prepared, evidence: Stage[Evidence], cache: Cache
    ) -> Keyed[Trials]:
        """Everything that was tried on the same data, this trial included."""
        if self.ledger is None:
            return tried_alone(evidence, cache)
        family = family_of(experiment, prepared.panel)
        return family_trials(self.ledger, family, self.key, self.target, self.outputs, evidence, cache)

    def found(self, evidence: Evidence, *, until: np.datetime64 | None = None) -> None:
        """What the trial leaves behind for those after it; until: only what it saw before then."""
        series = own_series(evidence)
        if until is not None:
            series = {name: one.before(until) for name, one in series.items()}
        self.metrics, self.series = evidence.metrics, series


def trial_key(executed: Executed) -> str:
    """What makes two trials the same: everything that decides forecasts and returns; what only judges, records or
    shows them is no further try."""
    return joint_key(executed.calibrated, executed.traded)


@contextmanager
def trial(
    experiment: Experiment,
    prepared: Prepared,
    executed: Executed,
    record: RunRecord,
    places: Places,
    *,
    sweep: str | None = None,
) -> Iterator[Tried]:
    """Records a trial before its fit, and how it ended; the block fills in what it found.

    sweep: name of the sweep of which it is a job: all its jobs are one round of tries, a run of its own is another.

    A debug run is no trial: it has no number and nothing is recorded.
    """
    key, target = trial_key(executed), target_text(prepared.targets)
    if experiment.debug.enabled:
        yield Tried(key=key, target=target, outputs=record.outputs, ledger=None)
        return
    ledger = Ledger.open(places.ledger)
    tried = Tried(key=key, target=target, outputs=record.outputs, ledger=ledger)
    body = {
        "experiment": experiment.name,
        "run_id": record.run_id,
        "choices": record.manifest["choices"],
        "target": target,
        "round": sweep or key,
    }
    number = ledger.start_trial(family_of(experiment, prepared.panel), key, body)
    counted = {"number": number.number, "family_trials": number.family_trials, "counted": True}
    record.note({"trial": {"key": key, **counted}, "ledger_head": number.head})
    try:
        yield tried
    except KeyboardInterrupt:
        ledger.finish_trial(key, "interrupted", {})
        raise
    except Pruned as stop:
        found = {"metrics": dict(tried.metrics), "folds": stop.fold, "reason": stop.reason}
        record.note({"ledger_head": ledger.finish_trial(key, "pruned", found, tried.series)})
        raise
    except BaseException as error:
        ledger.finish_trial(key, "failed", {"error": f"{type(error).__name__}: {error}"}, tried.series)
        raise
    found = {"metrics": dict(tried.metrics)}
    if tried.broken:
        head = ledger.finish_trial(key, "failed", {**found, "error": "; ".join(tried.broken)}, tried.series)
    else:
        head = ledger.finish_trial(key, "finished", found, tried.series)
    record.note({"ledger_head": head})
