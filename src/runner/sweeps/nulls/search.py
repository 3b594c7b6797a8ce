"""The whole search in one world: the same sampler, seed, number of trials, pruning and choice as in the real one."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from components.errors import AssayError
from runner import exit_codes
from runner.compute.fit_fold import FoldFit
from runner.compute.prepared import Prepared
from runner.compute.stage import Cache, Pruned, Unseen
from runner.judging.watched import fold_scores
from runner.storage.store import Store
from runner.sweeps.best import best as best_of
from runner.sweeps.journal import MemoryJournal
from runner.sweeps.nulls.light import tested, validated
from runner.sweeps.nulls.worlds import Bench, World
from runner.sweeps.opened import Opened
from runner.sweeps.points import search_name
from runner.sweeps.pruning import FoldPruner
from runner.sweeps.study import Ending, Study, StudyTrial, Wait


@dataclass(frozen=True, kw_only=True)
class Found:
    """What the search came to in a world. states: how its trials ended; best: the chosen one, None where there is
    nothing to choose from; values: of its parameters; figures: its objectives, and what it came to on test spans."""

    world: int
    trials: int
    states: Mapping[str, int]
    best: int | None = None
    values: Mapping[str, str] = field(default_factory=dict[str, str])
    figures: Mapping[str, float] = field(default_factory=dict[str, float])
    says: str = ""
    seconds: float = 0.0

    def content(self) -> dict[str, Any]:
        return asdict(self)


def search(opened: Opened, world: int, trials: int, bench: Bench, stop: Callable[[], bool]) -> Found | None:
    """None where it was stopped before its end. trials: as many as the real search had; world 0 is the real one."""
    began = time.time()
    limits: dict[str, Any] = {"trials": trials, "minutes": None, "processor_hours": None, "fail_fast": False}
    settings = replace(opened.settings, search=search_name(opened.settings), **limits)
    inside = replace(opened, settings=settings, journal=MemoryJournal())
    with TemporaryDirectory(prefix="assay-null-") as folder:
        cache = Cache(store=Store(Path(folder)), progress=Unseen())
        place = World(bench=bench, seed=settings.seed, number=world, cache=cache)
        study = inside.study()
        while isinstance(trial := study.take(), StudyTrial):
            if stop():
                return None
            study.tell(trial.number, _trial(inside, study, trial, place))
        assert not isinstance(trial, Wait), "nobody else has a trial of it"
        return replace(_found(inside, study.trials, place), seconds=round(time.time() - began, 3))


def _trial(opened: Opened, study: Study, trial: StudyTrial, world: World) -> Ending:
    """How a trial ended, as `worker.run_trial` tells it."""
    pruner = FoldPruner(
        kind=opened.settings.prune,
        objective=opened.objectives[0],
        direction=opened.directions[0],
        space=opened.space,
        trial=trial,
        past=[*study.known, *(each for each in study.trials if each.state != "running")],
    )

    wanted = (*opened.objectives, *(constraint.figure for constraint in opened.constraints))

    def ended(state: Any, code: int = exit_codes.RAN, **more: Any) -> Ending:
        return Ending(state=state, code=code, scores=tuple(pruner.scores), **more)

    try:
        experiment = world.bench.experiment(opened.space.overrides(trial.values))

        def heard(number: int, prepared: Prepared, fit: FoldFit) -> None:
            if opened.settings.prune == "none":
                return
            if reason := pruner.stop(number, fold_scores(experiment, prepared, number, fit)):
                raise Pruned(number, reason)

        found = validated(experiment, world, wanted, heard)
    except Pruned:
        return ended("pruned")
    except AssayError as error:
        return ended("refused", exit_codes.of_error(error), says=str(error))
    except MemoryError as error:
        return ended("memory", exit_codes.UNFORESEEN, says=f"MemoryError: {error}")
    except Exception as error:
        return ended("failed", exit_codes.UNFORESEEN, says=f"{type(error).__name__}: {error}")
    if not all(np.isfinite(found.get(name, np.nan)) for name in wanted):
        return ended("nan")
    violations = tuple(constraint.violation(found[constraint.figure]) for constraint in opened.constraints)
    return ended("finished", objectives=tuple(found[name] for name in opened.objectives), violations=violations)


def _found(opened: Opened, trials: Sequence[StudyTrial], world: World) -> Found:
    says = next((trial.says for trial in trials if trial.says), "")
    found = Found(
        world=world.number, trials=len(trials), states=dict(Counter(trial.state for trial in trials)), says=says
    )
    chosen = best_of(opened, trials)
    if not chosen:
        return found
    best = chosen[0]
    experiment = world.bench.experiment(opened.space.overrides(best.values))
    figures = dict(zip(opened.objectives, best.objectives, strict=True))
    tests = tuple(f"test/{name.rpartition('/')[2]}" for name in opened.objectives)
    figures |= {name: value for name, value in tested(experiment, world, tests).items() if np.isfinite(value)}
    return replace(found, best=best.number, values=dict(best.values), figures=figures)
