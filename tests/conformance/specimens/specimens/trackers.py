"""A broken tracker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.specification.tracker import RunInfo, Session, State, Tracker


@dataclass
class _Session(Session):
    folder: Path

    def log_metrics(self, metrics: Mapping[str, float | None]) -> None:
        (self.folder / "tracked.txt").write_text(str(dict(metrics)))

    def log_files(self, paths: Sequence[Path]) -> None:
        pass

    def log_bundle(self, folder: Path, aliases: Sequence[str]) -> None:
        pass

    def finish(self, state: State) -> None:
        pass


@dataclass(frozen=True, kw_only=True)
class Littering(Tracker):
    """Writes figures into the run's own folder."""

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({},)

    def start(self, run: RunInfo) -> Session:
        return _Session(folder=run.folder)
