"""Several trackers at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.specification.tracker import Record, Tracker


@dataclass(frozen=True, kw_only=True)
class CombinedTrackers(Tracker):
    """Every run is told to each of them, on its own: one that cannot be reached holds up no other.

    sets  name -> tracker
    """

    sets: Mapping[str, Tracker]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        none = {"_target_": "runner.tracking.none.NoTracking"}
        return ({"sets": {"none": none}}, {"sets": {"none": none, "other": none}})

    def tell(self, record: Record, outputs: Path) -> None:
        for tracker in self.places().values():
            tracker.tell(record, outputs)

    def places(self) -> Mapping[str, Tracker]:
        return {name: place for name, tracker in self.sets.items() for place in tracker.places().values()}

    def waits(self) -> bool:
        return any(tracker.waits() for tracker in self.sets.values())

    def flaws(self) -> tuple[str, ...]:
        return (
            () if self.sets else ("combines nothing; name two choices or more, as in tracking=[wandb_offline,mlflow]",)
        )
