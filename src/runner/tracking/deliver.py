"""Runs are told to Weights & Biases by a process of its own: importing it takes longer than a cached run.

`python -m runner.tracking.deliver OUTPUTS` writes all orders that are pending under outputs/wandb/. What goes
wrong with one is a line in its run folder's tracking.log, and never stops a run or another order.
"""

import logging
import os
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from runner.tracking.orders import FOLDER, PENDING, read, write

logger = logging.getLogger(__name__)

WAIT = "ASSAY_TRACKING_WAIT"
"""Set to 1 in the environment, a command returns when its orders are written, as a container needs it."""
LOG = "tracking.log"


def deliver(outputs: Path) -> None:
    """Starts the process that writes what is pending, if anything is; it outlives this one."""
    if not any((outputs / PENDING).glob("*.json")):
        return
    search_path = os.pathsep.join(folder or str(Path.cwd()) for folder in sys.path)
    try:
        process = subprocess.Popen(  # noqa: S603  # our own module
            [sys.executable, "-P", "-m", __name__, str(outputs.absolute())],
            env={**os.environ, "PYTHONPATH": search_path, "PYTHONWARNINGS": "ignore"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        logger.warning("tracking is put off until the next run: %s", error)
        return
    if os.environ.get(WAIT) == "1":
        process.wait()
    else:
        # Whoever goes on for long, as a notebook does, must not keep an ended child as a zombie.
        threading.Thread(target=process.wait, daemon=True).start()


def write_pending(outputs: Path) -> None:
    """Writes every pending order, one process at a time."""
    from filelock import FileLock

    with FileLock(outputs / FOLDER / ".lock"):
        while pending := sorted((outputs / PENDING).glob("*.json")):
            for path in pending:
                _write(path)


def _write(path: Path) -> None:
    folder = path.parent
    try:
        order = read(path)
        folder = Path(order.folder)
        write(order)
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        line = f"{datetime.now(UTC).isoformat(timespec='seconds')} Weights & Biases was not told: {reason}\n"
        with suppress(OSError), (folder / LOG).open("a", encoding="utf-8") as log:
            log.write(line)
    finally:
        path.unlink(missing_ok=True)


if __name__ == "__main__":
    write_pending(Path(sys.argv[1]))
