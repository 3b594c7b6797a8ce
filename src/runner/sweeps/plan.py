"""`sweep.plan=true`: what a sweep would take, from one of its points on a small part of the data."""

import json
from collections.abc import Sequence
from typing import Any

from runner.answer import Answer, said
from runner.composition.compose import Memo
from runner.composition.configure import configure
from runner.specification.places import HERE
from runner.specification.sweep import Settings
from runner.sweeps.points import Point
from runner.sweeps.space import Space


def plan(settings: Settings, space: Space, points: Sequence[Point], memo: Memo) -> Answer:
    """Every point is composed and checked by now; runs one as `debug=fast`, which is no trial."""
    from runner.console import Console
    from runner.job import Bench, run_job

    small = (*points[0], "debug=fast", "tracking=none")
    experiment, composed = configure(small, memo=memo)
    with Bench.at(HERE) as bench:
        outcome = run_job(experiment, composed, Console(), bench)
    manifest = json.loads((outcome.folder / "manifest.json").read_text(encoding="utf-8"))
    seconds = sum(stage["seconds"] for stage in manifest["stages"].values() if isinstance(stage, dict))
    count = settings.trials if settings.trials is not None else len(points)
    size = sum(path.stat().st_size for path in outcome.folder.rglob("*") if path.is_file())
    nothing: dict[str, Any] = {"folder": None, "jobs": [], "best": None, "null_worlds": None, "parts": {}}
    content = {**nothing, "objectives": list(settings.objectives or ())}
    says = (
        f"{len(points)} points were composed and checked; {count} trials over {len(space.parameters)} parameters",
        f"the first, on a small part of the data: {seconds:.1f} s, {size / 1e6:.1f} MB written",
    )
    return Answer(content, said(*says))
