"""The warm-up: rows that cannot be forecast yet, since their features, or the rows that a model reads, reach back too
far. How far a feature looks back follows from its expression, see `components.expressions.reach`.

Shape legend: C columns (the features, then LAST_LABEL), R panel rows.
"""

import numpy as np
import numpy.typing as npt

from components.values import Float32


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
