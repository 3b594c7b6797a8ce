"""Small trees over all columns together, fitted on other blocks of time: what three columns tell and no two do."""

import numpy as np

from components.leaks import reach
from components.leaks.examined import Signal
from components.leaks.found import Found, LeakTest, gathered
from components.leaks.future import Future
from components.leaks.layout import block_p
from components.leaks.sample import Sample
from components.leaks.tests._wording import beside, chance, severity
from components.leaks.tests.bins import bins
from components.values import Float, Int

FOLDS = 4
BINS = 31
ROUNDS = 30
RATE = 0.15
CHANCE = 1e-6
MOST_NAMED = 5
FEWEST_ROWS = 500
NEEDED = 0.8
"""Share of what the trees tell that is left without a column, below which it is blamed."""

GAIN = 0.1
"""Share of the best column's gain from which on another is named, too."""


def find(sample: Sample) -> Found:
    """Against the label, or the next move."""
    signals = []
    for future in sample.futures():
        signals += _told(sample, future)
    return gathered(signals, 1, sample.said)


def _told(sample: Sample, future: Future) -> list[Signal]:
    rows_K = np.isfinite(future.rank_R[sample.time_K])
    y_K, block_K = future.rank_R[sample.time_K][rows_K].astype(np.float64), sample.block_K[rows_K]
    if sample.n_blocks < 8 or len(y_K) < FEWEST_ROWS or len(sample.names) < 2:
        return []
    x_NK = sample.ranks_NK[:, rows_K]
    said_K, gain_N = _fitted(x_NK, y_K, block_K, sample.n_blocks)
    r, product_B = _agreement(said_K, y_K, block_K, sample.n_blocks)
    p = float(block_p(product_B))
    own, stray = sample.outlook.own_of(future), reach.drift(future.span, sample.outlook.table.n_dates)
    bounds = reach.REACH["magnitude" if future.what == "magnitude" else "trees"].raised(own, stray)
    found = severity(r, bounds)
    if found is None or p > CHANCE:
        return []
    names = [sample.names[i] for i in _needed(x_NK, y_K, block_K, sample.n_blocks, gain_N)]
    return [
        Signal(
            column=name,
            kind="several columns together",
            severity=found,
            evidence=f"small trees over {', '.join(names)}, learnt in other blocks of time, tell {r:.2f} of "
            f"{future.name} (correlation); {beside(bounds)} (chance {chance(p)})",
            strength=r,
            p=p,
        )
        for name in names
    ]


def _agreement(said_K: Float, y_K: Float, block_K: Int, n_blocks: int) -> tuple[float, Float]:
    """(correlation, its parts by block)."""
    spread = float(said_K.std() * y_K.std())
    part_K = (said_K - said_K.mean()) * (y_K - y_K.mean())
    product_B = np.bincount(block_K, weights=part_K, minlength=n_blocks).astype(np.float64)
    return (float(part_K.mean()) / spread if spread > 0 else 0.0), product_B


def _needed(x_NK: Float, y_K: Float, block_K: Int, n_blocks: int, gain_N: Float) -> list[int]:
    """Of the columns with most gain those without which the trees tell less; the first one where none is needed."""
    leading = [int(i) for i in np.argsort(-gain_N)[:MOST_NAMED] if gain_N[i] >= GAIN * gain_N.max()]
    if len(leading) == 1:
        return leading
    whole, _ = _agreement(_fitted(x_NK[leading], y_K, block_K, n_blocks)[0], y_K, block_K, n_blocks)
    needed = []
    for i in leading:
        others = [j for j in leading if j != i]
        r, _ = _agreement(_fitted(x_NK[others], y_K, block_K, n_blocks)[0], y_K, block_K, n_blocks)
        if r < NEEDED * whole:
            needed.append(i)
    return needed or leading[:1]


def _fitted(x_NK: Float, y_K: Float, block_K: Int, n_blocks: int) -> tuple[Float, Float]:
    """(what trees fitted on other blocks say, gain of each column). The blocks beside a judged one are left out."""
    from components.leaks.kernels.trees import boosted

    bin_NK = np.array([1 + bins(x_K, BINS) for x_K in x_NK]).astype(np.uint8)
    said_K, gain_N = np.zeros(len(y_K)), np.zeros(len(x_NK))
    fold_B = np.arange(n_blocks) * FOLDS // n_blocks
    fewest = max(20, len(y_K) // 200)
    for fold in range(FOLDS):
        judged_K = fold_B[block_K] == fold
        own = np.flatnonzero(fold_B == fold)
        train_K = ~judged_K & (block_K != own[0] - 1) & (block_K != own[-1] + 1)
        if judged_K.any() and train_K.sum() >= FEWEST_ROWS / 4:
            told_K = np.zeros(len(y_K))
            boosted()(bin_NK, BINS + 1, y_K, train_K.astype(np.int64), ROUNDS, RATE, fewest, told_K, gain_N)
            said_K[judged_K] = told_K[judged_K]
    return said_K, gain_N


TEST = LeakTest(
    name="trees",
    says="small trees over all columns together, fitted on other blocks of time",
    scope="table",
    sampled=True,
    find=find,
)
