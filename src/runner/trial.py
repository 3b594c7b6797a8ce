"""A trial: written down before its fit, closed with what it came to, compared with all others on the same data."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from components.contracts import Source
from components.errors import ConfigError, DataError, RoleForbids
from components.tables.container import paths_of
from components.tables.meaning import Said
from components.values import Evidence, Trials
from runner.composition.build import build
from runner.compute.pipeline import Executed, Prepared, execute, with_folds
from runner.compute.stage import Cache, Keyed, Pruned, Stage, joint_key
from runner.compute.target import target_text
from runner.judging.evidence import gather
from runner.judging.kept import vault_kept
from runner.judging.recipe import recipe_of
from runner.judging.tries import family_of, family_trials, market_of, own_series, seen_by, tried_alone
from runner.recording.actors import acting, restricted
from runner.recording.ledger import Ledger, Series
from runner.recording.records import RunRecord
from runner.recording.sealed import vouched
from runner.recording.trials import Outcome as Ending
from runner.recording.trials import TrialNumber
from runner.recording.witnesses import noted_heads
from runner.specification.experiment import Experiment
from runner.specification.places import Places

TRIAL_FROM = 0.5
"""Share of an experiment's bars times folds from which on a debug run is a trial."""
END_OF_TIME = "9999-12-31"
FILES = "components.data.files.Files"


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
        family = family_of(experiment, prepared.panel, cache)
        return family_trials(self.ledger, family, self.key, self.target, self.outputs, evidence, cache)

    def found(self, evidence: Evidence, *, until: np.datetime64 | None = None) -> None:
        """What the trial leaves behind for those after it; until: only what it saw before then."""
        series = own_series(evidence)
        if until is not None:
            series = {name: one.before(until) for name, one in series.items()}
        self.metrics, self.series = evidence.metrics, series

    def fit(self, experiment: Experiment, prepared: Prepared, executed: Executed, cache: Cache) -> None:
        """Fits all folds. A trial that is pruned leaves behind what its heard folds forecast and earned."""
        try:
            executed.fit()
        except Pruned as stop:
            quiet = cache.quiet()
            heard = with_folds(prepared, prepared.folds[: stop.fold])
            partial = execute(experiment, heard, quiet)
            seen = max(end for fold in heard.folds for _, end in fold.span.test)
            self.found(gather(experiment, heard, partial, quiet).evidence.value, until=seen)
            raise


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
    cache: Cache,
    places: Places,
    *,
    sweep: str | None = None,
    ledger: Ledger | None = None,
) -> Iterator[Tried]:
    """Records a trial before its fit, and how it ended; the block fills in what it found. What a brief record holds is
    vouched for together with the end.

    sweep: name of the sweep of which it is a job: all its jobs are one round of tries, a run of its own is another.
    ledger: that is open already.

    A look is no trial: it has no number, and what is recorded is that it saw its bars. Raises RoleForbids where
    ASSAY_ROLE allows no trial beside a ledger that was removed or replaced.
    """
    key, target = trial_key(executed), target_text(prepared.targets)
    if is_look(experiment, prepared):
        record.note({"ledger_head": looked(experiment, prepared, cache, places, "debug")})
        yield Tried(key=key, target=target, outputs=record.outputs, ledger=None)
        return
    ledger = ledger or Ledger.open(places.ledger)
    whole_for_research(ledger, record.outputs)
    tried = Tried(key=key, target=target, outputs=record.outputs, ledger=ledger)
    family, seen = family_of(experiment, prepared.panel, cache), seen_by(prepared.panel)
    recipe = recipe_of(experiment, prepared.panel, cache.reader)
    if experiment.debug.enabled:
        record.note({"debug": True})
    number = ledger.start_trial(family, key, _body(experiment, record, target, sweep or key), recipe=recipe, seen=seen)
    record.note({"trial": _numbered(key, number), "actor": acting().content(), "ledger_head": number.head})
    if prepared.vault_begins is not None:
        ahead = ledger.seen(family, (str(prepared.vault_begins), END_OF_TIME))
        kept = vault_kept(experiment, ledger, family, prepared.vault_begins)
        record.note({"vault_seen": [sighting.content() for sighting in ahead], "vault_kept": kept})
    began = processor_seconds()

    def end(state: Ending, found: Mapping[str, Any], *, whole: bool = False) -> str:
        spent = processor_seconds() - began

        def also(head: str) -> Mapping[str, Any]:
            return vouched(record, record.ended(state, {"ledger_head": head}))

        vouches = also if record.brief and whole else None
        return ledger.finish_trial(key, state, found, tried.series, processor_seconds=spent, also=vouches)

    try:
        yield tried
    except KeyboardInterrupt:
        end("interrupted", {})
        raise
    except Pruned as stop:
        found = {"metrics": dict(tried.metrics), "folds": stop.fold, "reason": stop.reason}
        record.note({"ledger_head": end("pruned", found, whole=True)})
        raise
    except BaseException as error:
        end("failed", {"error": f"{type(error).__name__}: {error}"})
        raise
    found = {"metrics": dict(tried.metrics)}
    broken = {"error": "; ".join(tried.broken)} if tried.broken else {}
    record.note({"ledger_head": end("failed" if broken else "finished", found | broken, whole=True)})


