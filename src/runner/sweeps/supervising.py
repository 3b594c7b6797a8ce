"""Workers in processes of their own on this machine: who dies is replaced, as long as that helps."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from components.errors import AssayError, ConfigError
from runner import exit_codes
from runner.sweeps.opened import Opened
from runner.sweeps.stopping import ordered

RELAUNCHES = 20
"""How many workers that died are replaced before the sweep gives up."""

STILLBORN = 3
"""How many may die one after the other without any trial being begun: what kills them is not a trial."""

RECYCLED = 75
"""What a worker ends with that has grown too large: another takes its place."""

GRACE_SECONDS = 10.0
"""That a trial has to write down that it was interrupted."""


@dataclass(kw_only=True)
class Patience:
    """How often to begin again. begun: how many trials were ever begun."""

    begun: Callable[[], int]
    left: int = RELAUNCHES
    stillborn: int = 0
    _before: int = -1

    def lasts(self) -> bool:
        """To be asked after every death."""
        begun = self.begun()
        self.stillborn = self.stillborn + 1 if begun == self._before else 1
        self._before, self.left = begun, self.left - 1
        return self.left >= 0 and self.stillborn < STILLBORN


def patience(opened: Opened) -> Patience:
    """That of a sweep as it is now."""
    study = opened.study()
    return Patience(begun=lambda: sum(1 + trial.leases for trial in study.refresh()))


def supervise(opened: Opened, workers: int) -> None:
    """Keeps so many workers alive until all have nothing left to do, or are told to stop.

    Raises AssayError where none is left that could go on, in one line; ConfigError where that is what it says.
    """
    command = [sys.executable, "-m", "runner.sweeps.worker", str(opened.folder)]
    alive, lasting, ended = [Worker.start(command) for _ in range(workers)], patience(opened), False
    failure: AssayError | None = None
    try:
        while alive and ordered(opened.folder) != "now":
            time.sleep(0.05)
            for worker in [each for each in alive if each.code is not None]:
                alive.remove(worker)
                if worker.code == exit_codes.CONFIG:
                    failure = ConfigError(worker.last)
                elif worker.code == RECYCLED or (worker.code != exit_codes.RAN and lasting.lasts()):
                    alive.append(Worker.start(command))
                elif worker.code != exit_codes.RAN:
                    failure = AssayError(f"a worker {worker.ending}")
                ended |= worker.code == exit_codes.RAN
    finally:
        for worker in alive:
            worker.ask_to_end()
        for worker in alive:
            worker.end()
    if failure is not None and not ended:
        raise failure


@dataclass(kw_only=True, eq=False)
class Worker:
    """A process that ends when its stdin does, whose words are passed on. last: the last line of them."""

    process: "subprocess.Popen[str]"
    last: str = ""
    _listener: list[threading.Thread] = field(default_factory=list[threading.Thread])

    @staticmethod
    def start(command: list[str]) -> "Worker":
        """In a session of its own: a terminal's Ctrl-C is told by the sweep's folder."""
        pipe = subprocess.PIPE
        process = subprocess.Popen(  # noqa: S603  # our own command line
            command, stdin=pipe, stderr=pipe, text=True, errors="replace", start_new_session=True
        )
        worker = Worker(process=process)
        worker._listener.append(threading.Thread(target=worker._listen, daemon=True))
        worker._listener[0].start()
        return worker

    @property
    def code(self) -> int | None:
        """That it ended with, negative for a signal; None while it runs."""
        code = self.process.poll()
        if code is not None:
            self.ask_to_end()
            self._listener[0].join(timeout=1)
        return code

    @property
    def ending(self) -> str:
        """How it died, for messages."""
        code = self.process.returncode
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        return f"{how}: {self.last}" if self.last else how

    def ask_to_end(self) -> None:
        """Interrupts its trial."""
        assert self.process.stdin is not None
        self.process.stdin.close()

    def end(self) -> None:
        """Waits until it has written down how its trial ended; not for long."""
        try:
            self.process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._listener[0].join(timeout=1)

    def _listen(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self.last = line.strip() or self.last
                sys.stderr.write(line)


@contextmanager
def ends_with_its_parent() -> Iterator[None]:
    """In a worker: raises KeyboardInterrupt when its stdin ends, where that is a pipe, as whoever started it has ended.

    Also on SIGTERM. Where the trial does not heed it, the process is gone soon after.
    """
    over = threading.Event()

    def interrupt(*_: object) -> None:
        if not over.is_set():
            raise KeyboardInterrupt

    def wait() -> None:
        while os.read(0, 1):  # not through sys.stdin, whose lock would be held when the process ends
            pass
        if not over.is_set():
            os.kill(os.getpid(), signal.SIGTERM)
            if not over.wait(GRACE_SECONDS):
                os._exit(exit_codes.INTERRUPTED)

    signal.signal(signal.SIGTERM, interrupt)
    if Path("/dev/stdin").is_fifo():
        threading.Thread(target=wait, daemon=True).start()
    try:
        yield
    finally:
        over.set()
