"""A broken tracker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.specification.tracker import Record, Tracker


@dataclass(frozen=True, kw_only=True)
class Littering(Tracker):
    """Writes figures into the run's own folder."""

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({},)

    def tell(self, record: Record, outputs: Path) -> None:
        for path in record.files.values():
            path.with_name("tracked.txt").write_text(str(dict(record.summary)))
