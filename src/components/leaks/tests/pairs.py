"""Two columns that tell together what neither tells alone: signs that agree or not, sums, products, switches."""

import numpy as np

from components.leaks import reach
from components.leaks.examined import Signal
from components.leaks.found import Found, LeakTest, gathered
from components.leaks.future import Future
from components.leaks.sample import Sample
from components.leaks.series import p_values
from components.leaks.tests._wording import beside, chance, severity
from components.leaks.tests.bins import bins
from components.values import Float, Int

BINS = 7
MOST_PAIRS = 20_000
CHANCE = 1e-9
ALONE = 0.6
"""A pair says nothing new where one of its columns reaches this share of it alone."""


def find(sample: Sample) -> Found:
    """By their bins, and by a straight line of both."""
    names = sample.names
    if len(names) < 2:
        return gathered([], 0)
    left_P, right_P = np.triu_indices(len(names), 1)
    said = sample.said
    if len(left_P) > MOST_PAIRS:
        chosen_P = np.linspace(0, len(left_P) - 1, MOST_PAIRS).astype(int)
        said = f"{said} Pairs of columns: {MOST_PAIRS:,} of {len(left_P):,}.".strip()
        left_P, right_P = left_P[chosen_P], right_P[chosen_P]
    signals, count = [], 0
    for future in sample.futures():
        signals += _lines(sample, future, left_P, right_P)
        signals += _bins(sample, future, left_P, right_P)
        count += 3 * len(left_P)
    return gathered(signals, count, said)


def _bins(sample: Sample, future: Future, left_P: Int, right_P: Int) -> list[Signal]:
    from components.leaks.kernels.moments import paired

    if sample.n_blocks < 8:
        return []
    bin_NK = np.array([bins(rank_K, BINS) for rank_K in sample.ranks_NK])
    y_K = future.rank_R[sample.time_K].astype(np.float64)
    y_YK = np.array([y_K, np.abs(y_K) - np.nanmean(np.abs(y_K))])
    found_PY2 = np.empty((len(left_P), 2, 2))
    paired()(bin_NK, left_P, right_P, y_YK, sample.block_K, BINS, 0, found_PY2)
    alone_NY = np.empty((len(sample.names), 2, 2))
    own = np.arange(len(sample.names))
    paired()(bin_NK, own, own, y_YK, sample.block_K, BINS, 0, alone_NY)
    signals = []
    for y, (what, of) in enumerate((("pair", ""), ("size by a pair", "the size of "))):
        own_r = sample.outlook.own_of(future) if y == 0 else 0.0
        bounds = reach.REACH["magnitude" if future.what == "magnitude" else what].raised(own_r)  # type: ignore[index]
        if y == 1 and future.span > 6:
            continue
        r_P = found_PY2[:, y, 0]
        single_P = np.maximum(alone_NY[left_P, y, 0], alone_NY[right_P, y, 0])
        for p in np.flatnonzero((r_P >= bounds.suspect) & (single_P < ALONE * r_P)):
            chance_p = _p_of_t(float(found_PY2[p, y, 1]), sample.n_blocks)
            signals += _both(
                sample, left_P[p], right_P[p], float(r_P[p]), chance_p, bounds, f"{of}{future.name}", "bins"
            )
    return signals


def _lines(sample: Sample, future: Future, left_P: Int, right_P: Int) -> list[Signal]:
    """R² of a plane through both columns, from correlations alone."""
    rows_K = np.isfinite(future.rank_R[sample.time_K])
    y_K = future.rank_R[sample.time_K][rows_K].astype(np.float64)
    x_NK = standardised(sample)[:, rows_K]
    y_K = (y_K - y_K.mean()) / max(float(y_K.std()), 1e-300)
    n = len(y_K)
    own_N, cross_NN = x_NK @ y_K / n, x_NK @ x_NK.T / n
    a_P, b_P, c_P = own_N[left_P], own_N[right_P], cross_NN[left_P, right_P]
    with np.errstate(invalid="ignore", divide="ignore"):
        square_P = (a_P**2 + b_P**2 - 2 * a_P * b_P * c_P) / (1 - c_P**2)
    r_P = np.sqrt(np.clip(np.nan_to_num(np.where(np.abs(c_P) < 1 - 1e-9, square_P, 0.0)), 0, 1))
    single_P = np.maximum(np.abs(a_P), np.abs(b_P))
    stray = reach.drift(future.span, sample.outlook.table.n_dates)
    bounds = reach.REACH["magnitude" if future.what == "magnitude" else "pair"].raised(
        sample.outlook.own_of(future), 1.5 * stray
    )
    signals = []
    for p in np.flatnonzero((r_P >= bounds.suspect) & (single_P < ALONE * r_P)):
        independent = min(n, sample.outlook.table.n_dates) / future.span
        chance_p = float(p_values(r_P[p : p + 1], np.array([independent]))[0])
        signals += _both(sample, left_P[p], right_P[p], float(r_P[p]), chance_p, bounds, future.name, "a line")
    return signals


def standardised(sample: Sample) -> Float:
    """(N, K) the columns themselves within their symbols, cut at five deviations, 0 where missing."""
    from components.leaks.series import clipped

    table = sample.outlook.table
    found_NK = np.zeros((len(sample.names), len(sample.time_K)))
    for i, name in enumerate(sample.names):
        made_R = np.zeros(table.n_rows)
        for rows in table.parts:
            made_R[rows] = np.nan_to_num(clipped(table.columns[name][rows]))
        x_K = made_R[sample.time_K]
        spread = float(x_K.std())
        found_NK[i] = (x_K - x_K.mean()) / spread if spread > 0 else 0.0
    return found_NK


def _p_of_t(t: float, n_blocks: int) -> float:
    from scipy.special import stdtr

    return float(2 * stdtr(n_blocks - 1, -abs(t))) if t > 0 else 1.0


def _both(
    sample: Sample, left: int, right: int, r: float, p: float, bounds: reach.Reach, future: str, how: str
) -> list[Signal]:
    found = severity(r, bounds)
    if found is None or p > CHANCE:
        return []
    names = (sample.names[left], sample.names[right])
    return [
        Signal(
            column=name,
            kind="several columns together",
            severity=found,
            evidence=f"together with {other}, by {how}, it tells {r:.2f} of {future} (correlation), and neither does "
            f"alone; {beside(bounds)} (chance {chance(p)})",
            strength=r,
            p=p,
        )
        for name, other in (names, names[::-1])
    ]


TEST = LeakTest(
    name="pairs",
    says="two columns together: bins of both learnt in other blocks of time, and a straight line of both",
    scope="table",
    sampled=True,
    find=find,
)
