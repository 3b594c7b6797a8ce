"""`sweep.plan=true`: what a sweep would take, from one of its points on small parts of the data."""

import json
import os
import resource
import time
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from runner.answer import Answer, said
from runner.composition.compose import Memo
from runner.composition.configure import configure
from runner.specification.places import HERE, Places
from runner.sweeps.bars import bars_of
from runner.sweeps.nulls.cost import world_seconds
from runner.sweeps.opened import Opened, drafted
from runner.sweeps.parts import Part
from runner.sweeps.points import Point

WITHIN = 3
"""Factor by which a prediction may miss; a test holds it against a sweep that ran."""

SLICE = 600
"""Bars of every symbol in the smaller of the parts that are run; a quarter of what there is where that is less."""

SYMBOLS = 20


@dataclass(frozen=True, kw_only=True)
class Slice:
    """One run of a part of the data: rows of bars, and what it took.

    peak: bytes of the process in memory so far; world, further: processor seconds of a null world with its first trial,
    and of each further one.
    """

    rows: int
    processor_seconds: float
    written: int
    peak: int
    world: float = 0.0
    further: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """Of a whole sweep. seconds: where nobody else uses its processors; memory: bytes of each worker; disk: of all
    trials."""

    seconds: float
    processor_seconds: float
    memory: float
    disk: float


def plan(part: Part, points: int, checked: int, memo: Memo, *, times: int = 1) -> Answer:
    """Runs the middle of the space on parts of the data, which is no trial. part: a search that was checked; points:
    how many there are; checked: how many of them were composed by now; times: how often such a search is made."""
    settings, space = part.asked.settings, part.space
    count, worlds = times * (settings.trials if settings.trials is not None else points), settings.null_worlds or 0
    middle = space.overrides(space.filled(lambda _, parameter: parameter.at(0.5)))
    experiment, panel, _ = bars_of(middle, memo)
    folds = len(experiment.split.spans(panel.dates_T, panel.symbols))
    few = max(50, min(SLICE, len(panel.dates_T) // 4))
    draft = drafted(settings, space, experiment)
    parts = ((few - 7, 1), (few, 1), (2 * few, 1), (few, 2))
    with TemporaryDirectory(prefix="assay-plan-") as folder:  # what the store holds by now would make them cheap
        places = replace(HERE, outputs=Path(folder))
        first, small, long, two = (_run(draft, middle, *each, memo, places) for each in parts)
    sizes = {"rows": panel.n_rows, "folds": folds, "workers": settings.workers}
    expected = forecast(
        first, small, long, two, **sizes, trials=count, worlds=worlds * times, again=worlds * (count - times)
    )
    figures = {
        "points": points,
        "checked": checked,
        "trials": count,
        "null_trials": count * worlds,
        "seconds": round(expected.seconds, 1),
        "processor_hours": round(expected.processor_seconds / 3600, 4),
        "memory_bytes": round(expected.memory),
        "disk_bytes": round(expected.disk),
        "within": WITHIN,
    }
    content: dict[str, Any] = {
        "folder": None,
        "objectives": list(settings.objectives or ()),
        "jobs": [],
        "best": None,
        "null_worlds": None,
        "parts": {},
    }
    sample = f" of {points:,}, drawn at random," if checked < points else ""
    workers = f"{settings.workers} worker{'s' if settings.workers > 1 else ''}"
    nulls = f", and {count * worlds:,} in {worlds:,} null worlds" if worlds else ""
    says = (
        f"{checked:,} points{sample} were composed and checked; {count:,} trials over {len(space.keys)} parameters"
        f"{nulls}",
        f"expected within a factor of {WITHIN}, less with pruning: {_time(expected.seconds)} with {workers} and "
        f"nothing beside, {expected.memory / 1e6:,.0f} MB of memory each, {expected.disk / 1e6:,.1f} MB written",
        f"from the middle of the space on {small.rows:,} and {long.rows:,} of {panel.n_rows:,} rows, 1 and 2 of "
        f"{folds} folds",
    )
    return Answer({**content, "plan": figures}, said(*says))


def forecast(
    first: Slice,
    small: Slice,
    long: Slice,
    two: Slice,
    *,
    rows: int,
    folds: int,
    trials: int,
    workers: int,
    worlds: int = 0,
    again: int = 0,
) -> Forecast:
    """A cost is taken for a + folds (b + c rows), and memory for a + c rows, none of them negative.

    first: of the process, with what is imported and compiled once; small: few rows and one fold; long: more rows; two:
    few rows and two folds; worlds: null worlds; again: trials in them beside the first of each.
    """

    def whole(first: float, more: float, again: float) -> float:
        slope = max(0.0, (more - first) / max(long.rows - small.rows, 1))
        fold = max(0.0, again - first - slope * small.rows)
        fixed = max(0.0, first - fold - slope * small.rows)
        return fixed + folds * (fold + slope * rows)

    growth = max(0.0, (long.peak - small.peak) / max(long.rows - small.rows, 1))
    start = max(0.0, first.processor_seconds - small.processor_seconds)
    trial = whole(small.processor_seconds, long.processor_seconds, two.processor_seconds)
    world, further = whole(small.world, long.world, two.world), whole(small.further, long.further, two.further)
    all_trials = trial * trials + worlds * world + again * further
    return Forecast(
        seconds=start + all_trials / min(workers, os.cpu_count() or 1),
        processor_seconds=start * workers + all_trials,
        memory=long.peak + growth * max(0, rows - long.rows),
        disk=whole(small.written, long.written, two.written) * trials,
    )


def _run(draft: Opened, point: Point, bars: int, folds: int, memo: Memo, places: Places) -> Slice:
    from runner.console import Console
    from runner.job import Bench, run_job

    part = (f"debug.max_bars={bars}", f"debug.max_folds={folds}", f"debug.max_symbols={SYMBOLS}")
    fixed = ("debug=fast", *part, "tracking=none")
    experiment, composed = configure((*point, *fixed), memo=memo)
    stored, began = _bytes(places.store), time.process_time()
    with Bench.at(places) as bench:
        outcome = run_job(experiment, composed, Console(), bench)
    used = time.process_time() - began
    world, further = world_seconds(draft, fixed, places) if draft.settings.null_worlds else (0.0, 0.0)
    manifest = json.loads((outcome.folder / "manifest.json").read_text(encoding="utf-8"))
    return Slice(
        rows=manifest["data"]["n_rows"],
        processor_seconds=used,
        written=_bytes(outcome.folder) + _bytes(places.store) - stored,
        peak=1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
        world=world,
        further=further,
    )


def _bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.2g} s"
    return f"{seconds / 60:.2g} min" if seconds < 6000 else f"{seconds / 3600:.2g} h"
