"""One experiment from checked configuration to verdict: compute, record, judge, report, promote."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from components.errors import AssayError
from components.leaks.plausible import too_good
from runner import exit_codes
from runner.composition.composed import Composed
from runner.compute import pipeline
from runner.compute.impossible import refuse_impossible
from runner.compute.paths import median_path, path_sharpes
from runner.compute.pipeline import Executed, Prepared
from runner.compute.rivals import rows_without_features
from runner.compute.stage import Cache, Pruned
from runner.compute.told import Told
from runner.console import Console
from runner.judging.evidence import Gathered, gather
from runner.judging.judge import Judged, conclude, run_key
from runner.judging.junit import junit
from runner.judging.tries import tries_in_figures
from runner.judging.verdict import Verdict
from runner.judging.watched import Judge, Watcher
from runner.promotion.opening import Candidate
from runner.promotion.promote import Promotion, Wish, promote
from runner.promotion.words import offer, say
from runner.recording.actors import restricted
from runner.recording.events import Events
from runner.recording.ledger import Ledger
from runner.recording.records import RunRecord
from runner.recording.sealed import seal
from runner.report import description
from runner.report.written import pictures_of, report_on
from runner.specification.experiment import Experiment
from runner.specification.places import Places
from runner.trial import Tried, trial


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run came to: its folder, its verdict, None where it was pruned, the exit code of the process, its state,
    and what came of promoting it, None where that was not tried."""

    folder: Path
    verdict: Verdict | None
    exit_code: int
    state: str
    promotion: Promotion | None = None

    def show(self, console: Console) -> None:
        """Figures, gates, verdict and paths, and what was promoted; nothing where it was pruned."""
        if self.verdict is not None:
            console.summary(self.folder)
        if self.promotion is not None:
            say(console, self.promotion)


def run_experiment(
    experiment: Experiment,
    composed: Composed,
    console: Console,
    places: Places,
    *,
    single: bool,
    sweep: str | None = None,
    pruner: Judge | None = None,
) -> Outcome:
    """Runs a checked experiment and records all of it in a run folder and in the ledger.

    Verdict and report are written before a promotion is tried: whatever happens there, they are kept.
    single: no job of a sweep, so that a passing run may promote itself, and has pictures and a report; in a job folds
    are fitted one after the other. sweep: name of the sweep of which it is a job.
    pruner: hears the validation scores of each fold, in order, and may stop the trial.
    """
    events = Events()
    with events.ending():
        events.tell("started", experiment=experiment.name, overrides=list(composed.overrides))
        outcome = _run(experiment, composed, console, places, events, single=single, sweep=sweep, pruner=pruner)
        events.tell("finished", state=outcome.state)
        return outcome


def _run(
    experiment: Experiment,
    composed: Composed,
    console: Console,
    places: Places,
    events: Events,
    *,
    single: bool,
    sweep: str | None,
    pruner: Judge | None,
) -> Outcome:
    for notice in composed.notices:
        console.note(notice)
    if not single:
        experiment = replace(experiment, resources=replace(experiment.resources, workers=1))
    watcher = Watcher(experiment, pruner) if pruner else None
    cache = pipeline.open_cache(places, Told(shows=console, events=events), watcher)
    prepared = pipeline.prepare(experiment, cache)
    if watcher:
        watcher.prepared = prepared
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
        job = {"sweep": sweep and {"name": sweep}}
        record.note({**description.description(experiment, composed, prepared), **job})
        try:
            judged, images = _tried(
                experiment, prepared, executed, gathered, record, cache, places, pictured=single, sweep=sweep
            )
        except Pruned as stop:
            outcome = _pruned(stop, watcher, record, console)
            events.tell("pruned", fold=stop.fold, reason=stop.reason)
            _seal(record, places)
            return outcome
        _tell(events, judged.verdict)
        if single:
            cache.run("report", lambda: report_on(record.folder, images))
        may = single and judged.verdict.passed and _promotes_itself(experiment, record)
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
    *,
    pictured: bool,
    sweep: str | None,
) -> tuple[Judged, Mapping[str, bytes]]:
    """The trial: fitted, compared with all others on the same data, judged, written down; and its pictures. The run
    is closed with it, since its report says how it ended. Raises Pruned."""
    with trial(experiment, prepared, executed, record, cache, places, sweep=sweep) as tried:
        _fit(experiment, prepared, executed, tried, cache)
        tried.found(gathered.evidence.value)
        trials = tried.trials(experiment, prepared, gathered.evidence, cache)
        judged = conclude(experiment, prepared, executed, gathered, trials, cache)
        _write_results(experiment, record, prepared, executed, judged, cache)
        counts = tries_in_figures(trials.value, experiment.target.kind)
        record.note({"tries": counts, "stages": cache.times, "keys": _keys(cache)})
        run_key = record.manifest["run_key"]
        images, undrawn = pictures_of(record.folder, run_key, cache) if pictured else ({}, [])
        tried.broken += [*judged.broken, *undrawn]
    if tried.broken:
        record.note({"broken": tried.broken})
    record.close("failed" if tried.broken else "finished")
    return judged, images


