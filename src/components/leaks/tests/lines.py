"""Any number of columns whose weighted sum is the future: found by adding the column that tells most, one at a time."""

import numpy as np

from components.leaks import reach
from components.leaks.examined import Signal
from components.leaks.found import Found, LeakTest, gathered
from components.leaks.future import Future
from components.leaks.sample import Sample
from components.leaks.series import p_values
from components.leaks.tests._wording import beside, chance, severity
from components.leaks.tests.pairs import standardised
from components.values import Float

MOST = 6
"""Columns that are added."""

FIT_ROWS = 10
"""Rows a column below which a fit of all columns says nothing."""


def find(sample: Sample) -> Found:
    """A fit on even blocks of time, judged on odd ones, and the columns that carry it."""
    signals = []
    for future in sample.futures():
        signals += _carried(sample, future)
    return gathered(signals, 1)


def _carried(sample: Sample, future: Future) -> list[Signal]:
    rows_K = np.isfinite(future.rank_R[sample.time_K])
    x_NK, y_K = standardised(sample)[:, rows_K], future.rank_R[sample.time_K][rows_K].astype(np.float64)
    even_K = sample.block_K[rows_K] % 2 == 0
    n = len(y_K)
    if even_K.sum() < FIT_ROWS * len(x_NK) or n < 200 or len(x_NK) < 3:
        return []
    r = _out_of_sample(x_NK, y_K, even_K)
    bounds = reach.REACH["magnitude" if future.what == "magnitude" else "trees"].raised(
        sample.outlook.own_of(future), reach.drift(future.span, sample.outlook.table.n_dates) / 2
    )
    found = severity(r, bounds)
    p = float(p_values(np.array([r]), np.array([min(n, sample.outlook.table.n_dates) / 2 / future.span]))[0])
    if found is None:
        return []
    names = [sample.names[i] for i in _leading(x_NK, y_K, r**2)]
    return [
        Signal(
            column=name,
            kind="several columns together",
            severity=found,
            evidence=f"a line through {', '.join(names)}, learnt in other blocks of time, tells {r:.2f} of "
            f"{future.name} (correlation); {beside(bounds)} (chance {chance(p)})",
            strength=r,
            p=p,
        )
        for name in names
    ]


def _out_of_sample(x_NK: Float, y_K: Float, even_K: np.typing.NDArray[np.bool_]) -> float:
    """r of y with what a line that was fitted on the other half of the blocks says, over both halves."""
    said_K = np.empty(len(y_K))
    for train_K in (even_K, ~even_K):
        x_NT = x_NK[:, train_K]
        gram_NN = x_NT @ x_NT.T
        gram_NN[np.diag_indices(len(gram_NN))] += 1e-6 * max(float(np.trace(gram_NN)) / len(gram_NN), 1e-300)
        said_K[~train_K] = np.linalg.solve(gram_NN, x_NT @ y_K[train_K]) @ x_NK[:, ~train_K]
    spread = float(said_K.std() * y_K.std())
    return float(((said_K - said_K.mean()) * (y_K - y_K.mean())).mean()) / spread if spread > 0 else 0.0


def _leading(x_NK: Float, y_K: Float, explained: float) -> list[int]:
    """Columns without which the fit would be worse, the most needed first: taken away one at a time."""
    kept = list(range(len(x_NK)))
    gram_NN, own_N = x_NK @ x_NK.T / len(y_K), x_NK @ y_K / len(y_K)
    while len(kept) > 1:
        inverse = np.linalg.inv(gram_NN[np.ix_(kept, kept)] + 1e-9 * np.eye(len(kept)))
        weight = inverse @ own_N[kept]
        loss = weight**2 / np.maximum(np.diag(inverse), 1e-300)
        least = int(loss.argmin())
        if loss[least] > 0.05 * explained and len(kept) <= MOST:
            return [kept[i] for i in np.argsort(-loss)]
        kept.pop(least)
    return kept


TEST = LeakTest(
    name="lines",
    says="a line through all columns, learnt in other blocks of time, and the columns that carry it",
    scope="table",
    sampled=True,
    find=find,
)
