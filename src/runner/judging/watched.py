"""A trial that is watched while it runs: the scores of its folds, in order, to somebody who may stop it."""

from collections.abc import Mapping
from functools import cached_property
from typing import Protocol

import numpy as np

from components.contracts import Metric
from runner.composition.figures import metrics
from runner.compute.fit_fold import FoldFit, joined
from runner.compute.prepared import Prepared
from runner.compute.stage import Pruned
from runner.judging.metrics import score_whole
from runner.judging.scored import scored
from runner.specification.experiment import Experiment


class Judge(Protocol):
    """Decides after each fold whether a trial goes on. figures: names of what it wants to hear; empty: all."""

    @property
    def figures(self) -> frozenset[str]: ...

    def stop(self, fold: int, scores: Mapping[str, float]) -> str | None:
        """Why the trial shall stop after this fold, a clause; None to go on.

        scores: figures of the fold's validation rows, as valid/r2.
        """
        ...


class Watcher:
    """Tells a judge of every fold's validation scores and stops the trial where it says so.

    scores: what was heard, fold by fold; what ran ahead of a stop is not among them.
    """

    def __init__(self, experiment: Experiment, judge: Judge) -> None:
        self._experiment, self._judge = experiment, judge
        self.prepared: Prepared | None = None
        self.scores: list[Mapping[str, float]] = []

    @cached_property
    def _heard(self) -> Mapping[str, Metric]:
        """The metrics of what the judge wants to hear."""
        figures = self._judge.figures
        return {name: each for name, each in metrics().items() if not figures or f"valid/{name}" in figures}

    def fold(self, number: int, fit: FoldFit) -> None:
        """Raises Pruned."""
        assert self.prepared is not None, "bars are prepared before a fold is fitted"
        self.scores.append(fold_scores(self._experiment, self.prepared, number, fit, self._heard))
        reason = self._judge.stop(number, self.scores[-1])
        if reason is not None:
            raise Pruned(number, reason)


def fold_scores(
    experiment: Experiment, prepared: Prepared, number: int, fit: FoldFit, known: Mapping[str, Metric] | None = None
) -> dict[str, float]:
    """Figures of the validation rows of one fold, as valid/r2; known: by these metrics, None: by all."""
    labels, panel = prepared.labels, prepared.panel
    forecasts = joined([prepared.folds[number - 1]], [fit])
    # Its fold has the number 1 in a mean of one.
    alone = scored(forecasts.renumbered(), {}, labels, panel, test=False)
    found = score_whole(alone, metrics() if known is None else known, experiment.target.kind, labels.horizon_bars)
    return {f"valid/{name}": value for name, value in found.items() if np.isfinite(value)}