def _seal(record: RunRecord, places: Places) -> None:
    """A debug run is sealed for itself alone: the ledger knows nothing of it."""
    counted = record.manifest["trial"]["counted"]
    seal(record.folder, record.manifest["run_key"], Ledger.open(places.ledger) if counted else None)


def _pruned(stop: Pruned, watcher: Watcher | None, record: RunRecord, console: Console) -> Outcome:
    """A trial that was stopped has no verdict and no report; what was heard of it is kept."""
    scores = list(watcher.scores) if watcher else []
    record.note({"pruned": {"fold": stop.fold, "reason": stop.reason, "scores": scores}})
    record.close("pruned")
    console.note(str(stop))
    return Outcome(folder=record.folder, verdict=None, exit_code=exit_codes.RAN, state="pruned")


def _tell(events: Events, verdict: Verdict) -> None:
    """Every gate, and what they come to."""
    content = verdict.to_json()
    for gate in content["gates"]:
        events.tell(
            "gate", **{name: gate[name] for name in ("name", "status", "required", "value", "threshold", "says")}
        )
    events.tell("verdict", **{name: content[name] for name in ("level", "passed", "forecast", "portfolio")})


def _fit(experiment: Experiment, prepared: Prepared, executed: Executed, tried: Tried, cache: Cache) -> None:
    """Fits all folds. A trial that is pruned leaves behind what its heard folds forecast and earned."""
    try:
        executed.fit()
    except Pruned as stop:
        quiet = cache.quiet()
        heard = pipeline.with_folds(prepared, prepared.folds[: stop.fold])
        partial = pipeline.execute(experiment, heard, quiet)
        seen = max(end for fold in heard.folds for _, end in fold.span.test)
        tried.found(gather(experiment, heard, partial, quiet).evidence.value, until=seen)
        raise


def _write_results(
    experiment: Experiment, record: RunRecord, prepared: Prepared, executed: Executed, judged: Judged, cache: Cache
) -> None:
    for name, data in description.tables(prepared, executed, cache).items():
        record.write_bytes(name, data)
    evidence = judged.evidence.value
    if evidence.leaks is not None:
        record.write_json("leaks.json", description.leaks(evidence.leaks))
    record.note({"too_good": too_good(evidence)})
    record.write_metrics(evidence.metrics)
    record.write_json("gates.json", judged.verdict.to_json())
    record.write_bytes("junit.xml", junit(str(record.manifest["experiment"]), judged.verdict))
    record.write_json("statistics.json", judged.figures)
    record.note({"judged": {"family_state": judged.state}})
    if experiment.constraints.binds:
        record.note({"constraints": description.constraints(executed.decided.value)})
    if executed.paths:
        accounts = [path.traded.value for path in executed.paths]
        sharpes = path_sharpes(accounts, periods=prepared.panel.bars_per_year)
        record.note({"paths": {"judged": median_path(accounts), "sharpe": sharpes}})


def _keys(cache: Cache) -> dict[str, str]:
    """Of every stage: `store why` compares them."""
    return {name: stage.key for name, stage in cache.made.items()}


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
