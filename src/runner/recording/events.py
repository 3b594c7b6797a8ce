"""events.jsonl: what happens in a run, a line each as it happens, for programs that watch it.

It is a log, no evidence: nothing is judged by it, and its checksum is not recorded.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from components.errors import AssayError, OutputError
from runner.answer import CONTRACT
from runner.storage.canonical import finite_or_null
from runner.storage.disk import writing

FILE = "events.jsonl"
KINDS: Mapping[str, str] = {
    "started": "experiment, overrides",
    "stage_begun": "stage",
    "stage_ended": "stage, seconds, cached, failed",
    "fold_done": "stage, done, of",
    "step_done": "stage, done, of: of a stage that has other parts than folds",
    "gate": "name, status, required, value, threshold, says",
    "verdict": "level, passed, forecast, portfolio",
    "promoted": "state, bundle, aliases, level",
    "failed": "errors",
    "interrupted": "",
    "pruned": "fold, reason",
    "finished": "state",
}
"""Event -> its fields, beside assay, time and event."""
_LINE = json.JSONEncoder(default=str)


class Events:
    """What happens before there is a run folder waits until there is one."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._waiting: list[str] = []

    def into(self, folder: Path) -> None:
        """From now on lines are written to the folder's events.jsonl."""
        self._folder = folder
        waiting, self._waiting = self._waiting, []
        self._write("".join(waiting))

    def tell(self, event: str, **fields: Any) -> None:
        """Appends one line. Raises OutputError where it cannot be written."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = _LINE.encode(finite_or_null({"assay": CONTRACT, "time": now, "event": event, **fields}))
        self._write(f"{line}\n")

    @contextmanager
    def ending(self) -> Iterator[None]:
        """Tells how the block ended where it did not end well."""
        try:
            yield
        except KeyboardInterrupt:
            with suppress(OutputError):
                self.tell("interrupted")
            raise
        except Exception as error:
            with suppress(OutputError):
                self.tell("failed", errors=in_fields(error))
            raise

    def _write(self, text: str) -> None:
        if self._folder is None:
            self._waiting.append(text)
            return
        with writing(self._folder), (self._folder / FILE).open("a", encoding="utf-8") as file:
            file.write(text)


def in_fields(error: BaseException) -> list[dict[str, Any]]:
    """An error as every answer tells it."""
    if isinstance(error, AssayError):
        return error.to_json()
    empty = {"path": "", "value": None, "allowed": None}
    message = f"{type(error).__name__}: {error}"
    return [{"code": "unforeseen", **empty, "message": message, "hint": "", "fix": []}]
