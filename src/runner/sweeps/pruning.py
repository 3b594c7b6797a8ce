"""Whether a trial goes on after a fold, by what the other trials of the study scored on the same folds."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runner.sweeps.searches import Past
from runner.sweeps.searches._optuna import frozen, new_study
from runner.sweeps.space import Space

if TYPE_CHECKING:
    import optuna

STEPS_FIRST = 2
"""Folds that every trial is heard on."""

WORSE = 0.15
"""Of the signed-rank test: three folds that are all worse than the best trial's reach 0.125, two never do."""


@dataclass
class FoldPruner:
    """The judge of one trial. kind: wilcoxon (paired by fold, against the best trial), median, hyperband; past: the
    trials that ended."""

    kind: str
    objective: str
    direction: int
    space: Space
    trial: Past
    past: Sequence[Past]
    scores: list[float] = field(default_factory=list[float])
    _study: "optuna.Study | None" = None

    @property
    def figures(self) -> frozenset[str]:
        return frozenset({self.objective})

    def stop(self, fold: int, scores: Mapping[str, float]) -> str | None:
        """Why the trial shall stop after this fold; None to go on."""
        if self.objective not in scores:
            return None  # a fold that cannot be scored says nothing
        self.scores.append(scores[self.objective])
        if self.kind == "none":
            return None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what is experimental in Optuna
            if self._study is None:
                self._study = new_study([self.direction])
                self._study.add_trials([frozen(self.space, each) for each in self.past])
            heard = Past(values=self.trial.values, state="running", scores=tuple(self.scores))
            worse = _pruner(self.kind).prune(self._study, frozen(self.space, heard))
        return f"{self.objective} of its first {fold} folds is worse than others' ({self.kind})" if worse else None


def _pruner(kind: str) -> "optuna.pruners.BasePruner":
    from optuna import pruners

    if kind == "wilcoxon":
        return pruners.WilcoxonPruner(p_threshold=WORSE, n_startup_steps=STEPS_FIRST)
    if kind == "median":
        return pruners.MedianPruner(n_startup_trials=5, n_warmup_steps=STEPS_FIRST)
    return pruners.HyperbandPruner(min_resource=STEPS_FIRST)