def is_look(experiment: Experiment, prepared: Prepared) -> bool:
    """Whether a debug run evaluates less than half of what the experiment does: bars times folds. More is a trial."""
    if not experiment.debug.enabled:
        return False
    folds = experiment.split.spans(prepared.panel.dates_T, prepared.panel.symbols)
    return prepared.share_of_bars * len(prepared.folds) / max(len(folds), 1) < TRIAL_FROM


def looked(experiment: Experiment, prepared: Prepared, cache: Cache, places: Places, what: str) -> str:
    """Records an evaluation that is no trial: which bars it saw. Gives the head of the ledger."""
    family = family_of(experiment, prepared.panel, cache)
    return Ledger.open(places.ledger).look(family, prepared.labelled.key, what, seen_by(prepared.panel))


def looked_at_table(where: Path, said: Said, places: Places, what: str) -> None:
    """Records that a table was examined, where it holds a price by which its market is known again."""
    from components.tables.guess import guess

    try:
        reading = {**guess(str(where), said).parameters, "select": ["close"]}
        source: Source = build(Source, {"_target_": FILES, **reading}, path="table")  # type: ignore[type-abstract]
        market, seen = market_of(source.bars(), where.name)
    except (ConfigError, DataError):
        return  # no bars: nothing of a market is seen
    digest = hashlib.sha256()
    for path in paths_of(str(where)):
        with path.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    Ledger.open(places.ledger).look(market, digest.hexdigest(), what, seen)


def whole_for_research(ledger: Ledger, outputs: Path) -> None:
    """Raises RoleForbids under ASSAY_ROLE=research where runs or bundles noted what the ledger does not hold."""
    if restricted() and (problems := ledger.verify(noted_heads(outputs))):
        raise RoleForbids(
            f"ASSAY_ROLE=research: the ledger {ledger.chain.database.place} is not the one of {outputs}: "
            f"{problems[0]}; give the ledger back"
        )


def processor_seconds() -> float:
    """Of this process and of the children that it waited for."""
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _body(experiment: Experiment, record: RunRecord, target: str, tries: str) -> dict[str, Any]:
    told = {"hypothesis": experiment.hypothesis, "parent": experiment.parent}
    return {
        "experiment": experiment.name,
        "run_id": record.run_id,
        "choices": record.manifest["choices"],
        "target": target,
        "round": tries,
        **{name: value for name, value in told.items() if value is not None},
    }


def _numbered(key: str, number: TrialNumber) -> dict[str, Any]:
    """What the manifest says of the trial."""
    return {
        "key": key,
        "number": number.number,
        "family_trials": number.family_trials,
        "counted": True,
        "repeats": number.repeats,
        "recognised": asdict(number.recognised),
    }
