"""A study: which trials there are, who runs them, and how they ended; told from its journal alone.

A trial is leased to a worker that shows at intervals that it lives. Whose worker is dead is leased once more, with the
same values, and given up the second time; a command that resumes the study begins to count anew, since whoever ended
the last one may have ended it from outside. Nothing that ended runs again.
"""

import os
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from runner.sweeps.journal import Journal, Line, Turn
from runner.sweeps.searches import Past, Search

BEAT_SECONDS = 5.0
LEASES = 2
"""How often a trial may be begun; a worker that dies over it twice will the third time."""

State = Literal["running", "finished", "pruned", "nan", "failed", "memory", "refused", "interrupted", "lost"]
ENDED_BY_ITSELF = ("finished", "pruned", "nan")


@dataclass(frozen=True, kw_only=True)
class StudyTrial(Past):
    """leases: how often it was begun; worker: by whom, the last time; code: what its process would have ended with;
    run: its run folder; seconds: that it took."""

    number: int
    worker: str
    leases: int = 1
    code: int | None = None
    run: str | None = None
    says: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a trial ended. says: why, where it did not by itself."""

    state: State
    objectives: tuple[float, ...] = ()
    scores: tuple[float, ...] = ()
    code: int
    run: str | None = None
    says: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Wait:
    """Nothing to begin now; a trial of another worker may be given back."""


def this_worker() -> str:
    """A name that no other process has had."""
    return f"{this_machine()}:{os.getpid()}:{time.time_ns()}"


@cache
def this_machine() -> str:
    """Within which a process number means one process: containers may share a name, and machines are started again."""
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts += [Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")[:8]]
        parts += [str(Path("/proc/self/ns/pid").readlink()).strip("pid:[]")]
    return ".".join(parts)


@dataclass
class Study:
    """most: trials, None where the search alone ends; fail_fast: none is begun after a failure; beats: worker -> when
    this process learnt of its last beat, by its own clock, since those of machines differ."""

    journal: Journal
    search: Search
    most: int | None
    fail_fast: bool = False
    worker: str = field(default_factory=this_worker)
    trials: list[StudyTrial] = field(default_factory=list[StudyTrial])
    beats: dict[str, float] = field(default_factory=dict[str, float])
    _read: int = 0

    def take(self) -> StudyTrial | Wait | None:
        """The next trial to run, leased; None where there is none and will be none."""
        with self.journal.turn() as turn:
            self._catch_up(turn)
            turn.add({"beat": self.worker, "at": time.time()}, durable=False)
            for trial in self.trials:
                if trial.state == "running" and not self._alive(trial.worker):
                    return self._again(turn, trial)
            if self.fail_fast and any(trial.state not in ("running", *ENDED_BY_ITSELF) for trial in self.trials):
                return None
            number = len(self.trials)
            proposal = (
                None if self.most is not None and number >= self.most else self.search.propose(number, self.trials)
            )
            if proposal is None:
                return Wait() if any(trial.state == "running" for trial in self.trials) else None
            asked = {"values": dict(proposal.values), "notes": dict(proposal.notes)}
            return self._leased(turn, {"asked": number, "worker": self.worker, **asked})

    def tell(self, number: int, ending: Ending) -> None:
        """Writes how a trial ended, unless it was given to another worker meanwhile."""
        with self.journal.turn() as turn:
            self._catch_up(turn)
            trial = self.trials[number]
            if trial.state == "running" and trial.worker == self.worker:
                self._add(turn, {"told": number, **vars(ending)})

    def beat(self) -> None:
        """Shows that this worker lives."""
        with self.journal.turn() as turn:
            turn.add({"beat": self.worker, "at": time.time()}, durable=False)

    def resume(self) -> None:
        """Notes that a command goes on with the study."""
        with self.journal.turn() as turn:
            self._add(turn, {"resumed": time.time()})

    def refresh(self) -> Sequence[StudyTrial]:
        """The trials as the journal now has them."""
        with self.journal.turn() as turn:
            self._catch_up(turn)
        return self.trials

    def _again(self, turn: Turn, trial: StudyTrial) -> StudyTrial | Wait:
        if trial.leases < LEASES:
            return self._leased(turn, {"leased": trial.number, "worker": self.worker})
        says = f"its worker ended {trial.leases} times over it"
        ending = Ending(state="lost", code=1, says=says)
        self._add(turn, {"told": trial.number, **vars(ending)})
        return Wait()

    def _leased(self, turn: Turn, line: Line) -> StudyTrial:
        self._add(turn, line)
        return self.trials[int(line.get("asked", line.get("leased", 0)))]

    def _alive(self, worker: str) -> bool:
        if worker == self.worker:
            return True
        machine, process, _ = worker.rsplit(":", 2)
        if machine == this_machine() and not _exists(int(process)):
            return False
        return worker in self.beats and time.monotonic() - self.beats[worker] < 2 * BEAT_SECONDS

    def _add(self, turn: Turn, line: Line) -> None:
        turn.add(line)
        self._catch_up(turn)

    def _catch_up(self, turn: Turn) -> None:
        lines, self._read = turn.read(self._read)
        for line in lines:
            _apply(line, self.trials, self.beats)


def _apply(line: Line, trials: list[StudyTrial], beats: dict[str, float]) -> None:
    """What one line of the journal changes."""
    if "beat" in line:
        beats[line["beat"]] = time.monotonic()
    elif "asked" in line:
        values, notes = line["values"], line["notes"]
        trials.append(
            StudyTrial(number=line["asked"], values=values, notes=notes, state="running", worker=line["worker"])
        )
    elif "resumed" in line:
        trials[:] = [replace(trial, leases=0) if trial.state == "running" else trial for trial in trials]
    elif "leased" in line:
        trial = trials[line["leased"]]
        trials[trial.number] = replace(trial, worker=line["worker"], leases=trial.leases + 1)
    elif "told" in line:
        told: dict[str, Any] = {name: value for name, value in line.items() if name != "told"}
        told |= {name: tuple(told[name]) for name in ("objectives", "scores")}
        trials[line["told"]] = replace(trials[line["told"]], **told)


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
