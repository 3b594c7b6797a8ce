"""One experiment from checked configuration to verdict: compute, record, judge, report, promote."""

from collections.abc import Mapping
from dataclasses import replace

from components.errors import AssayError
from runner import exit_codes
from runner.composition.composed import Composed
from runner.compute import pipeline
from runner.compute.impossible import refuse_impossible
from runner.compute.pipeline import Executed, Prepared
from runner.compute.rivals import rows_without_features
from runner.compute.stage import Cache
from runner.compute.told import Told
from runner.console import Console
from runner.judging.evidence import Gathered, gather
from runner.judging.judge import Judged, conclude, run_key
from runner.judging.verdict import Verdict
from runner.promotion.opening import Candidate
from runner.promotion.promote import Promotion, Wish, promote
from runner.promotion.words import offer
from runner.recording.actors import restricted
from runner.recording.events import Events
from runner.recording.ledger import Ledger
from runner.recording.records import RunRecord
from runner.recording.sealed import seal
from runner.report import description
from runner.report.written import report_on
from runner.results import Outcome, write_results
from runner.specification.experiment import Experiment
from runner.specification.places import Places
from runner.trial import trial


def run_experiment(
    experiment: Experiment,
    composed: Composed,
    console: Console,
    places: Places,
) -> Outcome:
    """Runs a checked experiment, records all of it in a run folder and in the ledger, and promotes it where it passes
    and says so. A trial of a sweep is `runner.job`.

    Verdict and report are written before a promotion is tried: whatever happens there, they are kept.
    """
    events = Events()
    with events.ending():
        events.tell("started", experiment=experiment.name, overrides=list(composed.overrides))
        outcome = _run(experiment, composed, console, places, events)
        events.tell("finished", state=outcome.state)
        return outcome


def _run(
    experiment: Experiment,
    composed: Composed,
    console: Console,
    places: Places,
    events: Events,
) -> Outcome:
    for notice in composed.notices:
        console.note(notice)
    cache = pipeline.open_cache(places, Told(shows=console, events=events))
    prepared = pipeline.prepare(experiment, cache)
    for notice in (*prepared.panel.notices, *refuse_impossible(experiment, prepared)):
        console.note(notice)
    executed = pipeline.execute(experiment, prepared, cache)
    lacking = rows_without_features(executed.rivals, prepared)
    for notice in lacking:
        console.note(notice)
    composed = replace(composed, notices=(*composed.notices, *lacking))
    gathered = gather(experiment, prepared, executed, cache)
    key = run_key(experiment, gathered, cache)
    with RunRecord.create(places.outputs, experiment.name, key) as record:
        events.into(record.folder)
        record.write_text("config.yaml", description.settings_text(composed.config))
        record.note(description.description(experiment, composed, prepared))
        judged, images = _tried(experiment, prepared, executed, gathered, record, cache, places)
        _tell(events, judged.verdict)
        cache.run("report", lambda: report_on(record.folder, images))
        may = judged.verdict.passed and _promotes_itself(experiment, record)
        if may and (why := _held_back(experiment, record)):
            console.note(f"Not promoted: {why}")
            may = False
        if not may or judged.verdict.offers:
            _seal(record, places)
            if may:
                console.note(f"Not promoted by itself. {offer(str(judged.verdict.offers), record.run_id)}")
            return _outcome(experiment, record, judged.verdict, None)
        candidate = Candidate(
            experiment=experiment,
            config=composed.config,
            prepared=prepared,
            executed=executed,
            evidence=judged.evidence.value,
            gates=judged.verdict.to_json(),
            run=record.manifest,
        )
        try:
            promotion = _promoted(candidate, record, images, cache, console, places)
            events.tell("promoted", **promotion.told())
        finally:
            _seal(record, places)
    return _outcome(experiment, record, judged.verdict, promotion)


def _tried(
    experiment: Experiment,
    prepared: Prepared,
    executed: Executed,
    gathered: Gathered,
    record: RunRecord,
    cache: Cache,
    places: Places,
) -> tuple[Judged, Mapping[str, bytes]]:
    """The trial: fitted, compared with all others on the same data, judged, written down; and its pictures. The run
    is closed with it, since its report says how it ended."""
    with trial(experiment, prepared, executed, record, cache, places) as tried:
        executed.fit()
        tried.found(gathered.evidence.value)
        trials = tried.trials(experiment, prepared, gathered.evidence, cache)
        judged = conclude(experiment, prepared, executed, gathered, trials, cache)
        images, broken = write_results(experiment, record, prepared, executed, judged, trials.value, cache)
        tried.broken += broken
    if tried.broken:
        record.note({"broken": tried.broken})
    record.close("failed" if tried.broken else "finished")
    return judged, images


def _seal(record: RunRecord, places: Places) -> None:
    """A debug run is sealed for itself alone: the ledger knows nothing of it."""
    counted = record.manifest["trial"]["counted"]
    seal(record.folder, record.manifest["run_key"], Ledger.open(places.ledger) if counted else None)


def _tell(events: Events, verdict: Verdict) -> None:
    """Every gate, and what they come to."""
    content = verdict.to_json()
    for gate in content["gates"]:
        events.tell(
            "gate", **{name: gate[name] for name in ("name", "status", "required", "value", "threshold", "says")}
        )
    events.tell("verdict", **{name: content[name] for name in ("level", "passed", "forecast", "portfolio")})


def _promotes_itself(experiment: Experiment, record: RunRecord) -> bool:
    whole = record.manifest["state"] == "finished"
    return whole and experiment.export.promote == "auto" and not experiment.debug.enabled


def _held_back(experiment: Experiment, record: RunRecord) -> str | None:
    """Why a run that would promote itself must not: what it would be refused for is no fault of the run."""
    if restricted():
        return "ASSAY_ROLE=research runs and sweeps, and promotes nothing"
    if experiment.data.seal() is not None:
        return f"its vault is sealed; who holds the key may promote {record.run_id}"
    problems = record.manifest.get("tries", {}).get("record_problems")
    return f"the ledger is not whole ({problems[0]}), so that no vault can be called unseen" if problems else None


def _promoted(
    candidate: Candidate,
    record: RunRecord,
    images: Mapping[str, bytes],
    cache: Cache,
    console: Console,
    places: Places,
) -> Promotion:
    """What came of promoting the run. Where that breaks, the run folder says so before the error goes on."""
    try:
        promotion = promote(candidate, Wish(), cache, places)
    except KeyboardInterrupt:
        console.summary(record.folder)
        raise
    except Exception as error:
        reason = str(error) if isinstance(error, AssayError) else f"{type(error).__name__}: {error}"
        record.reopen({"broken": [f"promotion: {reason}"], "promotion": {"state": "failed", "reason": reason}})
        record.close("failed")
        report_on(record.folder, images)
        console.summary(record.folder)
        raise
    record.write_json("promotion.json", promotion.to_json())
    record.note({"bundle": str(promotion.folder) if promotion.folder else None})
    report_on(record.folder, images)
    return promotion


def _outcome(experiment: Experiment, record: RunRecord, verdict: Verdict, promotion: Promotion | None) -> Outcome:
    code = exit_codes.UNFORESEEN if record.manifest["state"] == "failed" else exit_codes.RAN
    refused = promotion is not None and promotion.state == "refused"
    level, failed = "rejected" if refused else verdict.level, bool(verdict.failed(required=True))
    code = code or exit_codes.of_verdict(level, failed=failed, enforced=experiment.gates.enforce)
    state = str(record.manifest["state"])
    return Outcome(folder=record.folder, verdict=verdict, exit_code=code, state=state, promotion=promotion)
