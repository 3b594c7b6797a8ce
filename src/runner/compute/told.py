"""Stages that are shown and told to events.jsonl as well."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from runner.compute.stage import Progress, Shown
from runner.recording.events import Events


@dataclass(frozen=True, kw_only=True)
class Told:
    """A progress that tells events of what another one shows."""

    shows: Progress
    events: Events

    @contextmanager
    def stage(self, name: str) -> Iterator[Shown]:
        self.events.tell("stage_begun", stage=name)
        failed, stage = True, None
        try:
            with self.shows.stage(name) as stage:
                yield _Both(name, stage, self.events)
            failed = False
        finally:
            if stage is not None:
                told = {"seconds": round(stage.seconds, 4), "cached": stage.cached, "failed": failed}
                self.events.tell("stage_ended", stage=name, **told)


@dataclass
class Seconds:
    """A stage that nobody sees."""

    cached: bool = False
    seconds: float = 0.0

    def progress(self, done: int, of: int, what: str = "fold") -> None:
        """Nobody sees it."""


class Timed:
    """A progress that is not shown; stages know how long they took."""

    @contextmanager
    def stage(self, name: str) -> Iterator[Seconds]:
        stage, began = Seconds(), time.perf_counter()
        try:
            yield stage
        finally:
            stage.seconds = time.perf_counter() - began


class _Both:
    """A stage as it is shown, whose steps are told as well."""

    def __init__(self, name: str, shown: Shown, events: Events) -> None:
        self._name, self._shown, self._events = name, shown, events

    @property
    def cached(self) -> bool:
        return self._shown.cached

    @cached.setter
    def cached(self, found: bool) -> None:
        self._shown.cached = found

    @property
    def seconds(self) -> float:
        return self._shown.seconds

    @seconds.setter
    def seconds(self, seconds: float) -> None:
        self._shown.seconds = seconds

    def progress(self, done: int, of: int, what: str = "fold") -> None:
        self._shown.progress(done, of, what)
        self._events.tell(f"{what}_done", stage=self._name, done=done, of=of)
