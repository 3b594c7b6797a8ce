"""No tracking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.specification.tracker import RunInfo, Session, State, Tracker


class _Nowhere(Session):
    def log_metrics(self, metrics: Mapping[str, float | None]) -> None:
        pass

    def log_files(self, paths: Sequence[Path]) -> None:
        pass

    def log_bundle(self, folder: Path, aliases: Sequence[str]) -> None:
        pass

    def finish(self, state: State) -> None:
        pass


@dataclass(frozen=True, kw_only=True)
class NoTracking(Tracker):
    """Runs are kept in their own folders only."""

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})

    def start(self, run: RunInfo) -> Session:
        return _Nowhere()
