"""What tries amount to that nobody recorded here: told as a number, or as a matrix of their returns."""

from dataclasses import replace

import numpy as np

from components.statistics.deflation import deflated_ratio, independent_trials
from components.statistics.overfitting import backtest_overfitting, distinct_columns
from components.statistics.sharpe import sharpe_sample, standard_error
from components.statistics.stepwise import family_test
from components.values import Float
from runner.judging.figures import BLOCKS, FAMILY_DRAWS, Tries

SEED = 0
"""Of the bootstrap: the same files give the same figures."""


def told_tries(trials: int, returns_T: Float) -> Tries:
    """So many tries, independent and worthless, with the dispersion of Sharpe ratios that chance gives."""
    return Tries(
        trials=trials,
        effective=float(trials),
        variance=standard_error(sharpe_sample(returns_T), 0.0, "hypothesised") ** 2,
        because="taken to be independent and worthless",
        strict=deflated_ratio(returns_T, float(trials)),
    )


def measured_tries(matrix_TK: Float, own: int, returns_T: Float) -> Tries:
    """Effective number, dispersion and overfitting of K tries with T joint returns each, of which `own` is judged;
    identical ones are one try."""
    told, own_T = matrix_TK.shape[1], matrix_TK[:, own]
    matrix_TK = matrix_TK[:, distinct_columns(matrix_TK)]
    own = int((matrix_TK == own_T[:, None]).all(axis=0).argmax())
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
        step=float(family_test(matrix_TK, own, overlap_bars=1, n_draws=FAMILY_DRAWS, seed=SEED).p_K[own]),
    )
