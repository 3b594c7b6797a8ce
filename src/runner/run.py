"""One experiment from checked configuration to verdict: compute, record, judge, promote, report."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from components.errors import GateFailed
from components.expressions import to_text
from components.values import Evidence, Trials
from runner.composition.composed import Composed
from runner.compute import pipeline
from runner.compute.identity import family_of, run_key, trial_key
from runner.compute.pipeline import Executed, Prepared
from runner.console import Console
from runner.judging.evidence import complete, gather
from runner.judging.figures import run_figures
from runner.judging.junit import junit
from runner.judging.tries import alone, family_trials, own_series, tries_in_figures
from runner.judging.verdict import Verdict, judge
from runner.promotion.promote import Candidate, Promotion, Wish, promote
from runner.promotion.words import say
from runner.recording.ledger import Ledger
from runner.recording.records import RunRecord
from runner.recording.run_folder import RunFolder
from runner.report import description as describe
from runner.report import write_report
from runner.report.pictures import draw
from runner.specification.experiment import Experiment
from runner.specification.tracker import RunInfo
from runner.storage.formats import FILES
from runner.storage.keys import code_fingerprint, stage_key
from runner.tracking import tracked

OUTPUTS = Path("outputs")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run came to: its folder, its verdict and the exit code of the process."""

    folder: Path
    verdict: Verdict
    exit_code: int


def run_experiment(experiment: Experiment, composed: Composed, console: Console, *, single: bool) -> Outcome:
    """Runs a checked experiment and records all of it under outputs/runs/.

    single: no job of a sweep, so that a passing run may promote itself, and has pictures and a report.
    """
    for notice in composed.notices:
        console.note(notice)
    config = composed.config
    cache = pipeline.open_cache(OUTPUTS, console)
    prepared = pipeline.prepare(experiment, cache)
    for notice in prepared.panel.notices:
        console.note(notice)
    key = run_key(config, prepared.design_key)
    with RunRecord.create(OUTPUTS, experiment.name, key) as record:
        record.write_text("config.yaml", describe.settings_text(config))
        record.note(describe.description(experiment, composed, prepared))
        with tracked(experiment.tracking, _info(experiment, config, record)) as session:
            with _trial(experiment, config, prepared, record) as tried:
                executed = pipeline.execute(experiment, config, prepared, cache)
                evidence = tried.evidence = gather(experiment, prepared, executed)
            trials = tried.trials or alone(evidence)
            record.note({"tries": tries_in_figures(trials)})
            evidence = complete(evidence, experiment, config, prepared, executed, cache, trials)
            verdict = judge(experiment.gates, evidence)
            _write_results(record, prepared, executed, evidence, verdict)
            record.write_json("statistics.json", cache.stage("statistics", lambda: run_figures(evidence)))
            promotion = None
            if single and verdict.passed and _promotes_itself(experiment):
                promotion = _promoted(experiment, config, prepared, executed, evidence, verdict, record, cache)
                if promotion.folder:
                    session.log_bundle(promotion.folder, promotion.aliases)
            record.note({"stages": cache.times})
            record.close("finished")
            session.log_metrics(evidence.metrics)
            if single:
                session.log_files(_report(record.folder, key, cache))
    console.summary(record.folder)
    if promotion is not None:
        say(console, promotion)
    rejected = experiment.gates.enforce and not (verdict.passed and (promotion is None or promotion.folder))
    return Outcome(folder=record.folder, verdict=verdict, exit_code=GateFailed.exit_code if rejected else 0)


def _report(folder: Path, key: str, cache: pipeline.Cache) -> list[Path]:
    """The report and its pictures, as files of the run's folder."""
    images = pictures_of(folder, key, cache)
    report = cache.stage("report", lambda: write_report(folder, images))
    return [report, *sorted((folder / "plots").glob("*.png"))]


