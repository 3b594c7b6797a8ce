"""What a set of trials can bear: the chosen one's Sharpe ratio against the luck of all of them."""

import math
from collections.abc import Mapping

import numpy as np

from components.statistics.deflation import deflated_ratio, independent_trials
from components.statistics.overfitting import backtest_overfitting, distinct_columns
from components.statistics.sharpe import sharpe_sample, standard_error
from components.statistics.snooping import superior_ability
from components.statistics.stepwise import family_test
from components.values import Float
from components.values.periods import periods_of
from runner.judging.figures import BLOCK_BARS, BLOCKS, CONFIDENCE, DRAWS, FAMILY_DRAWS, Figure, Tries, figures
from runner.judging.tries import aligned
from runner.recording.ledger import Series

SEED = 0
"""Of the bootstraps: the same trials give the same figures."""
LEAST_BARS = 2 * BLOCKS
MANY = 128
"""More trials than this are halved by fewer blocks: every half is a row of all of them."""
FEW_BLOCKS = 10
SHOWN = ("sharpe", "expected_maximum", "dsr", "effective_trials", "dsr_strict", "pbo")


def set_figures(returns: Mapping[str, Series], own: str, count: int) -> list[Figure]:
    """Figures of the trial `own` as the best of `count`, of which these left net returns per bar; none where its own
    are too few or do not vary.

    Trials are compared at the bars that they share with it; one that shares too few, or left nothing, counts as one
    more worthless try.
    """
    stamps_T, returns_TK, keys = aligned(returns, own)
    if len(stamps_T) < LEAST_BARS or math.isnan(sharpe_sample(returns_TK[:, keys.index(own)]).sharpe):
        return []
    place, silent = keys.index(own), count - len(keys)
    sample = sharpe_sample(returns_TK[:, place])
    periods = periods_of(stamps_T).a_year
    found = [f for f in figures(sample, periods, _tries(returns_TK, place, silent, count)) if f.name in SHOWN]
    if returns_TK.shape[1] < 2:
        return found
    spa = superior_ability(returns_TK, block_bars=float(BLOCK_BARS), n_draws=DRAWS, seed=SEED).consistent
    step = family_test(returns_TK, place, overlap_bars=1, n_draws=FAMILY_DRAWS, seed=SEED, silent=silent)
    better = int((step.p_K <= 1 - CONFIDENCE).sum())
    return [
        *found,
        Figure(
            name="spa",
            label="SPA, p",
            value=spa,
            shown=f"{spa:.3f}",
            says=f"Hansen's test: how likely the best of {returns_TK.shape[1]:,} worthless trials, as many as left "
            "returns on these bars, earns as much as the best one here.",
        ),
        Figure(
            name="stepm",
            label="StepM, p",
            value=float(step.p_K[place]),
            shown=f"{step.p_K[place]:.3f}",
            says=f"The same for the chosen trial; {better:,} of {returns_TK.shape[1]:,} trials earn more than luck "
            "explains.",
        ),
    ]


def _tries(returns_TK: Float, own: int, silent: int, count: int) -> Tries:
    """Twins are one configuration to the overfitting, and as correlated as can be to the effective number."""
    ratios = np.array([sharpe_sample(column_T).sharpe for column_T in returns_TK.T])
    known = ratios[np.isfinite(ratios)]
    effective = independent_trials(returns_TK, silent)
    distinct = len(distinct_columns(returns_TK))
    blocks = BLOCKS if distinct <= MANY else FEW_BLOCKS
    halved = backtest_overfitting(returns_TK, n_blocks=blocks) if distinct > 1 and len(known) == len(ratios) else None
    chance = standard_error(sharpe_sample(returns_TK[:, own]), 0.0, "hypothesised") ** 2
    return Tries(
        trials=count,
        effective=effective,
        variance=float(np.var(known, ddof=1)) if len(known) >= 2 else chance,
        because="of the set",
        strict=deflated_ratio(returns_TK[:, own], effective),
        pbo=halved.probability if halved else None,
        loss=halved.loss_probability if halved else None,
    )
