"""The whole of a run that wrote only what judged it, as a trial of a sweep does: judged by every gate, among everything
that was tried on the data by now, with tables, statistics, pictures and report, from the same store."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock

from components.errors import AssayError
from components.values import Trials
from runner.compute import pipeline
from runner.compute.pipeline import Executed, Prepared
from runner.compute.stage import Cache, Keyed, Progress
from runner.judging.judge import Judged, conclude
from runner.judging.nulls import null_rank
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
from runner.storage.disk import write_atomically

OVERWRITTEN = ("metrics.json", "gates.json", "manifest.json")
"""What the whole of a run replaces: put aside until it is sealed, the last one last."""


def is_whole(folder: Path) -> bool:
    """Whether there is nothing more to be known of the run of a folder: false of a trial of a sweep that finished and
    was judged by its forecasts and returns alone."""
    manifest = manifest_of(folder)
    judged = manifest["state"] != "finished" or manifest.get("judged", {}).get("wholly", True)
    return bool(judged) and not _aside(folder, OVERWRITTEN[-1]).exists()


@contextmanager
def judged_anew(folder: Path, places: Places) -> Iterator[None]:
    """In the block something is added to a folder by which it is to be judged again: afterwards it is not whole, and
    sealed as it is then. Raises DataError where the folder was changed before."""
    ledger = Ledger.open(places.ledger)
    refuse_changed(folder, ledger)
    yield
    manifest = manifest_of(folder)
    record = RunRecord(places.outputs, folder, manifest)
    record.note({"judged": {**manifest.get("judged", {}), "wholly": False}})
    seal(folder, manifest["run_key"], ledger if manifest["trial"]["counted"] else None)


def judge_wholly(folder: Path, progress: Progress, places: Places) -> None:
    """Completes the folder in place, and seals it anew; nothing where it is whole. What was cut off is begun anew.

    Raises DataError where the folder was changed, or data or code have changed since, so that it cannot be repeated.
    """
    if is_whole(folder):
        return
    lock = folder / ".whole.lock"
    with FileLock(lock):
        try:
            with _undone_where_cut_off(folder):
                if not is_whole(folder):
                    _complete(folder, progress, places)
        finally:
            lock.unlink(missing_ok=True)


def _complete(folder: Path, progress: Progress, places: Places) -> None:
    ledger, manifest = Ledger.open(places.ledger), manifest_of(folder)
    cache = pipeline.open_cache(places, progress)
    experiment, prepared, executed, judged, trials = _judged(folder, manifest, ledger, cache, places)
    for name in OVERWRITTEN:
        write_atomically(_aside(folder, name), (folder / name).read_bytes())
    record = RunRecord(places.outputs, folder, manifest)
    images, broken = write_results(experiment, record, prepared, executed, judged, trials, cache)
    if broken:
        record.note({"broken": broken, "state": "failed"})
    report_on(folder, images)
    seal(folder, manifest["run_key"], ledger if manifest["trial"]["counted"] else None)


@contextmanager
def _undone_where_cut_off(folder: Path) -> Iterator[None]:
    """Begins with the files that the trial wrote, where completing it was cut off; forgets them at the end."""
    if _aside(folder, OVERWRITTEN[-1]).exists():
        for name in OVERWRITTEN:
            write_atomically(folder / name, _aside(folder, name).read_bytes())
    yield
    for name in reversed(OVERWRITTEN):
        _aside(folder, name).unlink(missing_ok=True)


def _aside(folder: Path, name: str) -> Path:
    return folder / f".trial-{name}"


def judged_now(folder: Path, progress: Progress, places: Places) -> tuple[Judged, Trials]:
    """What every gate says of a run, among everything that was tried on the data by now; writes nothing.

    Raises DataError as `judge_wholly` does.
    """
    ledger, manifest = Ledger.open(places.ledger), manifest_of(folder)
    cache = pipeline.open_cache(places, progress)
    _, _, _, judged, trials = _judged(folder, manifest, ledger, cache, places)
    return judged, trials


def is_current(folder: Path, progress: Progress, places: Places) -> bool:
    """Whether a run would be the same today: neither what computes it nor its data have changed."""
    try:
        computed(folder, manifest_of(folder), pipeline.open_cache(places, progress))
    except AssayError:
        return False
    return True


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
    judged = conclude(experiment, prepared, executed, gathered, trials, cache, null_rank(folder))
    return experiment, prepared, executed, judged, trials.value
