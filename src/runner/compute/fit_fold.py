"""Where a fold runs: fit and predict of one, and what becomes of all of them.

Shape legend: N samples, M forecast rows, K folds, O outputs.
"""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.contracts import (
    NOTHING,
    FittedModel,
    FittedPreprocessor,
    Inherited,
    Loss,
    Model,
    Preprocessor,
)
from components.errors import ContractError, DataError
from components.panel import Panel
from components.seeds import derive
from components.values import Float, Fold, Head, Int, Outputs, Resources, Samples
from runner.compute.features import FeatureTable
from runner.compute.forecast import Forecasts
from runner.compute.samples import Design
from runner.compute.target import Labels
from runner.storage.formats import ARRAYS, Files

PREPROCESS, FACTS, FORECASTS = "preprocess.json", "fold.json", "forecast"
MODEL, SHARED = "model", "shared"


@dataclass(frozen=True, kw_only=True, eq=False)
class FoldFit:
    """What one fold came to. learnt: state of its preprocessor; model: files of the fitted model; valid_NO, test_NO:
    forecasts of its rows; train_mean: of the label that is decided on."""

    learnt: Mapping[str, Any]
    model: Mapping[str, bytes]
    outputs: Outputs
    valid_NO: Float
    test_NO: Float
    train_mean: float

    def to_files(self) -> Files:
        # Unsorted, so that a bundle's bytes do not tell whether its fit came from the store.
        facts = {"train_mean": self.train_mean, "outputs": self.outputs.to_json()}
        return {
            PREPROCESS: json.dumps(self.learnt, allow_nan=False).encode(),
            FACTS: json.dumps(facts).encode(),
            **_prefixed(FORECASTS, ARRAYS.encode({"valid_NO": self.valid_NO, "test_NO": self.test_NO})),
            **_prefixed(MODEL, self.model),
        }

    @staticmethod
    def from_files(files: Files) -> "FoldFit":
        facts, arrays = json.loads(files[FACTS]), ARRAYS.decode(_under(FORECASTS, files))
        return FoldFit(
            learnt=json.loads(files[PREPROCESS]),
            model=_under(MODEL, files),
            outputs=Outputs.from_json(facts["outputs"]),
            valid_NO=arrays["valid_NO"],
            test_NO=arrays["test_NO"],
            train_mean=float(facts["train_mean"]),
        )


def prepare_folds(
    panel: Panel,
    table: FeatureTable,
    labels: Labels,
    folds: Sequence[Fold],
    *,
    preprocess: Preprocessor,
    model: Model,
    loss: Loss,
    seed: int,
    resources: Resources,
) -> Files:
    """What all folds of a model that shares something, or starts from a pooled model, are handed: the preprocessor,
    what the model prepares, the pooled model. Learnt on rows that every fold may train on.

    Raises DataError where there are none.
    """
    if model.starts_from == "previous_fold":
        refuse_folds_out_of_order(folds, labels, panel)
    design = Design(preprocess=preprocess, table=table, labels=labels, panel=panel, lookback_rows=model.lookback_rows)
    rows = common_rows(folds, labels, panel)
    seed = derive(seed, "common")
    preprocessor = preprocess.fit(design.raw(rows), seed=derive(seed, "preprocess"))
    common = design.prepared(rows, model.inputs(preprocessor.columns), preprocessor)
    shared = model.prepare(common, seed=seed) if model.shares else {}
    files = {PREPROCESS: json.dumps(preprocessor.state(), allow_nan=False).encode(), **_prefixed(SHARED, shared)}
    if model.starts_from == "pooled":
        handed = Inherited(shared=shared or None)
        nothing = common.take(np.empty(0, dtype=np.int64))
        fitted = model.fit(common, nothing, loss=loss, seed=seed, resources=resources, inherited=handed)
        files |= _prefixed(MODEL, fitted.to_files())
    return files


