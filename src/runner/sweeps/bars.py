"""The bars that a sweep's points read, where something must be known of them before the first trial."""

from collections.abc import Sequence

from components.panel import Panel
from runner.composition.compose import Memo
from runner.composition.configure import configure
from runner.compute import pipeline
from runner.compute.stage import Cache
from runner.console import Console
from runner.specification.experiment import Experiment
from runner.specification.places import HERE


def bars_of(point: Sequence[str], memo: Memo | None = None) -> tuple[Experiment, Panel, Cache]:
    """The experiment of a command line, its bars, and the cache that holds them for the first trial."""
    experiment, _ = configure(point, memo=memo)
    cache = pipeline.open_cache(HERE, Console())
    return experiment, pipeline.prepare(experiment, cache).panel, cache
