"""From feature columns to what a model reads: one code for run and bundle, so that they agree to the bit.

Shape legend: C columns (the features, then LAST_LABEL), R panel rows, N rows, G columns that a model reads.
"""

import numpy as np
import numpy.typing as npt

from components.contracts import LAST_LABEL, FittedPreprocessor
from components.errors import ContractError
from components.values import Float32, Int, Time


def rows_ready(values_CR: Float32, missing_tolerance: float) -> npt.NDArray[np.bool_]:
    """(R,) rows that can be forecast: LAST_LABEL is finite, and so are the features but for a share of
    missing_tolerance, never all of them."""
    finite_CR = np.isfinite(values_CR)
    if missing_tolerance == 0.0:
        return np.asarray(finite_CR.all(axis=0))
    n_features = len(values_CR) - 1
    finite_R = np.count_nonzero(finite_CR[:-1], axis=0)
    return np.asarray(finite_CR[-1] & (finite_R > 0) & (n_features - finite_R <= missing_tolerance * n_features))


def with_past(ready_R: npt.NDArray[np.bool_], symbols_R: npt.NDArray[np.int32], rows: int) -> npt.NDArray[np.bool_]:
    """(R,) ready rows that are at least the rows-th of their symbol; symbol by symbol, in order of time."""
    count_R = np.cumsum(ready_R)
    first_R = np.searchsorted(symbols_R, symbols_R)  # the first row of each row's symbol
    before_R = np.concatenate([[0], count_R])[first_R]
    return np.asarray(ready_R & (count_R - before_R >= rows))


def raw_features(values_CR: Float32, rows: Int) -> Float32:
    """(N, C - 1) the features of the rows, row-major; NaN where they are not finite."""
    X_NF = np.ascontiguousarray(values_CR[:-1][:, rows].T)
    X_NF[np.isinf(X_NF)] = np.nan
    return X_NF


def design_matrix(
    values_CR: Float32,
    rows: Int,
    timestamps_N: Time,
    inputs: tuple[str, ...],
    preprocessor: FittedPreprocessor,
) -> Float32:
    """(N, G) the columns `inputs` of the rows after the preprocessor, row-major.

    rows: if the preprocessor compares symbols, all rows of a date that can be forecast. Raises
    ContractError where the preprocessor leaves a value missing.
    """
    Z_NG = preprocessor.apply(raw_features(values_CR, rows), timestamps_N)
    if not np.isfinite(Z_NG).all():
        column = preprocessor.columns[int(np.isfinite(Z_NG).all(axis=0).argmin())]
        raise ContractError(
            f"preprocess: {type(preprocessor).__name__} leaves missing values in '{column}'; mend its apply"
        )
    if inputs == preprocessor.columns:
        return Z_NG
    known = {name: Z_NG[:, place] for place, name in enumerate(preprocessor.columns)}
    known[LAST_LABEL] = values_CR[-1, rows]
    picked = [known[name] for name in inputs]
    return np.column_stack(picked) if picked else np.empty((len(rows), 0), dtype=np.float32)
