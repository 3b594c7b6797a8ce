"""The record of a run: one folder that holds everything the run was and found."""

import hashlib
import json
import os
import re
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from components.errors import ConfigError, OutputError, Problem
from runner.recording.provenance import provenance
from runner.storage.canonical import finite_or_null
from runner.storage.disk import sync_file, write_atomically, writing
from runner.storage.formats import parquet_bytes

if TYPE_CHECKING:
    import pandas as pd

EndState = Literal["finished", "failed", "interrupted", "pruned"]


class RunRecord:
    """Writes a run folder, file by file, each whole or not at all. Every method may raise OutputError.

    What a running one wrote is synced to the disk when it is closed, before its manifest says so.
    As a context manager it closes the run with the block's true state.

    brief: of a trial among many: its manifest is written when it begins and when it ends, and nothing is synced, so
    that a power cut may lose what a killed process does not. files: name -> digest of what a brief one wrote.
    """

    def __init__(self, outputs: Path, folder: Path, manifest: dict[str, Any], *, brief: bool = False) -> None:
        self.outputs = outputs
        self.folder = folder
        self.files: dict[str, str] = {}
        self._manifest = manifest
        self._brief = brief
        self._unsynced: dict[str, None] = {}
        self._last: str | None = None

    @staticmethod
    def create(
        outputs: Path, experiment: str, run_key: str, *, brief: bool = False, facts: Mapping[str, Any] | None = None
    ) -> "RunRecord":
        """Makes outputs/runs/<experiment>/<UTC time>-<run_key[:8]>/ with a manifest in state running.

        facts: where it came from, None: they are found out. Two runs never share a folder. Raises ConfigError if the
        experiment's name cannot be a folder's.
        """
        if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", experiment):
            allowed = "letters, digits, dot, dash and underscore, not beginning with a dot or dash"
            raise ConfigError(Problem("name", f"{experiment!r} cannot name a folder; allowed are {allowed}"))
        started = datetime.now(UTC)
        folder = new_folder(outputs, "runs", f"{experiment}/{started:%Y%m%dT%H%M%SZ}-{run_key[:8]}")
        manifest: dict[str, Any] = {
            "experiment": experiment,
            "run_id": folder.name,
            "run_key": run_key,
            "state": "running",
            "started": started.isoformat(timespec="seconds"),
            "finished": None,
            **(provenance() if facts is None else facts),
        }
        record = RunRecord(outputs, folder, manifest, brief=brief)
        record.write_json("manifest.json", manifest)
        return record

    @property
    def brief(self) -> bool:
        return self._brief

    @property
    def run_id(self) -> str:
        return self.folder.name

    @property
    def manifest(self) -> Mapping[str, Any]:
        return self._manifest

    def note(self, facts: Mapping[str, Any]) -> None:
        """Adds facts to manifest.json or replaces them; numbers that are not finite become null."""
        self._manifest |= finite_or_null(facts)
        if not self._brief:
            self.write_json("manifest.json", self._manifest)

    def write_text(self, name: str, text: str) -> None:
        """Any file of the folder, for example config.yaml or report.html."""
        self.write_bytes(name, text.encode())

    def write_bytes(self, name: str, data: bytes) -> None:
        if self._brief:
            self.files[name] = hashlib.sha256(data).hexdigest()
            write_atomically(self.folder / name, data, synced=False)
            return
        running = self._manifest["state"] == "running"
        write_atomically(self.folder / name, data, synced=not running)
        if running:
            self._unsynced[name] = None

    def write_json(self, name: str, value: Any) -> None:
        """Plain values; numbers that are not finite become null."""
        self.write_text(name, _json_text(value, brief=self._brief))

    def write_table(self, name: str, frame: "pd.DataFrame") -> None:
        """<name>.parquet; the frame has text column names and the default index."""
        self.write_bytes(f"{name}.parquet", parquet_bytes(frame))

    def write_metrics(self, metrics: Mapping[str, float | None]) -> None:
        """metrics.json: flat, sorted by name, null where a number is not finite."""
        self.write_json("metrics.json", dict(sorted(metrics.items())))

    def close(self, state: EndState) -> None:
        """Writes the final state and points outputs/latest here. Closing again changes nothing."""
        if self._manifest["state"] == "running":
            for name in self._unsynced:
                sync_file(self.folder / name)
            self._unsynced.clear()
            self.note(_end(state))
            self._last = _json_text(self._manifest, brief=True) if self._brief else None
        elif self._last is None:
            return
        if self._last is not None:
            self.write_text("manifest.json", self._last)
            self._last = None
        _point(self.outputs / "latest", self.folder)

    def ended(self, state: EndState, facts: Mapping[str, Any]) -> dict[str, str]:
        """The end of a brief run, which `close` then writes: digests of all its files, the manifest among them.
        facts: the last ones."""
        self.note({**facts, **_end(state)})
        self._last = _json_text(self._manifest, brief=True)
        self.files["manifest.json"] = hashlib.sha256(self._last.encode()).hexdigest()
        return dict(sorted(self.files.items()))

    def reopen(self, facts: Mapping[str, Any]) -> None:
        """Takes the end back: what followed it broke. facts: what and why."""
        self.note({"state": "running", "finished": None, **facts})

    def mended(self) -> None:
        """What broke after the end was done again and did not break: the run is finished, as it had been."""
        self._manifest = {name: value for name, value in self._manifest.items() if name not in ("broken", "promotion")}
        self.note({"state": "finished"})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.close("finished")
            return
        # What ended the run must reach the user, not that a full disk keeps it from being noted.
        with suppress(OutputError):
            self.close("interrupted" if issubclass(kind, KeyboardInterrupt) else "failed")


def _json_text(value: Any, *, brief: bool) -> str:
    """brief: on one line, which takes a tenth of the time."""
    return json.dumps(finite_or_null(value), indent=None if brief else 1, ensure_ascii=False) + "\n"


def _end(state: EndState) -> dict[str, Any]:
    return {"state": state, "finished": datetime.now(UTC).isoformat(timespec="seconds")}


def new_folder(outputs: Path, kind: str, name: str) -> Path:
    """Makes outputs/<kind>/<name>/, with a number at the end if that is there. Raises OutputError."""
    with writing(outputs):
        wanted = outputs / kind / name
        wanted.parent.mkdir(parents=True, exist_ok=True)
        folder, count = wanted, 1
        while True:
            try:
                folder.mkdir()
                return folder
            except FileExistsError:
                count += 1
                folder = wanted.with_name(f"{wanted.name}-{count}")


def _point(link: Path, folder: Path) -> None:
    """Makes a relative symbolic link, replacing an older one in one step."""
    partial = link.with_name(f".{link.name}.{uuid.uuid4().hex}")
    with writing(link.parent):
        try:
            partial.symlink_to(os.path.relpath(folder, link.parent), target_is_directory=True)
            partial.replace(link)
        finally:
            partial.unlink(missing_ok=True)