def common_rows(folds: Sequence[Fold], labels: Labels, panel: Panel) -> Int:
    """Rows that all folds train on or could have: train rows of the first fold whose labels are known before any fold
    validates or tests. Raises DataError where there are none."""
    begins = min(panel.timestamps_R[rows].min() for fold in folds for rows in (fold.valid_rows, fold.test_rows))
    rows: Int = folds[0].train_rows[labels.label_end_R[folds[0].train_rows] <= begins]
    if len(rows) == 0:
        raise DataError(
            "split: no row lies before everything that is validated or tested, so that folds can share nothing; "
            "choose split=walk_forward, or a model whose fits do not depend on each other"
        )
    return rows


def refuse_folds_out_of_order(folds: Sequence[Fold], labels: Labels, panel: Panel) -> None:
    """Raises DataError where a fold before another trains on labels that end after the other one's first validation or
    test row: what starts from it would know what it is tested on."""
    for earlier, later in itertools.combinations(folds, 2):
        begins = panel.timestamps_R[np.concatenate([later.valid_rows, later.test_rows])].min()
        if (labels.label_end_R[earlier.train_rows] > begins).any():
            raise DataError(
                f"split: fold {later.number} cannot start from a fold before it, which trains on what comes after fold "
                f"{later.number} begins to be validated or tested; choose split=walk_forward, or a model whose folds "
                "start from nothing"
            )


def fit_fold(
    panel: Panel,
    table: FeatureTable,
    labels: Labels,
    fold: Fold,
    prepared: Files | None,
    before: Files | None,
    *,
    preprocess: Preprocessor,
    model: Model,
    loss: Loss,
    seed: int,
    resources: Resources,
) -> Files:
    """One fold's fit and forecasts, as files. prepared: see `prepare_folds`; before: files of the fold before, where
    the model starts from that."""
    design = Design(preprocess=preprocess, table=table, labels=labels, panel=panel, lookback_rows=model.lookback_rows)
    learnt, inherited = handed(prepared, before)
    fit = fitted_fold(design, fold, model, loss, seed=seed, resources=resources, inherited=inherited, learnt=learnt)
    return fit.to_files()


def handed(prepared: Files | None, before: Files | None) -> tuple[Mapping[str, Any] | None, Inherited]:
    """State of the preprocessor that all folds share, and what the model inherits; see `fit_fold`."""
    if prepared is None:
        return None, NOTHING
    start = _under(MODEL, prepared if before is None else before)
    return json.loads(prepared[PREPROCESS]), Inherited(shared=_under(SHARED, prepared) or None, start=start or None)


@dataclass(frozen=True, kw_only=True, eq=False)
class FoldSamples:
    """A fold's rows as its model reads them; seed: of the fold."""

    preprocessor: FittedPreprocessor
    train: Samples
    valid: Samples
    test: Samples
    seed: int


def fold_samples(
    design: Design, fold: Fold, model: Model, *, seed: int, learnt: Mapping[str, Any] | None = None
) -> FoldSamples:
    """Fits the preprocessor on a fold's train rows, and prepares all of its rows; learnt: as of `fitted_fold`."""
    fold_seed = derive(seed, "fold", fold.number)
    preprocessor = (
        design.preprocess.fit(design.raw(fold.train_rows), seed=derive(fold_seed, "preprocess"))
        if learnt is None
        else design.preprocess.restore(learnt)
    )
    rows = np.concatenate([fold.train_rows, fold.valid_rows, fold.test_rows])
    blocked = design.blocked(rows, model.inputs(preprocessor.columns), preprocessor)
    train, valid, test = (blocked.samples(part) for part in (fold.train_rows, fold.valid_rows, fold.test_rows))
    return FoldSamples(preprocessor=preprocessor, train=train, valid=valid, test=test, seed=fold_seed)


