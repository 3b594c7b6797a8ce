"""The whole of a run that wrote only what judged it, as a trial of a sweep does: judged by every gate, among everything
that was tried on the data by now, with tables, statistics, pictures and report, from the same store."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.values import Trials
from runner.compute import pipeline
from runner.compute.pipeline import Executed, Prepared
from runner.compute.stage import Cache, Keyed, Progress
from runner.judging.judge import Judged, conclude
from runner.judging.tries import family_of, family_trials, tried_alone
from runner.promotion.again import computed
from runner.recording.ledger import Ledger
from runner.recording.records import RunRecord
from runner.recording.run_folder import manifest_of
from runner.recording.sealed import refuse_changed, seal
from runner.report.written import report_on
from runner.results import write_results
from runner.specification.experiment import Experiment
from runner.specification.places import Places


def is_whole(folder: Path) -> bool:
    """Whether there is nothing more to be known of the run of a folder: false of a trial of a sweep that finished and
    was judged by its forecasts and returns alone."""
    manifest = manifest_of(folder)
    return bool(manifest["state"] != "finished" or manifest.get("judged", {}).get("wholly", True))


def judge_wholly(folder: Path, progress: Progress, places: Places) -> None:
    """Completes the folder in place, and seals it anew; nothing where it is whole.

    Raises DataError where the folder was changed, or data or code have changed since, so that it cannot be repeated.
    """
    if is_whole(folder):
        return
    ledger, manifest = Ledger.open(places.ledger), manifest_of(folder)
    cache = pipeline.open_cache(places, progress)
    experiment, prepared, executed, judged, trials = _judged(folder, manifest, ledger, cache, places)
    record = RunRecord(places.outputs, folder, manifest)
    images, broken = write_results(experiment, record, prepared, executed, judged, trials, cache)
    if broken:
        record.note({"broken": broken, "state": "failed"})
    report_on(folder, images)
    seal(folder, manifest["run_key"], ledger if manifest["trial"]["counted"] else None)


def judged_now(folder: Path, progress: Progress, places: Places) -> tuple[Judged, Trials]:
    """What every gate says of a run, among everything that was tried on the data by now; writes nothing.

    Raises DataError as `judge_wholly` does.
    """
    ledger, manifest = Ledger.open(places.ledger), manifest_of(folder)
    cache = pipeline.open_cache(places, progress)
    _, _, _, judged, trials = _judged(folder, manifest, ledger, cache, places)
    return judged, trials


def _judged(
    folder: Path, manifest: Mapping[str, Any], ledger: Ledger, cache: Cache, places: Places
) -> tuple[Experiment, Prepared, Executed, Judged, Trials]:
    refuse_changed(folder, ledger)
    counted = manifest["trial"]["counted"]
    experiment, _, prepared, executed, gathered = computed(folder, manifest, cache)
    executed.fit()
    trials: Keyed[Trials] = tried_alone(gathered.evidence, cache)
    if counted:
        family, key = family_of(experiment, prepared.panel, cache), manifest["trial"]["key"]
        target = manifest["target"]["expression"]
        trials = family_trials(ledger, family, key, target, places.outputs, gathered.evidence, cache)
    judged = conclude(experiment, prepared, executed, gathered, trials, cache)
    return experiment, prepared, executed, judged, trials.value
