"""Fit and predict, fold by fold.

Shape legend: M forecast rows, K folds.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from components.contracts import Loss, Model
from components.seeds import derive
from components.values import Float, Fold, Int
from runner.compute.samples import Design


@dataclass(frozen=True, kw_only=True, eq=False)
class Forecasts:
    """Forecasts of every fold, valid and test rows; M rows in order of fold, span, panel row.

    is_test_M tells the span; train_mean_K the mean training label per fold; preprocessors and models
    what each fold fitted, written down. What calibration adds: raw_M, the forecasts as the model made them;
    lower_M and upper_M, NaN outside the test spans, None without intervals; calibrations, what each fold's
    calibration learnt.
    """

    row_M: Int
    fold_M: Int
    is_test_M: npt.NDArray[np.bool_]
    forecast_M: Float
    train_mean_K: Float
    preprocessors: tuple[Mapping[str, Any], ...]
    models: tuple[Mapping[str, bytes], ...]
    raw_M: Float | None = None
    lower_M: Float | None = None
    upper_M: Float | None = None
    coverage: float | None = None
    calibrations: tuple[Mapping[str, Any], ...] = ()

    @property
    def uncalibrated_M(self) -> Float:
        return self.forecast_M if self.raw_M is None else self.raw_M


def walk_forward(
    model: Model, loss: Loss, folds: tuple[Fold, ...], design: Design, *, seed: int, threads: int
) -> Forecasts:
    """Fits preprocessor and model on each fold's train rows and forecasts its validation and test rows."""
    parts: list[tuple[Int, int, bool, Float]] = []
    means, preprocessors, models = [], [], []
    for fold in folds:
        fold_seed = derive(seed, "fold", fold.number)
        preprocessor = design.preprocess.fit(design.raw(fold.train_rows), seed=derive(fold_seed, "preprocess"))
        inputs = model.inputs(preprocessor.columns)
        train = design.prepared(fold.train_rows, inputs, preprocessor)
        valid = design.prepared(fold.valid_rows, inputs, preprocessor)
        test = design.prepared(fold.test_rows, inputs, preprocessor)
        fitted = model.fit(train, valid, loss=loss, seed=fold_seed, threads=threads)
        parts.append((fold.valid_rows, fold.number, False, fitted.predict(valid.X_NF)))
        parts.append((fold.test_rows, fold.number, True, fitted.predict(test.X_NF)))
        means.append(float(train.y_N.mean()))
        preprocessors.append(preprocessor.state())
        models.append(fitted.to_files())
    return Forecasts(
        row_M=np.concatenate([rows for rows, *_ in parts]),
        fold_M=np.concatenate([np.full(len(rows), fold) for rows, fold, *_ in parts]),
        is_test_M=np.concatenate([np.full(len(rows), test) for rows, _, test, _ in parts]),
        forecast_M=np.concatenate([forecast for *_, forecast in parts]),
        train_mean_K=np.array(means),
        preprocessors=tuple(preprocessors),
        models=tuple(models),
    )
