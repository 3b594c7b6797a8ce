"""Who was told what already: lines that are only ever added, by one process at a time."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from components.errors import OutputError
from runner.storage.disk import writing

FILE = "tracking/delivered.jsonl"


@dataclass(frozen=True, kw_only=True)
class Delivered:
    """editions: (place, id of a record) -> the last edition of it that the place was told; moves: (place, bundle) ->
    number of the last move that it knows of."""

    path: Path
    editions: dict[tuple[str, str], str] = field(default_factory=dict[tuple[str, str], str])
    moves: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])

    @staticmethod
    def open(outputs: Path) -> "Delivered":
        """Reads what is noted; a line that was cut off was never written."""
        found = Delivered(path=outputs / FILE)
        try:
            content = found.path.read_bytes()
        except FileNotFoundError:
            return found
        except OSError as error:
            raise OutputError(f"{found.path}: cannot be read: {error.strerror}") from error
        for line in content[: content.rfind(b"\n") + 1].splitlines():
            found._take(json.loads(line))
        return found

    def note(self, place: str, record: str, edition: str, moves: Mapping[str, int]) -> None:
        """Notes that the place was told, on the disk when this returns. Raises OutputError."""
        line: dict[str, Any] = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "place": place, "record": record}
        line |= {"edition": edition, "moves": dict(moves)}
        with writing(self.path.parent):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(0)
                whole = file.read(end).rfind(b"\n") + 1
                if whole < end:
                    file.truncate(whole)
                file.write(json.dumps(line).encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        self._take(line)

    def _take(self, line: Mapping[str, Any]) -> None:
        place = line["place"]
        self.editions[place, line["record"]] = line["edition"]
        for name, number in line["moves"].items():
            self.moves[place, name] = max(number, self.moves.get((place, name), 0))
