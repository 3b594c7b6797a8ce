"""Which version is in charge: `champion`, `challenger` and `candidate` as a chain of moves that only ever grows.

<root>/<name>/moves/<n>.json, n = 1, 2, 3, ...: each move is one file, written whole and never changed, and
holds the hash of the one before. An alias is where its last move put it, so there is no second place that
could disagree, and a crash leaves the old state or the new one. A witness knows each move before it is written: one
that was cut off in between is made before the next.
"""

import hashlib
import json
import os
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from components.errors import DataError, OutputError
from runner.storage.disk import sync_folder, write_synced, writing

Alias = Literal["champion", "challenger", "candidate"]
ALIASES: tuple[Alias, ...] = ("champion", "challenger", "candidate")
FOLDER = "moves"
GENESIS = "0" * 64
ATTEMPTS = 100


@dataclass(frozen=True, kw_only=True)
class Move:
    """One move of an alias. before, version: where it pointed and points, None: nowhere; why: promote or
    rollback; override: reason with which failed gates were overruled; previous: hash of the last move."""

    number: int
    alias: Alias
    before: int | None
    version: int | None
    why: Literal["promote", "rollback"]
    at: str
    override: str | None
    previous: str

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self), indent=1).encode() + b"\n"

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.to_bytes()).hexdigest()


class Witness(Protocol):
    """Whoever is told of a move before it is made."""

    def pending(self, last: str) -> Move | None:
        """A move that it was told of, that follows the one of this hash, and that was never written."""

    def note(self, made: Move) -> bool:
        """Whether the move may be made: false where it was told of another one that follows the same."""


def history(root: Path, name: str) -> tuple[Move, ...]:
    """Every move of the name's aliases, in order. Raises DataError where one cannot be read."""
    folder = root / name / FOLDER
    numbers = sorted(int(path.stem) for path in folder.glob("*.json") if path.stem.isdecimal())
    return tuple(_read(folder / f"{number}.json") for number in numbers)


def current(root: Path, name: str) -> Mapping[Alias, int]:
    """Where the aliases point now."""
    return state_of(history(root, name))


def state_of(moves: tuple[Move, ...]) -> Mapping[Alias, int]:
    """Where the aliases point after these moves."""
    last = {move.alias: move.version for move in moves}
    return {alias: version for alias, version in last.items() if version is not None}


def settled(root: Path, name: str, witness: Witness) -> tuple[Move, ...]:
    """The history, once every move that was cut off before it was written is made."""
    while True:
        moves = history(root, name)
        waiting = witness.pending(moves[-1].hash if moves else GENESIS)
        if waiting is None or not _write(root / name / FOLDER, waiting):
            return history(root, name)


def move(
    root: Path,
    name: str,
    alias: Alias,
    version: int | None,
    *,
    why: Literal["promote", "rollback"],
    witness: Witness,
    override: str | None = None,
) -> None:
    """Points an alias at a version, or nowhere; a move that changes nothing is not written down."""
    for _ in range(ATTEMPTS):
        moves = settled(root, name, witness)
        before = state_of(moves).get(alias)
        if before == version:
            return
        made = Move(
            number=moves[-1].number + 1 if moves else 1,
            alias=alias,
            before=before,
            version=version,
            why=why,
            at=datetime.now(UTC).isoformat(timespec="microseconds"),
            override=override,
            previous=moves[-1].hash if moves else GENESIS,
        )
        if witness.note(made) and _write(root / name / FOLDER, made):
            return
    raise OutputError(f"{root / name / FOLDER}: other processes keep moving aliases; try again")


def previous_champion(moves: tuple[Move, ...]) -> int | None:
    """The version that was champion before the one that is, rolled back ones apart; None if there was none.

    A rollback undoes the last promotion that was not undone yet, so that a second one goes back further.
    """
    stack: list[int] = []
    for each in moves:
        if each.alias != "champion":
            continue
        if each.why == "rollback":
            stack = stack[:-1]
        elif each.version is not None:
            stack.append(each.version)
    return stack[-2] if len(stack) > 1 else None


def roll_back(root: Path, name: str, witness: Witness) -> tuple[int, int | None]:
    """Makes the previous champion champion again: its version, and that which was. Raises DataError without one. A
    rollback that was cut off is finished, and is the one that was asked for."""
    known = len(history(root, name))
    moves = settled(root, name, witness)
    if len(moves) > known and (last := moves[-1]).why == "rollback" and last.version is not None:
        return last.version, last.before
    before, now = previous_champion(moves), state_of(moves).get("champion")
    if before is None:
        raise DataError(f"{name}: no version was champion before; nothing to roll back to")
    move(root, name, "champion", before, why="rollback", witness=witness)
    return before, now


def problems(root: Path, name: str, versions: list[int]) -> list[str]:
    """What is wrong with the chain of moves, one line each."""
    found: list[str] = []
    state: dict[Alias, int | None] = {}
    previous = GENESIS
    for number, made in enumerate(history(root, name), start=1):
        where = f"{root / name / FOLDER / f'{made.number}.json'}"
        if made.number != number or made.previous != previous or made.before != state.get(made.alias):
            found.append(f"{where}: does not follow the move before; moves were changed, removed or added")
        if made.version is not None and made.version not in versions:
            found.append(f"{where}: {made.alias} was pointed at version {made.version}, which is not there")
        previous, state[made.alias] = made.hash, made.version
    return found


def _read(path: Path) -> Move:
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        return Move(**content)
    except (OSError, ValueError, TypeError, RecursionError):
        raise DataError(f"{path}: is no move of an alias; restore the file from a copy of the registry") from None


def _write(folder: Path, made: Move) -> bool:
    """Whether it was written; false where another process was quicker."""
    partial = folder / f".{uuid.uuid4().hex}"
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            write_synced(partial, made.to_bytes())
            os.link(partial, folder / f"{made.number}.json")  # unlike a rename it never replaces
        except FileExistsError:
            return False
        finally:
            partial.unlink(missing_ok=True)
        sync_folder(folder)
    return True
