"""What tries amount to that nobody recorded here: told as a number, or as a matrix of their returns."""

from dataclasses import replace

import numpy as np

from components.statistics.deflation import deflated_ratio, independent_trials
from components.statistics.overfitting import backtest_overfitting, distinct_columns
from components.statistics.sharpe import sharpe_sample, standard_error
from components.values import Float
from runner.judging.figures import BLOCKS, Tries


def told_tries(trials: int, returns_T: Float) -> Tries:
    """So many tries, independent and worthless, with the dispersion of Sharpe ratios that chance gives."""
    return Tries(
        trials=trials,
        effective=float(trials),
        variance=standard_error(sharpe_sample(returns_T), 0.0, "hypothesised") ** 2,
        because="taken to be independent and worthless",
        strict=deflated_ratio(returns_T, float(trials)),
    )


def measured_tries(matrix_TK: Float, returns_T: Float) -> Tries:
    """Effective number, dispersion and overfitting of K tries with T joint returns each; identical ones are one try."""
    told = matrix_TK.shape[1]
    matrix_TK = matrix_TK[:, distinct_columns(matrix_TK)]
    k = matrix_TK.shape[1]
    again = f", {told - k:,} of {told:,} columns told again" if told > k else ""
    because = f"measured from the returns in the matrix{again}"
    if k == 1:
        return replace(told_tries(1, returns_T), because=because)
    sharpes_K = np.array([sharpe_sample(column_T).sharpe for column_T in matrix_TK.T])
    overfitting = backtest_overfitting(matrix_TK, n_blocks=min(BLOCKS, len(matrix_TK) // 4 * 2))
    effective = independent_trials(matrix_TK)
    return Tries(
        trials=k,
        effective=effective,
        variance=float(np.var(sharpes_K, ddof=1)),
        because=because,
        strict=deflated_ratio(returns_T, effective),
        pbo=overfitting.probability,
        loss=overfitting.loss_probability,
    )
