"""A model through all folds: one stored stage a fold, independent ones side by side, heard in order."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from components.contracts import Loss, Model, Preprocessor
from components.values import Fold
from runner.compute.cluster import on_nodes
from runner.compute.fit_fold import FoldFit, depends, fit_fold, join_folds, prepare_folds
from runner.compute.forecast import Forecasts
from runner.compute.prepared import Prepared, folds_hash
from runner.compute.stage import Cache, Given, Keyed, Stage
from runner.compute.threads import one_thread_of_blas
from runner.specification.experiment import Experiment
from runner.storage.formats import FILES, Files


@dataclass(frozen=True, kw_only=True, eq=False)
class Walked:
    """A model through all folds, as a keyed value: the forecasts of all of them.

    name: on the terminal; inputs: of all fits; fits: one stage a fold; workers: how many of them may be computed side
    by side; nodes: most on the nodes of a cluster, 0: as many as it can, None: here; observed: whether the cache's
    observer hears of its folds; divided: the folds, of its own rows.
    """

    name: str
    inputs: tuple[Keyed[Any], ...]
    fits: tuple[Stage[Files], ...]
    joined: Stage[Forecasts]
    workers: int
    nodes: int | None = None
    cache: Cache
    observed: bool
    divided: Keyed[tuple[Fold, ...]]

    @property
    def key(self) -> str:
        return self.joined.key

    @property
    def value(self) -> Forecasts:
        self.fit()
        return self.joined.value

    def fold(self, number: int) -> FoldFit:
        """What a fold fitted, read anew."""
        return FoldFit.from_files(self.fits[number - 1].value)

    @cached_property
    def _fitted(self) -> None:
        observer = self.cache.observer if self.observed else None
        if observer is None and self.joined.at_hand:
            return
        if not all(fit.kept() for fit in self.fits):
            for given in self.inputs:
                given.value  # noqa: B018  # they show themselves, before the fits do
        with self.cache.group(self.name) as shown, one_thread_of_blas(), _pool(self.workers) as started:
            found = []
            if self.nodes is not None:
                lacking = [fit.work for fit in self.fits if fit.work is not None and not fit.kept()]
                if lacking:
                    on_nodes(lacking, self.nodes)
                    found.append(False)
            for number, ready in enumerate(started([fit.ensure for fit in self.fits]), start=1):
                found.append(ready())
                shown.progress(number, len(self.fits))
                if observer is not None:
                    observer.fold(number, self.fold(number))
            shown.cached = all(found)

    def fit(self) -> None:
        """Computes the fits that the store lacks, under one line on the terminal; once.

        The observer hears of every fold in order, whatever ran ahead. Raises Pruned where it stops the trial.
        """
        return self._fitted


@contextmanager
def _pool(workers: int) -> Iterator[Callable[[Sequence[Callable[[], bool]]], Iterator[Callable[[], bool]]]]:
    """Starts calls side by side and gives their results in order; what has not begun at the end is dropped.

    After Ctrl-C nobody waits for the fits that run: the process ends, and the store takes no half entry.
    """
    if workers == 1:
        yield iter
        return
    pool, waits = ThreadPoolExecutor(workers), True
    try:
        yield lambda calls: iter([pool.submit(call).result for call in calls])
    except KeyboardInterrupt:
        waits = False
        raise
    finally:
        pool.shutdown(wait=waits, cancel_futures=True)


def walk(
    experiment: Experiment, model: Model, preprocess: Preprocessor, prepared: Prepared, cache: Cache, *, part: str = ""
) -> Walked:
    """A model's stages, one a fold, so that a process that is killed loses one fold."""
    folds = prepared.folds
    inputs: dict[str, Keyed[Any]] = {"panel": prepared.bars, "table": prepared.tabled, "labels": prepared.labelled}
    settings, most = _settings(experiment, model, preprocess, len(folds)), experiment.resources.side_by_side
    if part and cache.memory is not None:  # a baseline is the same for most trials
        key = cache.key(fit_fold, inputs={**inputs, "folds": prepared.divided}, settings=settings)
        return cache.memory.shared(f"{key} {part}", lambda: _walk(inputs, settings, model, prepared, cache, part, most))
    walked = _walk(inputs, settings, model, prepared, cache, part, most)
    return walked if part else replace(walked, nodes=_nodes(experiment, model))


def _walk(
    inputs: Mapping[str, Keyed[Any]],
    settings: Mapping[str, Any],
    model: Model,
    prepared: Prepared,
    cache: Cache,
    part: str,
    most: int,
) -> Walked:
    """most: fits side by side."""
    folds, prepared_files = prepared.folds, None
    if depends(model):
        prepared_files = cache.stage(
            prepare_folds,
            inputs={**inputs, "folds": prepared.divided},
            settings=settings,
            form=FILES,
            part=part,
            lasting=True,
        )
    fits: list[Stage[Files]] = []
    for fold in folds:
        before = fits[-1] if fits and model.starts_from == "previous_fold" else None
        given = Given(key=folds_hash([fold]), value=fold)
        fit = cache.stage(
            fit_fold,
            inputs={**inputs, "fold": given, "prepared": prepared_files, "before": before},
            settings=settings,
            form=FILES,
            part=f"{part} {fold.number}".strip(),
            remembered=False,
            lasting=True,
        )
        fits.append(fit)
    joined = cache.stage(join_folds, inputs={"folds": prepared.divided, "fits": fits}, form=None, part=part)
    return Walked(
        name=f"baseline {part}" if part else "forecast",
        inputs=tuple(inputs.values()),
        fits=tuple(fits),
        joined=joined,
        workers=1 if model.starts_from == "previous_fold" else min(most, len(fits)),
        cache=cache,
        observed=not part,
        divided=prepared.divided,
    )


def _nodes(experiment: Experiment, model: Model) -> int | None:
    """How many fits of the experiment's own model may run on nodes at a time: a baseline takes less time than its way
    there. A trial of a sweep has one worker: itself."""
    resources = experiment.resources
    one_by_one = model.starts_from == "previous_fold" or resources.workers == 1
    return None if resources.folds == "threads" or one_by_one else resources.workers


def _settings(experiment: Experiment, model: Model, preprocess: Preprocessor, n_folds: int) -> dict[str, Any]:
    loss: Loss = experiment.loss
    one_of = 1 if model.starts_from == "previous_fold" else n_folds
    return {
        "preprocess": preprocess,
        "model": model,
        "loss": loss,
        "seed": experiment.seed,
        "resources": experiment.resources.for_one_of(one_of),
    }