def fitted_fold(
    design: Design,
    fold: Fold,
    model: Model,
    loss: Loss,
    *,
    seed: int,
    resources: Resources,
    inherited: Inherited = NOTHING,
    learnt: Mapping[str, Any] | None = None,
) -> FoldFit:
    """Fits preprocessor and model on a fold's train rows and forecasts its validation and test rows.

    learnt: state of a preprocessor that is shared by all folds, None: the fold's own.
    """
    samples = fold_samples(design, fold, model, seed=seed, learnt=learnt)
    train, valid, test = samples.train, samples.valid, samples.test
    fitted = model.fit(train, valid, loss=loss, seed=samples.seed, resources=resources, inherited=inherited)
    valid_NO, test_NO = fitted.predict(valid), fitted.predict(test)
    return FoldFit(
        learnt=samples.preprocessor.state(),
        model=fitted.to_files(),
        outputs=outputs_of(model, loss, design.labels, valid_NO.shape[1]),
        valid_NO=valid_NO,
        test_NO=test_NO,
        train_mean=float(train.y_N.mean()),
    )


def outputs_of(model: Model, loss: Loss, labels: Labels, width: int) -> Outputs:
    """What the columns of a model's forecasts are: what the loss asks for, or means, where a baseline cannot give that;
    of every target, or of the one that is decided on alone, which is what a naive forecast gives. Raises ContractError
    for another number of columns."""
    head = loss.head if loss.head.statistic in model.gives else Head()
    asked = head.outputs(labels.horizons)
    if width == len(asked):
        return asked
    if width == 1:
        return head.outputs({name: labels.horizons[name] for name in list(labels.horizons)[:1]})
    raise ContractError(
        f"model: {type(model).__name__} forecasts {width} columns where {type(loss).__name__} asks for "
        f"{', '.join(output.name for output in asked.columns)}; mend its predict"
    )


def joined(folds: Sequence[Fold], fits: Sequence[FoldFit]) -> Forecasts:
    """The forecasts of all folds, one after the other."""
    paths = [part for fold in folds for part in (np.zeros(len(fold.valid_rows), dtype=np.int64), fold.test_path_N)]
    path_M = np.concatenate(paths)
    rows = [(fold.number, part) for fold in folds for part in (fold.valid_rows, fold.test_rows)]
    return Forecasts(
        row_M=np.concatenate([part for _, part in rows]),
        fold_M=np.concatenate([np.full(len(part), fold) for fold, part in rows]),
        is_test_M=path_M > 0,
        path_M=path_M,
        values_MO=np.concatenate([values for fit in fits for values in (fit.valid_NO, fit.test_NO)]),
        outputs=fits[0].outputs,
        train_mean_K=np.array([fit.train_mean for fit in fits]),
    )


def join_folds(folds: Sequence[Fold], fits: Sequence[Files]) -> Forecasts:
    """The same from what was kept."""
    return joined(folds, [FoldFit.from_files(files) for files in fits])


def walk_forward(
    model: Model, loss: Loss, folds: Sequence[Fold], design: Design, *, seed: int, resources: Resources
) -> tuple[Forecasts, tuple[FoldFit, ...]]:
    """All folds in order, kept nowhere: for tests that fit again."""
    settings: dict[str, Any] = {
        "preprocess": design.preprocess,
        "model": model,
        "loss": loss,
        "seed": seed,
        "resources": resources,
    }
    inputs = (design.panel, design.table, design.labels)
    prepared = prepare_folds(*inputs, folds, **settings) if depends(model) else None
    files: list[Files] = []
    for fold in folds:
        before = files[-1] if files and model.starts_from == "previous_fold" else None
        files.append(fit_fold(*inputs, fold, prepared, before, **settings))
    fits = tuple(FoldFit.from_files(each) for each in files)
    return joined(folds, fits), fits


def depends(model: Model) -> bool:
    """Whether the folds of a model are handed something that was prepared for all of them."""
    return model.shares or model.starts_from != "nothing"


def opened(preprocess: Preprocessor, model: Model, fit: FoldFit) -> tuple[FittedPreprocessor, FittedModel]:
    """What a fold wrote down, opened again."""
    return preprocess.restore(fit.learnt), model.from_files(fit.model)


def _prefixed(prefix: str, files: Files) -> dict[str, bytes]:
    return {f"{prefix}/{name}": data for name, data in files.items()}


def _under(prefix: str, files: Files) -> dict[str, bytes]:
    return {name.removeprefix(f"{prefix}/"): data for name, data in files.items() if name.startswith(f"{prefix}/")}
