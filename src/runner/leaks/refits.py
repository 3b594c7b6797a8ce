"""What fits may know: their train rows, and of the validation rows only when to stop."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from components.seeds import derive
from components.values import Float, Fold, LeakFinding
from runner.compute.fit_fold import FoldFit, depends, walk_forward
from runner.compute.forecast import Forecasts
from runner.compute.samples import Design
from runner.compute.threads import one_thread_of_blas
from runner.leaks.subject import Subject, leak, moved, moved_sentence

CHANCE_Z = 5.0
"""Standard errors of a correlation with shuffled labels that chance reaches once in three million tries."""

FIT_R = 0.3
"""Correlation with shuffled validation labels that early stopping does not reach; copying them does."""


def replay(subject: Subject, folds: tuple[Fold, ...]) -> Iterator[LeakFinding]:
    """What a fold wrote down must forecast what the run recorded, and its preprocessor must be what its train
    rows alone teach."""
    for fold in folds:
        preprocessor, model = subject.learnt(fold)
        inputs = subject.model.inputs(preprocessor.columns)
        again_N = model.predict(subject.design.prepared(fold.test_rows, inputs, preprocessor))[:, subject.decision]
        recorded_N = subject.forecast_of(fold)
        if (moved_N := moved(recorded_N, again_N)).any():
            change = "forecast again by what the fold wrote down"
            sentence = moved_sentence(subject.panel, fold.test_rows, recorded_N, again_N, moved_N, change=change)
            yield leak("replay", f"model (forecasts of fold {fold.number})", sentence)
        yield from _fit_window(subject, fold)


def _fit_window(subject: Subject, fold: Fold) -> Iterator[LeakFinding]:
    if depends(subject.model):
        return  # its folds share one preprocessor
    seed = derive(derive(subject.experiment.seed, "fold", fold.number), "preprocess")
    learnt = subject.experiment.preprocess.fit(subject.design.raw(fold.train_rows), seed=seed).state()
    recorded = subject.executed.walked.fold(fold.number).learnt
    if json.dumps(learnt, sort_keys=True) != json.dumps(recorded, sort_keys=True):
        where = f"preprocess (fold {fold.number})"
        yield leak("replay", where, "its recorded state is not what the train rows teach it: it has learnt elsewhere")


def refit(subject: Subject) -> Iterator[LeakFinding]:
    """The first fold fitted again, after all others: the same rows must give the same forecasts, whatever was
    fitted before."""
    fold = subject.folds[0]
    again, fits = _walk(subject, subject.design, subject.folds if depends(subject.model) else (fold,))
    again = again.of_fold(fold.number)
    recorded_N, again_N = subject.forecast_of(fold), again.forecast_M[again.is_test_M]
    if (moved_N := moved(recorded_N, again_N)).any():
        change = "fitted again on the same rows, after later folds"
        sentence = moved_sentence(subject.panel, fold.test_rows, recorded_N, again_N, moved_N, change=change)
        what = "preprocess" if fits[0].learnt != subject.executed.walked.fold(fold.number).learnt else "model"
        yield leak("refit", f"{what} (forecasts of fold {fold.number})", sentence)


def shuffled(subject: Subject) -> Iterator[LeakFinding]:
    """The pipeline retrained on permuted labels must find nothing.

    This finds what fits take from rows that they must not fit on, and nothing else: permuted labels have no
    future, so features that look ahead find nothing in them either.
    """
    labels = subject.prepared.labels
    known_R = np.flatnonzero(np.isfinite(labels.y_R))
    order = subject.rng("labels").permutation(len(known_R))
    y_RK = labels.y_RK.copy()
    y_RK[known_R] = y_RK[known_R[order]]
    y_R = np.ascontiguousarray(y_RK[:, 0])
    design = replace(subject.design, labels=replace(labels, y_RK=y_RK))
    found, _ = _walk(subject, design, subject.folds)
    for span, is_test in (("valid", False), ("test", True)):
        own_M = (found.is_test_M == is_test) & np.isfinite(y_R[found.row_M])
        r, n = _correlation(found.forecast_M[own_M], y_R[found.row_M[own_M]]), int(own_M.sum())
        z = r * math.sqrt(n)
        if z > CHANCE_Z and (is_test or r > FIT_R):
            yield leak(
                "shuffled",
                f"model ({span} spans)",
                f"fitted on permuted labels, forecasts still correlate {r:+.2f} with the permuted labels of the "
                f"{span} spans ({n} rows, {z:.0f} standard errors): the fit has seen them",
            )


def _walk(subject: Subject, design: Design, folds: tuple[Fold, ...]) -> tuple[Forecasts, tuple[FoldFit, ...]]:
    experiment = subject.experiment
    with one_thread_of_blas():
        return walk_forward(
            subject.model, experiment.loss, folds, design, seed=experiment.seed, resources=experiment.resources
        )


def _correlation(x_N: Float, y_N: Float) -> float:
    if len(x_N) < 3 or x_N.std() == 0 or y_N.std() == 0:
        return 0.0
    return float(np.corrcoef(x_N, y_N)[0, 1])
