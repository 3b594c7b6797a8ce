"""Tracking: where a run is logged besides its own folder; it never gets in the run's way."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from runner.specification.tracker import RunInfo, Session, State, Tracker

logger = logging.getLogger(__name__)


@contextmanager
def tracked(tracker: Tracker, run: RunInfo) -> Iterator[Session]:
    """A session that is closed with the block's true state and never raises.

    The first thing that goes wrong in the tracker is told in one warning; the session then does nothing.
    """
    session = _Guarded(lambda: tracker.start(run))
    try:
        yield session
    except KeyboardInterrupt:
        session.finish("interrupted")
        raise
    except BaseException:
        session.finish("failed")
        raise
    session.finish("finished")


class _Guarded(Session):
    def __init__(self, start: Callable[[], Session]) -> None:
        self._session: Session | None = None
        self._guard(lambda: setattr(self, "_session", start()))

    def log_metrics(self, metrics: Mapping[str, float | None]) -> None:
        self._guard(lambda: self._session and self._session.log_metrics(metrics))

    def log_level(self, level: str) -> None:
        if self._session is not None:
            self._guard(partial(self._session.log_level, level))

    def log_files(self, paths: Sequence[Path]) -> None:
        self._guard(lambda: self._session and self._session.log_files(paths))

    def log_bundle(self, folder: Path, aliases: Sequence[str]) -> None:
        if self._session is not None:
            self._guard(partial(self._session.log_bundle, folder, aliases))

    def log_head(self, head: str) -> None:
        if self._session is not None:
            self._guard(partial(self._session.log_head, head))

    def finish(self, state: State) -> None:
        self._guard(lambda: self._session and self._session.finish(state))
        self._session = None

    def _guard(self, action: Callable[[], object]) -> None:
        try:
            action()
        except Exception as error:
            self._session = None
            reason = (str(error).splitlines() or [type(error).__name__])[0]
            logger.warning("tracking stopped, the run goes on: %s", reason)
