"""From feature columns to what a model reads: one code for run and bundle, so that they agree to the bit.

Shape legend: C columns (the features, then LAST_LABEL), R panel rows, N rows, G columns that a model reads.
"""

import numpy as np

from components.contracts import LAST_LABEL, FittedPreprocessor
from components.errors import ContractError
from components.values import Float32, Int, Time


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
