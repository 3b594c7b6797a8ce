"""Trackers are filled by a process of its own, off the clock of runs and trials.

`python -m runner.tracking.deliver OUTPUTS` reads run folders, tells what is not told yet, and ends when its stdin has
ended and nothing is left that it could tell; whoever keeps stdin open, as a sweep does, is followed until it ends,
whatever ends it. What could not be told waits in the run folders for the next such process, and stands in
outputs/tracking/waiting.txt.
"""

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from components.errors import OutputError
from runner.specification.tracker import Tracker
from runner.storage.disk import write_atomically, writing

if TYPE_CHECKING:
    from runner.tracking.fill import Round
    from runner.tracking.waiting import Folders

logger = logging.getLogger(__name__)

WAIT = "ASSAY_TRACKING_WAIT"
"""Set to 1 in the environment, a command returns when everything is told, as a container needs it."""
FOLDER = "tracking"
WAITING = f"{FOLDER}/waiting.txt"
POLL_SECONDS = 5.0
NICE = 10
"""Trials that run at the same time go first."""


def deliver(outputs: Path, tracker: Tracker | None = None) -> None:
    """Has trackers told of what waits below outputs; returns at once, unless the tracker waits or WAIT says so.

    tracker: of the run that ended; where it has no places nothing is done, nor where it is not known and nothing was
    ever told here.
    Never raises: what goes wrong is one warning.
    """
    if not _any(outputs, tracker):
        return
    _say_what_waits(outputs)
    with suppress(_NotStarted):
        process = _started(outputs, subprocess.DEVNULL)
        _awaited(process, tracker)


@contextmanager
def filling(outputs: Path, tracker: Tracker | None = None) -> Iterator[None]:
    """Has trackers told meanwhile, and of the rest after the block; should this process be killed, all the same."""
    if not _any(outputs, tracker):
        yield
        return
    _say_what_waits(outputs)
    process = None
    with suppress(_NotStarted):
        process = _started(outputs, subprocess.PIPE)
    try:
        yield
    finally:
        if process is not None and process.poll() is None:
            assert process.stdin is not None
            with suppress(OSError):
                process.stdin.close()
            process.stdin = None
            _awaited(process, tracker)
        else:
            deliver(outputs, tracker)


def _any(outputs: Path, tracker: Tracker | None) -> bool:
    """Whether there may be something to tell; where nothing ever was, an unknown tracker is none."""
    return (outputs / FOLDER).is_dir() if tracker is None else bool(tracker.places())


class _NotStarted(Exception):
    pass


def _started(outputs: Path, stdin: int) -> "subprocess.Popen[bytes]":
    search_path = os.pathsep.join(folder or str(Path.cwd()) for folder in sys.path)
    try:
        return subprocess.Popen(  # noqa: S603  # our own module
            [sys.executable, "-P", "-m", __name__, str(outputs.absolute())],
            env={**os.environ, "PYTHONPATH": search_path, "PYTHONWARNINGS": "ignore"},
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        logger.warning("tracking is put off until the next run: %s", error)
        raise _NotStarted from error


def _awaited(process: "subprocess.Popen[bytes]", tracker: Tracker | None) -> None:
    if os.environ.get(WAIT) == "1" or (tracker is not None and tracker.waits()):
        for line in process.communicate()[0].decode(errors="replace").splitlines():
            logger.warning("%s", line)
    else:
        # Whoever goes on for long, as a notebook does, must not keep an ended child as a zombie.
        threading.Thread(target=process.communicate, daemon=True).start()


def _say_what_waits(outputs: Path) -> None:
    with suppress(OSError):
        for line in (outputs / WAITING).read_text(encoding="utf-8").splitlines():
            logger.warning("%s", line)


def told_now(outputs: Path, folders: "Folders") -> "Round":
    """Tells in this process what waits, once no other does. Raises OutputError where nothing can be noted there."""
    from filelock import FileLock

    from runner.tracking.fill import fill

    with writing(outputs):
        (outputs / FOLDER).mkdir(parents=True, exist_ok=True)
        with FileLock(outputs / FOLDER / ".lock"):
            found = fill(outputs, folders)
            if found.lines():
                write_atomically(outputs / WAITING, "".join(f"{line}\n" for line in found.lines()).encode())
            else:
                (outputs / WAITING).unlink(missing_ok=True)
    return found


def main() -> None:
    """Rounds until stdin has ended, and one after it."""
    from runner.tracking.waiting import Folders

    outputs, over, lines = Path(sys.argv[1]), threading.Event(), [""]
    threading.Thread(target=_heed, args=(over,), daemon=True).start()
    with suppress(OSError):
        os.nice(NICE)
    folders, last = Folders(outputs), False
    while not last:
        last = over.wait(POLL_SECONDS)
        try:
            lines = told_now(outputs, folders).lines()
        except OutputError as error:
            lines = [f"tracking: {error}"]
    with suppress(OSError):  # nobody may listen any more
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()


def _heed(over: threading.Event) -> None:
    with suppress(OSError):
        sys.stdin.buffer.read()
    over.set()


if __name__ == "__main__":
    main()
