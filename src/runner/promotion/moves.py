"""Moves of aliases as events of the ledger: each names the one before it, so that a last one that is gone is missed."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from runner.bundle import aliases
from runner.bundle.aliases import GENESIS, Move
from runner.bundle.layout import SUMS
from runner.bundle.registry import versions
from runner.recording import testimony
from runner.recording.chain import Transaction
from runner.recording.ledger import Ledger


@dataclass(frozen=True)
class MoveWitness:
    """The ledger, of one bundle's aliases. A move is an event first and a file then: whoever is killed in between has
    decided already, and the next move finishes it."""

    ledger: Ledger
    root: Path
    name: str

    def pending(self, last: str) -> Move | None:
        """Noted, following that one, and not written."""
        events = [event.content for event in testimony.noted(self.ledger, testimony.MOVED, self.name)]
        return next((Move(**event["made"]) for event in self._following(events, last)), None)

    def note(self, made: Move) -> bool:
        """Appends the move with the digest of the version that it points at, unless another one follows the same."""
        content = {
            "number": made.number,
            "move": made.hash,
            "previous": made.previous,
            "bundle": None if made.version is None else sums_of(self.root / self.name / str(made.version)),
            "made": asdict(made),
        }

        def work(transaction: Transaction) -> bool:
            events = [event.content for event in transaction.events(kind=testimony.MOVED, key=self.name)]
            if next(iter(self._following(events, made.previous)), None) is not None:
                return False
            transaction.append(testimony.MOVED, family="", key=self.name, content=content)
            return True

        return self.ledger.chain.append(work)

    def _following(self, events: Iterable[Mapping[str, Any]], last: str) -> Iterable[Mapping[str, Any]]:
        """Of this registry: a first move is known by the version that it points at."""
        here = {sums_of(self.root / self.name / str(n)) for n in versions(self.root, self.name)}
        for event in events:
            if event["previous"] == last and "made" in event and (event["bundle"] in here or _to_nowhere(event, last)):
                yield event


def _to_nowhere(event: Mapping[str, Any], last: str) -> bool:
    return event["bundle"] is None and last != GENESIS


def sums_of(folder: Path) -> str | None:
    """What tells one version from all others: the digest of its checksums; None where they are gone."""
    return testimony.digests(folder, [SUMS]).get(SUMS)


def unwitnessed_moves(ledger: Ledger, root: Path, name: str, witnessed: Mapping[int, bool]) -> list[str]:
    """Moves that the ledger does not know, and that it knows and that are gone, one line each.

    witnessed: of every version, whether its format is one whose moves are events.
    """
    folder = root / name / aliases.FOLDER
    moves = aliases.history(root, name)
    events = [event.content for event in testimony.noted(ledger, testimony.MOVED, name)]
    known, held = {event["move"] for event in events}, {move.hash for move in moves}
    found = [
        f"{folder / f'{move.number}.json'}: no event of the ledger knows this move; it was changed or added"
        for move in moves
        if move.hash not in known and witnessed.get(move.version or 0, any(witnessed.values()))
    ]
    last = moves[-1].hash if moves else GENESIS
    here = {sums_of(root / name / str(version)) for version in witnessed}
    for event in events:
        follows = event["previous"] == last and (moves or event["bundle"] in here)
        if follows and event["move"] not in held:
            number = event["number"]
            found.append(f"{folder / f'{number}.json'}: the ledger knows this move, and it is gone")
    return found
