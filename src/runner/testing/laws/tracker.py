"""Laws of trackers: a run is told of without being disturbed."""

import math
import tempfile
from pathlib import Path

from runner.specification.described import described
from runner.specification.tracker import RunInfo, Session, Tracker
from runner.testing.law import Untestable, needs, require, slow_law


def _near(tracker: Tracker) -> None:
    """Raises Untestable where the place is elsewhere, or its library is missing."""
    needs(*tracker.packages())
    if any(isinstance(each, str) and "://" in each for each in described(tracker).values()):
        raise Untestable("logs to a service, which the laws do not have")


def _started(tracker: Tracker, folder: Path) -> tuple[Session, RunInfo]:
    (folder / "run").mkdir()
    run = RunInfo(name="run-1", experiment="laws", config={"seed": 1}, folder=folder / "run", outputs=folder)
    return tracker.start(run), run


@slow_law
def tracks(tracker: Tracker) -> None:
    """A whole run: figures of which some are missing, files, an end; the run's own folder stays as it is."""
    _near(tracker)
    with tempfile.TemporaryDirectory() as name:
        session, run = _started(tracker, Path(name))
        report = run.folder / "report.html"
        report.write_text("<p>report</p>")
        require(isinstance(session, Session), "start() gives no Session")
        session.log_metrics({"test/r2": 0.1, "test/ic": None, "test/auc": math.nan})
        session.log_files([report])
        session.finish("finished")
        found = sorted(path.name for path in run.folder.iterdir())
        require(found == ["report.html"], f"it leaves files in the run's folder: {', '.join(found)}")


@slow_law
def ends_early(tracker: Tracker) -> None:
    """A run that failed before it had any figure is ended as well, with its true state."""
    _near(tracker)
    with tempfile.TemporaryDirectory() as name:
        session, _ = _started(tracker, Path(name))
        session.finish("failed")
