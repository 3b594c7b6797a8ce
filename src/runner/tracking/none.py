"""No tracking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.specification.tracker import Record, Tracker


@dataclass(frozen=True, kw_only=True)
class NoTracking(Tracker):
    """Runs are kept in their own folders only."""

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})

    def tell(self, record: Record, outputs: Path) -> None:
        pass

    def places(self) -> Mapping[str, Tracker]:
        return {}
