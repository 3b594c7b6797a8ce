"""Laws of preprocessors: what is learnt on train rows is a value, and a row is transformed by itself or its date."""

import json
from typing import Any

import numpy as np

from components.contracts import FittedPreprocessor, Preprocessor
from components.errors import DataError
from components.values import Samples
from runner.testing.data import same, samples, snapshot
from runner.testing.law import law, require

COLUMNS = ("x0", "x1", "x2", "x3", "x4")


def _rows(*, seed: int = 0, missing: bool = True) -> Samples:
    made = samples(COLUMNS, seed=seed, symbols=6, rows=60)
    if missing:
        values_RF = made.block.values_RF.copy()
        values_RF[np.random.default_rng(seed).random(values_RF.shape) < 0.05] = np.nan
        made = made.with_features(values_RF, COLUMNS)
    return made


def _fitted(preprocess: Preprocessor) -> FittedPreprocessor:
    return preprocess.fit(_rows(), seed=3)


def _applied(fitted: FittedPreprocessor, made: Samples) -> Any:
    return fitted.apply(made.X_NF, made.timestamps_N)


@law
def deterministic(preprocess: Preprocessor) -> None:
    """Same rows, same state; and the state, through JSON, gives the same values back to the bit."""
    one, other = _fitted(preprocess), _fitted(preprocess)
    text = json.dumps(one.state(), allow_nan=False)
    require(text == json.dumps(other.state(), allow_nan=False), "two fits on the same rows differ")
    restored = preprocess.restore(json.loads(text))
    made = _rows(seed=5)
    require(same(_applied(one, made), _applied(restored, made)), "restored from its state it gives other values")
    require(restored.columns == one.columns, "restored from its state it has other columns")


@law
def input_unchanged(preprocess: Preprocessor) -> None:
    """It changes none of the rows that it is given: baselines see them as they are."""
    train, made = _rows(), _rows(seed=5)
    before = snapshot(train, made)
    _applied(preprocess.fit(train, seed=3), made)
    require(before == snapshot(train, made), "it changes the rows that it is given")


@law
def columns(preprocess: Preprocessor) -> None:
    """(N, G) float32, as many as its columns, which begin with what outputs() promises."""
    fitted = _fitted(preprocess)
    found = _applied(fitted, _rows(seed=5))
    require(found.dtype == np.float32, f"it gives {found.dtype}, not float32")
    require(
        found.shape == (360, len(fitted.columns)), f"it gives shape {found.shape} for {len(fitted.columns)} columns"
    )
    require(len(set(fitted.columns)) == len(fitted.columns), "two of its columns have the same name")
    promised = preprocess.outputs(COLUMNS)
    require(set(promised) <= set(fitted.columns), "outputs() promises columns that it does not return")


@law
def rows_alone(preprocess: Preprocessor) -> None:
    """No row depends on a row of another date, and on one of its own only if it is declared cross-sectional."""
    fitted, made = _fitted(preprocess), _rows(seed=5)
    together = _applied(fitted, made)
    date = made.timestamps_N == made.timestamps_N[20]
    require(same(_applied(fitted, made.take(np.flatnonzero(date))), together[date]), "a row depends on other dates")
    if not preprocess.cross_sectional:
        one = _applied(fitted, made.take(np.array([20])))
        require(same(one[0], together[20]), "a row depends on others of its date; declare cross_sectional")


@law
def missing(preprocess: Preprocessor) -> None:
    """A missing value stays missing or is filled by what says so (missing_tolerance above 0); others stay known."""
    fitted, made = _fitted(preprocess), _rows(seed=5)
    found = _applied(fitted, made)
    kept = [(fitted.columns.index(name), COLUMNS.index(name)) for name in COLUMNS if name in fitted.columns]
    for g, f in kept:
        known = np.isfinite(made.X_NF[:, f])
        require(
            np.isfinite(found[known, g]).all(), f"known values of a column become missing or infinite ({COLUMNS[f]})"
        )
        if preprocess.missing_tolerance == 0:
            require(
                np.isnan(found[~known, g]).all(), "it fills missing values; declare missing_tolerance and filling()"
            )
    filling = preprocess.filling()
    require((filling is None) == (preprocess.missing_tolerance == 0), "filling() and missing_tolerance disagree")


@law
def survives(preprocess: Preprocessor) -> None:
    """Little and degenerate data: no infinite value, or a DataError."""
    made = _rows(missing=False)
    values_NF = made.X_NF.copy()
    values_NF[:, 0], values_NF[:, 1], values_NF[:, 2] = 1.0, np.nan, 1e30
    for what, train in (
        ("one train row", made.take(np.arange(1))),
        ("no train rows", made.take(np.arange(0))),
        ("constant, missing and huge columns", made.with_features(values_NF, COLUMNS)),
    ):
        try:
            found = _applied(preprocess.fit(train, seed=1), made)
        except DataError:
            continue
        require(not np.isinf(found).any(), f"with {what} it gives infinite values")


@law
def draws(preprocess: Preprocessor) -> None:
    """Rows are read as values: the label of a row that is only transformed plays no part."""
    fitted, made = _fitted(preprocess), _rows(seed=5)
    other = made.with_labels(made.y_NK + 1)
    require(same(_applied(fitted, made), _applied(fitted, other)), "what it gives depends on labels")
