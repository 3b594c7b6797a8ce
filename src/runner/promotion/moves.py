"""Moves of aliases as events of the ledger: each names the one before it, so that a last one that is gone is missed."""

from collections.abc import Mapping
from pathlib import Path

from runner.bundle import aliases
from runner.bundle.aliases import GENESIS, Move
from runner.bundle.layout import SUMS
from runner.recording import testimony
from runner.recording.ledger import Ledger


def witness_move(ledger: Ledger, root: Path, name: str, move: Move) -> None:
    """Notes a move, with the bytes of the version that it points at; twice is once."""
    known = {event.content["move"] for event in testimony.noted(ledger, testimony.MOVED, name)}
    if move.hash in known:
        return
    bundle = None if move.version is None else sums_of(root / name / str(move.version))
    content = {"number": move.number, "move": move.hash, "previous": move.previous, "bundle": bundle}
    testimony.note(ledger, testimony.MOVED, name, content)


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
