"""Tracking never gets in the way of a run."""

import logging
from dataclasses import dataclass
from pathlib import Path

import pytest

from runner.tracking import RunInfo, Session, Tracker, tracked
from runner.tracking.none import NoTracking


@pytest.fixture
def run(tmp_path) -> RunInfo:
    return RunInfo(name="r", experiment="e", config={}, folder=tmp_path / "r", outputs=tmp_path)


@dataclass
class Noted(Session):
    """Writes down what it is told, and raises where it is asked to."""

    calls: list
    breaks: str

    def _call(self, name, *arguments):
        if name == self.breaks:
            raise RuntimeError("the service is down\nwith details")
        self.calls.append((name, *arguments))

    def log_metrics(self, metrics):
        self._call("metrics", metrics)

    def log_files(self, paths):
        self._call("files", paths)

    def log_bundle(self, folder, aliases):
        self._call("bundle", folder, aliases)

    def finish(self, state):
        self._call("finish", state)


@dataclass(frozen=True, kw_only=True)
class Noting(Tracker):
    calls: list
    breaks: str = ""

    @classmethod
    def examples(cls):
        return ()

    def start(self, run):
        if self.breaks == "start":
            raise OSError
        return Noted(self.calls, self.breaks)


def use(tracker, run, error=None):
    with tracked(tracker, run) as session:
        session.log_metrics({"a": 1.0})
        session.log_files([Path("x")])
        if error:
            raise error


@pytest.mark.parametrize(
    ("error", "state"), [(ValueError, "failed"), (SystemExit, "failed"), (KeyboardInterrupt, "interrupted")]
)
def test_a_session_is_closed_with_the_true_state(run, error, state):
    calls = []
    with pytest.raises(error):
        use(Noting(calls=calls), run, error)
    assert calls == [("metrics", {"a": 1.0}), ("files", [Path("x")]), ("finish", state)]
    calls.clear()
    use(Noting(calls=calls), run)
    assert calls[-1] == ("finish", "finished")


@pytest.mark.parametrize(
    ("breaks", "reason", "done"),
    [
        ("start", "OSError", []),
        ("metrics", "the service is down", []),
        ("files", "the service is down", ["metrics"]),
        ("finish", "the service is down", ["metrics", "files"]),
    ],
)
def test_a_broken_tracker_is_one_warning_and_the_run_goes_on(run, caplog, breaks, reason, done):
    calls = []
    with caplog.at_level(logging.WARNING):
        use(Noting(calls=calls, breaks=breaks), run)
    assert caplog.messages == [f"tracking stopped, the run goes on: {reason}"]
    assert [name for name, _ in calls] == done


def test_a_broken_tracker_does_not_hide_the_runs_error(run):
    with pytest.raises(ZeroDivisionError):
        use(Noting(calls=[], breaks="finish"), run, ZeroDivisionError)


def test_without_tracking_nothing_is_written(run, tmp_path, caplog):
    use(NoTracking(), run)
    assert list(tmp_path.iterdir()) == []
    assert caplog.messages == []
