"""Ctrl-C, for workers wherever they run: a file in the sweep's folder says that no trial is begun, or that all end."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from runner.storage.disk import write_atomically

Order = Literal["last", "now"]
"""Of the trials that run: they are the last ones, or end at once."""

STOP = "stop"


def order(folder: Path, what: Order) -> None:
    """Tells every worker of the sweep in this folder."""
    write_atomically(folder / STOP, what.encode(), synced=False)


def ordered(folder: Path) -> Order | None:
    """What was told, None where nothing was."""
    try:
        return "now" if (folder / STOP).read_text(encoding="ascii") == "now" else "last"
    except OSError:
        return None


def revoke(folder: Path) -> None:
    """Lets workers begin trials again."""
    (folder / STOP).unlink(missing_ok=True)


@contextmanager
def interrupts(folder: Path) -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed: the first lets running trials end, the second ends them, on every machine."""
    heard: list[int] = []

    def hear(number: int, _: Any) -> None:
        heard.append(number)
        order(folder, "last" if len(heard) == 1 else "now")
        if len(heard) > 1:
            raise KeyboardInterrupt
        print("no further trial is begun; Ctrl-C again ends those that run", file=sys.stderr)

    before = signal.signal(signal.SIGINT, hear)
    try:
        yield lambda: bool(heard)
    finally:
        signal.signal(signal.SIGINT, before)
