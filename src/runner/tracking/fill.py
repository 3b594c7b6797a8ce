"""Fills the trackers: every record that waits is told to every place that its run named, once."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from runner.bundle.aliases import Move, history
from runner.bundle.registry import names
from runner.composition.build import build
from runner.specification.tracker import Record, Tracker
from runner.tracking.delivered import Delivered
from runner.tracking.moves import record_of_moves, told_by
from runner.tracking.told import id_of, record_of
from runner.tracking.waiting import Folders

PATIENCE = 3
"""A place that fails so often without success between is not tried again in this round."""

AGAIN = "`python -m runner deliver` tells them, and so does the next run"

Moves = Mapping[str, int]


@dataclass
class Round:
    """told: how many records were, each place counted; failed: (place, id, why) of those that wait on; put_off:
    place -> how many were not tried any more."""

    told: int = 0
    failed: list[tuple[str, str, str]] = field(default_factory=list[tuple[str, str, str]])
    put_off: dict[str, int] = field(default_factory=dict[str, int])
    _strikes: dict[str, int] = field(default_factory=dict[str, int])

    def tell(self, waiting: "Waiting", record: Record, place: str, outputs: Path, delivered: Delivered) -> None:
        """One record to one place, and what came of it."""
        try:
            build(Tracker, record.config["tracking"], path="tracking").places()[place].tell(record, outputs)  # type: ignore[type-abstract]
            delivered.note(place, record.id, record.edition, waiting.moves(record, place))
        except Exception as error:
            self.failure(place, record.id, error)
        else:
            self.told += 1
            self._strikes[place] = 0

    def failure(self, place: str, name: str, error: Exception) -> None:
        self._strikes[place] = self._strikes.get(place, 0) + 1
        self.failed.append((place, name, (str(error).splitlines() or [type(error).__name__])[0]))

    def tried(self, places: tuple[str, ...]) -> list[str]:
        """Those that are worth trying."""
        worth = [place for place in places if self._strikes.get(place, 0) < PATIENCE]
        for place in set(places) - set(worth):
            self.put_off[place] = self.put_off.get(place, 0) + 1
        return worth

    def lines(self) -> list[str]:
        """What waits, why, and what to do: one line for each place and reason."""
        counts = Counter((place, why) for place, _, why in self.failed)
        last = {place: why for place, _, why in self.failed}
        counts.update({(place, last[place]): count for place, count in self.put_off.items()})
        return [
            f"tracking: {count} {'record waits' if count == 1 else 'records wait'} for {place}: {why}; {AGAIN}"
            for (place, why), count in counts.items()
        ]


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """A record that some places do not know. make: the record, None where what it was made of is gone; moves: those of
    aliases of which a place that is told it knows, bundle -> number of the last."""

    id: str
    places: tuple[str, ...]
    make: Callable[[], Record | None]
    moves: Callable[[Record, str], Moves]


def fill(outputs: Path, folders: Folders) -> Round:
    """Tells what waits. Only one process may, see `runner.tracking.deliver`. Raises OutputError."""
    found, delivered = Round(), Delivered.open(outputs)
    for source in (_runs(folders, outputs, delivered), _moves(outputs, delivered)):
        for waiting in source:
            places = found.tried(waiting.places)
            try:
                record = waiting.make() if places else None
            except Exception as error:
                for place in places:
                    found.failure(place, waiting.id, error)
                continue
            for place in places if record else ():
                assert record is not None
                found.tell(waiting, record, place, outputs, delivered)
    return found


def _runs(folders: Folders, outputs: Path, delivered: Delivered) -> Iterator[Waiting]:
    registry = outputs / "registry"

    def covered(record: Record, place: str) -> Moves:
        """Where all new moves went onto the version of this run, the run has told of them."""
        untold = {bundle: _untold(registry, bundle.name, place, delivered) for bundle in record.bundles}
        return {
            bundle.name: moves[-1].number
            for bundle, moves in untold.items()
            if moves and all(str(move.version) == bundle.version for move in moves)
        }

    for run in folders.ended():
        name = id_of(str(run.manifest["experiment"]), str(run.manifest["run_id"]))
        places = tuple(p for p in run.manifest["tracking"] if delivered.editions.get((p, name)) != run.edition)

        def make(run=run) -> Record | None:  # type: ignore[no-untyped-def]
            if not (run.folder / "manifest.json").is_file():
                return None
            return record_of(run.folder, registry, crashed=run.crashed, edition=run.edition)

        if places:
            yield Waiting(id=name, places=places, make=make, moves=covered)


def _moves(outputs: Path, delivered: Delivered) -> Iterator[Waiting]:
    registry = outputs / "registry"
    for name in names(registry):
        moves = history(registry, name)
        for place in told_by(registry, name, moves)[0] if moves else ():
            if untold := _untold(registry, name, place, delivered):
                last = untold[-1].number
                yield Waiting(
                    id=f"{name}-moves-{last}",
                    places=(place,),
                    make=partial(record_of_moves, registry, name, untold),
                    moves=lambda _, __, name=name, last=last: {name: last},  # type: ignore[misc]
                )


def _untold(registry: Path, name: str, place: str, delivered: Delivered) -> tuple[Move, ...]:
    last = delivered.moves.get((place, name), 0)
    return tuple(move for move in history(registry, name) if move.number > last)
