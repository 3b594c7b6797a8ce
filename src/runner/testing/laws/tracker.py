"""Laws of trackers: a run is shown as it was, once, and its own folder is left alone."""

import math
import tempfile
from dataclasses import replace
from pathlib import Path

from runner.specification.described import described
from runner.specification.tracker import Record, Table, Tracker
from runner.testing.law import Untestable, law, needs, require, slow_law


def _near(tracker: Tracker) -> None:
    """Raises Untestable where the place is elsewhere, or its library is missing."""
    needs(*tracker.packages())
    if any(isinstance(each, str) and "://" in each for each in described(tracker).values()):
        raise Untestable("logs to a service, which the laws do not have")


def _record(folder: Path) -> Record:
    """A run with whatever a run may have, some of it odd."""
    report = folder / "report.html"
    report.write_text("<p>report</p>")
    return Record(
        id="laws-run-1",
        edition="1",
        name="run-1",
        kind="laws",
        began="2020-01-02T03:04:05+00:00",
        ended="2020-01-02T03:05:05+00:00",
        tags=("candidate", "ä" * 100, ""),
        config={"seed": 1, "x.y": {"{w}": "é" * 10_000, "nan": math.nan, 3: [math.inf, None]}, "x": {"y.{w}": 1}},
        summary={"level": "candidate", "test/r2": 0.1, "passed": True},
        history={"fold": [{"fold": 1, "test/r2": 0.2}, {"fold": 2, "test/r2": 0.0, "word": "w"}]},
        tables={"gates": Table(columns=("name", "value"), rows=(("skill", 0.1), ("clean", None), ("text", "x")))},
        files={"report": report},
    )


@slow_law
def tells(tracker: Tracker) -> None:
    """A whole run, and the same once more, and a later edition of it; the run's own folder stays as it is."""
    _near(tracker)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, "run")
        folder.mkdir()
        record = _record(folder)
        for told in (record, record, replace(record, edition="2", state="failed", exit_code=1)):
            tracker.tell(told, Path(name))
        found = sorted(path.name for path in folder.iterdir())
        require(found == ["report.html"], f"it leaves files in the run's folder: {', '.join(found)}")


@slow_law
def tells_little(tracker: Tracker) -> None:
    """A run that failed before it had any figure, table or picture is told as well."""
    _near(tracker)
    with tempfile.TemporaryDirectory() as name:
        tracker.tell(Record(id="r", edition="1", name="r", kind="laws", state="crashed", exit_code=137), Path(name))


@law
def places(tracker: Tracker) -> None:
    """A place is told on its own, so that what is a place has no places in it but itself."""
    for name, place in tracker.places().items():
        require(list(place.places().values()) == [place], f"its place '{name}' is not its own only place")
