"""One experiment from configuration to verdict: compute, record, judge, report, promote."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from components.errors import AssayError
from components.expressions import reach, to_text
from components.values import Evidence
from runner import pipeline, stages
from runner.compose import Composed
from runner.console import Console
from runner.experiment import Experiment
from runner.identity import family_of, run_key, trial_key
from runner.ledger import Ledger, TrialNumber
from runner.metrics import run_metrics
from runner.pipeline import Cache, Executed, Prepared
from runner.records import RunRecord
from runner.tracking import tracked
from runner.verdict import Verdict, in_words, judge

OUTPUTS = Path("outputs")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a run ended: its folder, figures and verdict, and the exit code of the process."""

    folder: Path
    metrics: Mapping[str, float]
    verdict: Verdict
    exit_code: int


def run_experiment(experiment: Experiment, composed: Composed, console: Console, *, single: bool) -> Outcome:
    """Runs what was composed and checked.

    single: not a job of a sweep, so that a passing run may be promoted by itself.
    """
    cache = pipeline.open_cache(OUTPUTS, console)
    prepared = pipeline.prepare(experiment, cache)
    key = run_key(composed.config, prepared.design_key)
    with RunRecord.create(OUTPUTS, experiment.name, key) as record, tracked(experiment.tracking, record):
        record.describe(_description(experiment, composed, prepared))
        record.write_config(composed.config)
        with _trial(experiment, composed, prepared, console) as trial:
            executed = pipeline.execute(experiment, composed.config, prepared, cache)
            evidence = _evidence(experiment, prepared, executed)
            trial.metrics = evidence.metrics
        verdict = judge(experiment.gates, evidence)
        _record(record, experiment, prepared, executed, evidence, verdict)
    return Outcome(folder=record.folder, metrics=evidence.metrics, verdict=verdict, exit_code=0)