def pictures_of(folder: Path, key: str, cache: pipeline.Cache) -> Mapping[str, bytes]:
    """The pictures of the run with this key, drawn where they are not in the store."""
    picture_key = stage_key("pictures", [], code_fingerprint(draw), [key])
    return cache.stored("pictures", "pictures", picture_key, lambda: draw(RunFolder.open(folder)), FILES)


def _info(experiment: Experiment, config: Mapping[str, Any], record: RunRecord) -> RunInfo:
    return RunInfo(
        name=record.run_id,
        experiment=experiment.name,
        config=config,
        folder=record.folder,
        outputs=record.outputs,
    )


def _promotes_itself(experiment: Experiment) -> bool:
    return experiment.export.promote == "auto" and not experiment.debug.enabled


def _promoted(
    experiment: Experiment,
    config: Mapping[str, Any],
    prepared: Prepared,
    executed: Executed,
    evidence: Evidence,
    verdict: Verdict,
    record: RunRecord,
    cache: pipeline.Cache,
) -> Promotion:
    candidate = Candidate(
        experiment=experiment,
        config=config,
        prepared=prepared,
        executed=executed,
        evidence=evidence,
        gates=verdict.to_json(),
        run=record.manifest,
    )
    promotion = promote(candidate, Wish(), cache)
    record.write_json("promotion.json", promotion.to_json())
    record.note({"bundle": str(promotion.folder) if promotion.folder else None})
    return promotion


@dataclass
class _Tried:
    """What the block of a trial found, and what the ledger then says about all of the family."""

    evidence: Evidence | None = None
    trials: Trials | None = None


@contextmanager
def _trial(
    experiment: Experiment, config: Mapping[str, Any], prepared: Prepared, record: RunRecord
) -> Iterator[_Tried]:
    """Records a trial before its fit, and how it ended; the block fills in its evidence.

    A debug run is no trial: it has no number and nothing is recorded.
    """
    tried = _Tried()
    if experiment.debug.enabled:
        yield tried
        return
    ledger, family = Ledger.open(), family_of(experiment, prepared.panel)
    key, target = trial_key(config, prepared.design_key), to_text(prepared.label)
    choices = record.manifest["choices"]
    body = {"experiment": experiment.name, "run_id": record.run_id, "choices": choices, "target": target}
    number = ledger.start_trial(family, key, body)
    counted = {"number": number.number, "family_trials": number.family_trials, "counted": True}
    record.note({"trial": {"key": key, **counted}, "ledger_head": number.head})
    try:
        yield tried
    except KeyboardInterrupt:
        ledger.finish_trial(key, "interrupted", {})
        raise
    except BaseException as error:
        ledger.finish_trial(key, "failed", {"error": f"{type(error).__name__}: {error}"})
        raise
    assert tried.evidence is not None
    found = {"metrics": tried.evidence.metrics}
    record.note({"ledger_head": ledger.finish_trial(key, "finished", found, own_series(tried.evidence))})
    tried.trials = family_trials(ledger, family, key, target, OUTPUTS, tried.evidence)


def _write_results(
    record: RunRecord, prepared: Prepared, executed: Executed, evidence: Evidence, verdict: Verdict
) -> None:
    record.write_table("forecasts", describe.forecast_frame(prepared, executed))
    record.write_table("weights", describe.weight_frame(prepared, executed))
    record.write_table("trades", executed.backtest.trades)
    record.write_table("equity", describe.equity_frame(executed))
    learnt = enumerate(executed.forecasts.preprocessors, start=1)
    record.write_json("preprocess.json", {f"fold_{number}": state for number, state in learnt})
    calibrated = enumerate(executed.forecasts.calibrations, start=1)
    record.write_json("calibration.json", {f"fold_{number}": state for number, state in calibrated})
    if evidence.leaks is not None:
        record.write_json("leaks.json", asdict(evidence.leaks))
    record.write_metrics(evidence.metrics)
    record.write_json("gates.json", verdict.to_json())
    record.write_bytes("junit.xml", junit(str(record.manifest["experiment"]), verdict))
