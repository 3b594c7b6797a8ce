"""One experiment from checked configuration to verdict: compute, record, judge, promote, report."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from components.errors import GateFailed
from components.values import Evidence
from runner import pipeline
from runner.composition.compose import Composed
from runner.console import Console
from runner.evidence import complete, gather
from runner.experiment import Experiment
from runner.identity import family_of, run_key, trial_key
from runner.pipeline import Executed, Prepared
from runner.promote import write_promoted
from runner.recording import describe
from runner.recording.ledger import Ledger
from runner.recording.records import RunRecord
from runner.report import write_report
from runner.report.pictures import draw
from runner.report.run_folder import RunFolder
from runner.storage.formats import FILES
from runner.storage.keys import code_fingerprint, stage_key
from runner.tracking import RunInfo, tracked
from runner.trials import alone
from runner.verdict import Verdict, judge

OUTPUTS = Path("outputs")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a run came to: its folder, its verdict and the exit code of the process."""

    folder: Path
    verdict: Verdict
    exit_code: int


def run_experiment(experiment: Experiment, composed: Composed, console: Console, *, single: bool) -> Outcome:
    """Runs a checked experiment and records all of it under outputs/runs/.

    single: no job of a sweep, so that a passing run may promote itself.
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
            with _trial(experiment, config, prepared, record) as metrics:
                executed = pipeline.execute(experiment, config, prepared, cache)
                evidence = gather(experiment, prepared, executed)
                metrics |= evidence.metrics
            evidence = complete(evidence, experiment, config, prepared, executed, cache, alone(evidence))
            verdict = judge(experiment.gates, evidence)
            _write_results(record, prepared, executed, evidence, verdict)
            if single and verdict.passed and _promotes_itself(experiment):
                bundle = cache.stage(
                    "promote", lambda: _promoted(experiment, config, prepared, executed, verdict, record)
                )
                record.note({"bundle": str(bundle)})
            record.note({"stages": cache.times})
            record.close("finished")
            images = cache.stored("pictures", "pictures", _picture_key(key), lambda: _images(record), FILES)
            report = cache.stage("report", lambda: write_report(record.folder, images))
            session.log_metrics(evidence.metrics)
            session.log_files([report, *sorted((record.folder / "plots").glob("*.png"))])
    console.summary(record.folder)
    rejected = experiment.gates.enforce and not verdict.passed
    return Outcome(folder=record.folder, verdict=verdict, exit_code=GateFailed.exit_code if rejected else 0)


def _picture_key(run: str) -> str:
    return stage_key("pictures", [], code_fingerprint(draw), [run])


def _images(record: RunRecord) -> dict[str, bytes]:
    return draw(RunFolder.open(record.folder))


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
    verdict: Verdict,
    record: RunRecord,
) -> Path:
    gates, run = verdict.to_json(), record.manifest
    return write_promoted(experiment, config, prepared, executed, gates=gates, run=run)


@contextmanager
def _trial(
    experiment: Experiment, config: Mapping[str, Any], prepared: Prepared, record: RunRecord
) -> Iterator[dict[str, float]]:
    """Records a trial before its fit, and how it ended; the block fills in its figures.

    A debug run is no trial: it has no number and nothing is recorded.
    """
    metrics: dict[str, float] = {}
    if experiment.debug.enabled:
        yield metrics
        return
    ledger = Ledger.open()
    key = trial_key(config, prepared.design_key)
    body = {"experiment": experiment.name, "run_id": record.run_id, "choices": record.manifest["choices"]}
    number = ledger.start_trial(family_of(experiment, prepared.panel), key, body)
    counted = {"number": number.number, "family_trials": number.family_trials, "counted": True}
    record.note({"trial": {"key": key, **counted}, "ledger_head": number.head})
    try:
        yield metrics
    except KeyboardInterrupt:
        ledger.finish_trial(key, "interrupted", {})
        raise
    except BaseException as error:
        ledger.finish_trial(key, "failed", {"error": f"{type(error).__name__}: {error}"})
        raise
    record.note({"ledger_head": ledger.finish_trial(key, "finished", {"metrics": metrics})})


def _write_results(
    record: RunRecord, prepared: Prepared, executed: Executed, evidence: Evidence, verdict: Verdict
) -> None:
    record.write_table("forecasts", describe.forecast_frame(prepared, executed))
    record.write_table("weights", describe.weight_frame(prepared, executed))
    record.write_table("trades", executed.backtest.trades)
    record.write_table("equity", describe.equity_frame(executed))
    learnt = enumerate(executed.forecasts.preprocessors, start=1)
    record.write_json("preprocess.json", {f"fold_{number}": state for number, state in learnt})
    if evidence.leaks is not None:
        record.write_json("leaks.json", asdict(evidence.leaks))
    record.write_metrics(evidence.metrics)
    record.write_verdict(verdict)
