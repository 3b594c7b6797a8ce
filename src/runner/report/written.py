"""The report of a run, its pictures from the store where they were drawn before."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from runner.compute.stage import Cache, Given, joint_key
from runner.recording.run_folder import NULL_WORLDS, RunFolder
from runner.report.page import write_report
from runner.report.pictures import draw
from runner.storage.formats import FILES, Files

ERROR = ".error"
"""Ends the name under which it is kept why a picture could not be drawn."""


def report_on(folder: Path, images: Mapping[str, bytes]) -> list[Path]:
    """Writes the report of a run's folder; its files."""
    return [write_report(folder, images), *sorted((folder / "plots").glob("*.png"))]


def pictures_of(folder: Path, run_key: str, cache: Cache) -> tuple[Mapping[str, bytes], list[str]]:
    """The pictures of the run with this key, judged among what was tried by then: drawn where they are not in the
    store, and why some could not be drawn. Those are tried again the next time."""
    judged = RunFolder.open(folder).manifest.get("judged", {})
    parts = (Given(key=run_key, value=folder), Given(key=str(judged.get("family_state")), value=folder))
    run = Given(key=joint_key(*parts, Given(key=_nulls(folder), value=folder)), value=folder)
    stage = cache.stage(pictures, inputs={"folder": run}, form=FILES, shown="pictures")
    files = stage.value
    broken = [
        f"picture {name.removesuffix(ERROR)}: {reason.decode()}"
        for name, reason in files.items()
        if name.endswith(ERROR)
    ]
    if broken:
        cache.drop(stage)
    return {name: data for name, data in files.items() if not name.endswith(ERROR)}, broken


def _nulls(folder: Path) -> str:
    """Digest of what is known of null worlds: it may come after all else."""
    file = folder / NULL_WORLDS
    return hashlib.sha256(file.read_bytes()).hexdigest() if file.is_file() else ""


def pictures(folder: Path) -> Files:
    """name -> PNG; name.error -> why it could not be drawn."""
    images, broken = draw(RunFolder.open(folder))
    return {**images, **{f"{name}{ERROR}": reason.encode() for name, reason in broken.items()}}
