"""What null worlds take on a part of the bars, measured; nothing of it is kept."""

import time
from collections.abc import Sequence
from dataclasses import replace

from runner.compute import pipeline
from runner.compute.stage import Unseen
from runner.compute.threads import one_thread_of_blas
from runner.specification.places import Places
from runner.sweeps.nulls.search import search
from runner.sweeps.nulls.worlds import Bench
from runner.sweeps.opened import Opened

TRIALS = 4
"""Of the longer search, drawn at random from the space."""


def world_seconds(opened: Opened, fixed: Sequence[str], places: Places) -> tuple[float, float]:
    """Processor seconds of a world with its first trial and its choice, and of each further trial. fixed: overrides
    that say which part of the bars."""
    bench = Bench(real=pipeline.open_cache(places, Unseen()))
    space = replace(opened.space, fixed=(*opened.space.fixed, *fixed))
    inside = replace(opened, space=space, settings=replace(opened.settings, search="random", prune="none"))
    with one_thread_of_blas():
        _, first, longer = (_seconds(inside, world, trials, bench) for world, trials in enumerate((1, 1, TRIALS), 1))
    return first, max(0.0, longer - first) / (TRIALS - 1)


def _seconds(opened: Opened, world: int, trials: int, bench: Bench) -> float:
    began = time.process_time()
    search(opened, world, trials, bench, lambda: False)
    return time.process_time() - began
