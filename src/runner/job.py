"""One trial of a sweep: fitted, backtested, and judged by the gates that read forecasts and returns, nothing else.

Its folder holds what judges it and what tells it again: config.yaml, manifest.json, metrics.json, gates.json,
events.jsonl, SHA256SUMS. Everything else, from what other gates look at to the report, comes by `runner.whole`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from components.leaks.plausible import too_good
from runner import exit_codes
from runner.composition.composed import Composed
from runner.compute import pipeline
from runner.compute.impossible import refuse_impossible
from runner.compute.pipeline import Executed, Prepared
from runner.compute.rivals import rows_without_features
from runner.compute.stage import Cache, Memory, Pruned
from runner.compute.told import Timed, Told
from runner.console import Console
from runner.judging.evidence import Gathered, gather
from runner.judging.judge import conclude_so_far, run_key
from runner.judging.verdict import Verdict
from runner.judging.watched import Judge, Watcher
from runner.recording.events import Events
from runner.recording.ledger import Ledger
from runner.recording.provenance import provenance
from runner.recording.records import RunRecord
from runner.recording.sealed import write_sums
from runner.report import description
from runner.results import Outcome, keys_of
from runner.specification.experiment import Experiment
from runner.specification.places import Places
from runner.trial import Tried, trial


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What the trials of one process share. facts: where they came from; memory: stages of the last trials;
    texts: of the sections of the last one's configuration."""

    places: Places
    ledger: Ledger
    memory: Memory = field(default_factory=Memory)
    texts: dict[str, str] = field(default_factory=dict[str, str])
    facts: Mapping[str, Any] = field(default_factory=provenance)

    @staticmethod
    @contextmanager
    def at(places: Places) -> "Iterator[Bench]":
        """Keeps the ledger open as long as the block lasts."""
        with Ledger.kept_open(places.ledger) as ledger:
            yield Bench(places=places, ledger=ledger)


def run_job(
    experiment: Experiment,
    composed: Composed,
    console: Console,
    bench: Bench,
    *,
    sweep: Mapping[str, Any] | None = None,
    pruner: Judge | None = None,
) -> Outcome:
    """Runs a checked experiment as a trial of a sweep and records it in a run folder and in the ledger.

    sweep: name of the sweep of which it is a job, and its number there; pruner: hears the validation scores of each
    fold, in order, and may stop the trial.
    """
    events = Events()
    with events.ending():
        events.tell("started", experiment=experiment.name, overrides=list(composed.overrides))
        outcome = _run(experiment, composed, console, bench, events, sweep, pruner)
        events.tell("finished", state=outcome.state)
        events.into(outcome.folder)
        return outcome


def _run(
    experiment: Experiment,
    composed: Composed,
    console: Console,
    bench: Bench,
    events: Events,
    sweep: Mapping[str, Any] | None,
    pruner: Judge | None,
) -> Outcome:
    for notice in composed.notices:
        console.note(notice)
    watcher = Watcher(experiment, pruner) if pruner else None
    bench.memory.next_trial()
    cache = pipeline.open_cache(bench.places, Told(shows=Timed(), events=events), watcher, bench.memory)
    prepared = pipeline.prepare(experiment, cache)
    if watcher:
        watcher.prepared = prepared
    for notice in (*prepared.panel.notices, *refuse_impossible(experiment, prepared)):
        console.note(notice)
    executed = pipeline.execute(experiment, prepared, cache)
    composed = replace(composed, notices=(*composed.notices, *rows_without_features(executed.rivals, prepared)))
    gathered = gather(experiment, prepared, executed, cache)
    key = run_key(experiment, gathered, cache)
    verdict: Verdict | None = None
    # What is known at once is all that is told of a trial that is killed.
    facts = {**bench.facts, "tracking": list(experiment.tracking.places()), "sweep": sweep}
    with RunRecord.create(bench.places.outputs, experiment.name, key, brief=True, facts=facts) as record:
        record.write_text("config.yaml", description.settings_text(composed.config, bench.texts))
        record.note(description.description(experiment, composed, prepared))
        name = str(sweep["name"]) if sweep else None
        try:
            with trial(
                experiment, prepared, executed, record, cache, bench.places, sweep=name, ledger=bench.ledger
            ) as tried:
                verdict = _tried(experiment, prepared, executed, gathered, record, cache, tried, watcher)
            record.close("failed" if tried.broken else "finished")
        except Pruned as stop:
            record.close("pruned")
            console.note(str(stop))
            events.tell("pruned", fold=stop.fold, reason=stop.reason)
        write_sums(record.folder, dict(sorted(record.files.items())))
    # Stages and cache name each other: undone, what this trial made is freed at once.
    cache.made.clear()
    if watcher:
        watcher.prepared = None
    state = str(record.manifest["state"])
    return Outcome(folder=record.folder, verdict=verdict, exit_code=_code(experiment, verdict, state), state=state)


def _tried(
    experiment: Experiment,
    prepared: Prepared,
    executed: Executed,
    gathered: Gathered,
    record: RunRecord,
    cache: Cache,
    tried: Tried,
    watcher: Watcher | None,
) -> Verdict:
    """Fitted, judged by what it has, written down. Raises Pruned."""
    try:
        tried.fit(experiment, prepared, executed, cache)
    except Pruned as stop:
        _note_pruned(stop, watcher, record, cache)
        raise
    evidence = gathered.evidence.value
    tried.found(evidence)
    verdict = conclude_so_far(experiment, gathered)
    record.write_metrics(evidence.metrics)
    record.write_json("gates.json", verdict.to_json())
    tried.broken += verdict.broken
    broken = {"broken": tried.broken} if tried.broken else {}
    record.note({"too_good": too_good(evidence), "judged": {"wholly": False}, **broken, **_stages(cache)})
    return verdict


def _code(experiment: Experiment, verdict: Verdict | None, state: str) -> int:
    if state == "failed":
        return exit_codes.UNFORESEEN
    if verdict is None:
        return exit_codes.RAN
    failed = bool(verdict.failed(required=True))
    return exit_codes.of_verdict(verdict.level, failed=failed, enforced=experiment.gates.enforce)


def _note_pruned(stop: Pruned, watcher: Watcher | None, record: RunRecord, cache: Cache) -> None:
    """A trial that was stopped has no verdict; what was heard of it is kept."""
    scores = list(watcher.scores) if watcher else []
    record.note({"pruned": {"fold": stop.fold, "reason": stop.reason, "scores": scores}, **_stages(cache)})


def _stages(cache: Cache) -> dict[str, Any]:
    return {"stages": cache.times, "keys": keys_of(cache)}
