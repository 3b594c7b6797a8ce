"""A study: which trials there are, who runs them, and how they ended; told from its journal alone.

A trial is leased to a worker that shows at intervals that it lives. Whose worker is dead is leased once more, with the
same values, and given up the second time; a command that resumes the study begins to count anew, since whoever ended
the last one may have ended it from outside. Nothing that ended runs again.
"""

import os
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from runner.sweeps.journal import Journal, Line, Turn
from runner.sweeps.searches import Past, Search
from runner.trial import processor_seconds as processor_time

BEAT_SECONDS = 5.0
LEASES = 2
"""How often a trial may be begun; a worker that dies over it twice will the third time."""

State = Literal["running", "finished", "pruned", "nan", "failed", "memory", "refused", "interrupted", "lost"]
ENDED_BY_ITSELF = ("finished", "pruned", "nan")


@dataclass(frozen=True, kw_only=True)
class StudyTrial(Past):
    """leases: how often it was begun since the last resume; again: whether it was begun before; worker: by whom, the
    last time; code: what its process would have ended with; key: of its trial in the ledger; seconds: that it took."""

    number: int
    worker: str
    leases: int = 1
    again: bool = False
    code: int | None = None
    key: str | None = None
    says: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a trial ended. key: of its trial in the ledger; says: why, where it did not by itself."""

    state: State
    objectives: tuple[float, ...] = ()
    scores: tuple[float, ...] = ()
    violations: tuple[float, ...] = ()
    code: int
    run: str | None = None
    key: str | None = None
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
class Clock:
    """What a study took, as its workers say. used: worker -> processor seconds; before: seconds of commands that were
    resumed since."""

    used: dict[str, float] = field(default_factory=dict[str, float])
    before: float = 0.0
    began: float | None = None
    last: float = 0.0

    def beat(self, worker: str, at: float, used: float) -> None:
        self.used[worker] = used
        self.began = at if self.began is None else self.began
        self.last = max(self.last, at)

    def resumed(self, at: float) -> None:
        self.before = self.seconds(self.last)
        self.began = self.last = at

    def seconds(self, now: float) -> float:
        """For which a command ran."""
        return self.before + (0.0 if self.began is None else now - self.began)

    @property
    def processor_seconds(self) -> float:
        """Of all workers."""
        return sum(self.used.values())


@dataclass
class Study:
    """most: trials, None where the search alone ends; seconds, processor_seconds: after which none is begun, resumed or
    not, None: no limit; fail_fast: none is begun after a failure; known: points of earlier trials that the search began
    with; beats: worker -> when this process learnt of its last beat, by its own clock, since those of machines differ.
    """

    journal: Journal
    search: Search
    most: int | None
    seconds: float | None = None
    processor_seconds: float | None = None
    fail_fast: bool = False
    worker: str = field(default_factory=this_worker)
    trials: list[StudyTrial] = field(default_factory=list[StudyTrial])
    known: list[Past] = field(default_factory=list[Past])
    beats: dict[str, float] = field(default_factory=dict[str, float])
    clock: Clock = field(default_factory=Clock)
    _read: int = 0
    _began: float = field(default_factory=processor_time)

    def take(self) -> StudyTrial | Wait | None:
        """The next trial to run, leased; None where there is none and will be none."""
        with self.journal.turn() as turn:
            self._catch_up(turn)
            now = time.time()
            self._beat(turn, now)
            for trial in self.trials:
                if trial.state == "running" and not self._alive(trial.worker):
                    return self._again(turn, trial)
            if self._is_over(now):
                return None
            number = len(self.trials)
            proposal = None if number == self.most else self.search.propose(number, [*self.known, *self.trials])
            if proposal is None:
                return Wait() if any(trial.state == "running" for trial in self.trials) else None
            asked = {"values": dict(proposal.values), "notes": dict(proposal.notes)}
            return self._leased(turn, {"asked": number, "worker": self.worker, **asked})

    def knows(self, known: Sequence[Past]) -> None:
        """Notes points of earlier trials, before the first trial is asked for."""
        with self.journal.turn() as turn:
            self._add(turn, {"known": [vars(each) for each in known]})

    def tell(self, number: int, ending: Ending) -> None:
        """Writes how a trial ended, unless it was given to another worker meanwhile."""
        with self.journal.turn() as turn:
            self._catch_up(turn)
            trial = self.trials[number]
            if trial.state == "running" and trial.worker == self.worker:
                # The ledger has its end on the disk; lost by a power cut here, it is run again, as the same try.
                self._add(turn, {"told": number, **vars(ending)}, durable=False)

    def beat(self) -> None:
        """Shows that this worker lives."""
        with self.journal.turn() as turn:
            self._beat(turn, time.time())

    def resume(self) -> None:
        """Notes that a command goes on with the study."""
        with self.journal.turn() as turn:
            self._add(turn, {"resumed": time.time()})

    def refresh(self) -> Sequence[StudyTrial]:
        """The trials as the journal now has them."""
        with self.journal.turn() as turn:
            self._catch_up(turn)
        return self.trials

    def _beat(self, turn: Turn, now: float) -> None:
        used = round(processor_time() - self._began, 3)
        turn.add({"beat": self.worker, "at": now, "used": used}, durable=False)

    def _is_over(self, now: float) -> bool:
        failed = self.fail_fast and any(trial.state not in ("running", *ENDED_BY_ITSELF) for trial in self.trials)
        late = self.seconds is not None and self.clock.seconds(now) >= self.seconds
        spent = self.processor_seconds is not None and self.clock.processor_seconds >= self.processor_seconds
        return failed or late or spent

    def _again(self, turn: Turn, trial: StudyTrial) -> StudyTrial | Wait:
        if trial.leases < LEASES:
            return self._leased(turn, {"leased": trial.number, "worker": self.worker})
        says = f"its worker ended {trial.leases} times over it"
        ending = Ending(state="lost", code=1, says=says)
        self._add(turn, {"told": trial.number, **vars(ending)})
        return Wait()

    def _leased(self, turn: Turn, line: Line) -> StudyTrial:
        # Lost by a power cut, it is asked for again.
        self._add(turn, line, durable=False)
        return self.trials[int(line.get("asked", line.get("leased", 0)))]

    def _alive(self, worker: str) -> bool:
        if worker == self.worker:
            return True
        machine, process, _ = worker.rsplit(":", 2)
        if machine == this_machine() and not _exists(int(process)):
            return False
        return worker in self.beats and time.monotonic() - self.beats[worker] < 2 * BEAT_SECONDS

    def _add(self, turn: Turn, line: Line, *, durable: bool = True) -> None:
        turn.add(line, durable=durable)
        self._catch_up(turn)

    def _catch_up(self, turn: Turn) -> None:
        lines, self._read = turn.read(self._read)
        for line in lines:
            self._apply(line)

    def _apply(self, line: Line) -> None:
        """What one line of the journal changes."""
        trials = self.trials
        if "beat" in line:
            self.beats[line["beat"]] = time.monotonic()
            self.clock.beat(line["beat"], line["at"], line["used"])
        elif "known" in line:
            self.known += [Past(**_tuples(each)) for each in line["known"]]
        elif "asked" in line:
            values, notes = line["values"], line["notes"]
            trials.append(
                StudyTrial(number=line["asked"], values=values, notes=notes, state="running", worker=line["worker"])
            )
        elif "resumed" in line:
            self.clock.resumed(line["resumed"])
            trials[:] = [replace(trial, leases=0) if trial.state == "running" else trial for trial in trials]
        elif "leased" in line:
            trial = trials[line["leased"]]
            trials[trial.number] = replace(trial, worker=line["worker"], leases=trial.leases + 1, again=True)
        elif "told" in line:
            told = {name: value for name, value in line.items() if name != "told"}
            trials[line["told"]] = replace(trials[line["told"]], **_tuples(told))


def _tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    """JSON knows lists only."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def _exists(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
