"""What the leak tests build on: shifts, correlations over gaps, and innovations.

Shape legend: T rows of one symbol in time order, N columns, K series.
"""

import numpy as np

from components.values import Float, Time

SHORT_LAGS = (1, 2, 3, 4, 5)
LONGEST_WINDOW = 260
CLIP = 5.0
PART_ROWS = 1 << 16
"""Rows of a regression that are in memory at once."""

SPECTRUM_ROWS = 1 << 18
"""Rows that tell how long a window is: a thousand times the longest."""


def shifted(values_T: Float, rows: int) -> Float:
    """(..., T) the value `rows` rows later (earlier where negative); NaN beyond the ends."""
    moved_T = np.full(values_T.shape, np.nan)
    if rows >= 0:
        moved_T[..., : values_T.shape[-1] - rows] = values_T[..., rows:]
    else:
        moved_T[..., -rows:] = values_T[..., :rows]
    return moved_T


def filled_forward(values_T: Float) -> Float:
    """Every gap holds the last value before it; NaN before the first value."""
    last_T = np.maximum.accumulate(np.where(np.isfinite(values_T), np.arange(len(values_T)), 0))
    return np.asarray(values_T[last_T])


def correlations(a_KT: Float, b_NT: Float) -> tuple[Float, Float]:
    """(K, N) Pearson correlations over the rows where both are finite, and (K, N) numbers of such rows.

    NaN where either does not vary.
    """
    a_KT, has_a_KT = _centred(a_KT)
    b_NT, has_b_NT = _centred(b_NT)
    # Columns of a table mostly share a few patterns of gaps, so that their masks are multiplied once each.
    patterns: dict[bytes, int] = {}
    of_N = np.array([patterns.setdefault(row_T.tobytes(), len(patterns)) for row_T in has_b_NT], dtype=np.intp)
    pattern_UT = np.array([np.frombuffer(pattern) for pattern in patterns]).reshape(len(patterns), has_b_NT.shape[1])
    n_KN, sum_a_KN, squares_a_KN = ((left_KT @ pattern_UT.T)[:, of_N] for left_KT in (has_a_KT, a_KT, a_KT**2))
    with np.errstate(invalid="ignore", divide="ignore"):
        sum_b_KN = has_a_KT @ b_NT.T
        spread_a_KN = squares_a_KN - sum_a_KN**2 / n_KN
        spread_b_KN = has_a_KT @ (b_NT**2).T - sum_b_KN**2 / n_KN
        product_KN = a_KT @ b_NT.T - sum_a_KN * sum_b_KN / n_KN
        flat_KN = (spread_a_KN <= 1e-12 * n_KN) | (spread_b_KN <= 1e-12 * n_KN)
        r_KN = product_KN / np.sqrt(spread_a_KN * spread_b_KN)
    return np.where(flat_KN, np.nan, np.clip(r_KN, -1.0, 1.0)), n_KN


def p_values(r_KN: Float, n_KN: Float) -> Float:
    """Two-sided p-values of correlations over n effective rows, by Fisher's z; 1 where there is none."""
    from scipy.special import erfc

    z_KN = np.abs(np.arctanh(np.clip(r_KN, -1 + 1e-12, 1 - 1e-12))) * np.sqrt(np.maximum(n_KN - 3, 0.0))
    return np.where(np.isfinite(z_KN), erfc(np.nan_to_num(z_KN) / np.sqrt(2)), 1.0)


def innovations(values_T: Float, calendar_TC: Float) -> Float:
    """(T,) what a column's own past and the calendar do not tell about its change, in robust units.

    Residual of the change (of the logarithm where all values are positive) on the last level, five last
    changes, the calendar, and, where changes return after w rows as those of a moving window do, the
    changes w, 2w, 3w and 4w rows before. Clipped at 5; NaN where the value is missing.
    """
    known_T = np.isfinite(values_T)
    level_T = filled_forward(values_T)
    if known_T.any() and np.nanmin(values_T) > 0:
        level_T = np.log(level_T)
    # Clipped before the regression, too: one wild row would stand in every lag of it.
    change_T = clipped(level_T - shifted(level_T, -1))
    window = moving_window(change_T)
    lags = sorted({*SHORT_LAGS, *(window * i for i in (1, 2, 3, 4) if window)})
    past = [clipped(shifted(level_T, -1)), *(shifted(change_T, -lag) for lag in lags)]
    residual_T = residual(change_T, np.column_stack([*past, calendar_TC]))
    del past
    residual_T[~known_T] = np.nan
    return clipped(residual_T)


def residual(values_T: Float, regressors_TP: Float) -> Float:
    """values_T less their least-squares projection; missing regressors count as 0, and NaN stays NaN."""
    rows_T = np.isfinite(values_T)
    if rows_T.sum() <= regressors_TP.shape[1] + 1:
        return np.full(len(values_T), np.nan)
    parts = [slice(first, first + PART_ROWS) for first in range(0, len(values_T), PART_ROWS)]
    n_columns = regressors_TP.shape[1] + 1
    gram_PP, moment_P = np.zeros((n_columns, n_columns)), np.zeros(n_columns)
    for part in parts:
        design_TP = _design(regressors_TP[part])[rows_T[part]]
        gram_PP += design_TP.T @ design_TP
        moment_P += design_TP.T @ values_T[part][rows_T[part]]
    # Normal equations with a whiff of ridge: dummies of the calendar are collinear by nature.
    gram_PP += 1e-9 * np.trace(gram_PP) / n_columns * np.eye(n_columns)
    weights_P = np.linalg.solve(gram_PP, moment_P)
    return np.concatenate([values_T[part] - _design(regressors_TP[part]) @ weights_P for part in parts])


def _design(regressors_TP: Float) -> Float:
    return np.nan_to_num(np.column_stack([np.ones(len(regressors_TP)), regressors_TP]))


def clipped(values_T: Float) -> Float:
    """In units of 1.4826 median absolute deviations, cut at +-5.

    Where most values are the same, as in columns that change once a month, the deviations that are not 0 count.
    """
    finite_T = values_T[np.isfinite(values_T)]
    if len(finite_T) < 3:
        return np.full(len(values_T), np.nan)
    centre = float(np.median(finite_T))
    deviation_T = np.abs(finite_T - centre)
    if np.mean(deviation_T == 0) > 0.3:
        deviation_T = deviation_T[deviation_T > 0]
    scale = 1.4826 * float(np.median(deviation_T)) if len(deviation_T) else 0.0
    if scale <= 1e-12 * max(float(np.abs(finite_T).max()), 1e-300):
        return np.full(len(values_T), np.nan)
    return np.asarray(np.clip((values_T - centre) / scale, -CLIP, CLIP))


def moving_window(change_T: Float) -> int:
    """Rows after which changes return with the opposite sign, as in a moving window; 0 if they do not."""
    z_T = np.nan_to_num(clipped(change_T[:SPECTRUM_ROWS]))
    n = len(z_T)
    longest = min(LONGEST_WINDOW, n // 5)
    if longest < 2 or not z_T.any():
        return 0
    spectrum = np.fft.rfft(z_T, 2 * n)
    autocorrelation = np.fft.irfft(np.abs(spectrum) ** 2)[: longest + 1]
    autocorrelation = autocorrelation / autocorrelation[0]
    window = 2 + int(autocorrelation[2:].argmin())
    return window if autocorrelation[window] < -0.25 else 0


def window_of(values_T: Float) -> int:
    """Rows that one value of a column spans, by the row at which its changes return; 0 if they do not."""
    level_T = filled_forward(values_T)
    return moving_window(level_T - shifted(level_T, -1))


def span_of(values_T: Float) -> int:
    """Rows that one value of a label spans: by the row at which its changes return, or, where holes hide that, by the
    straight line on which the autocorrelation of overlapping sums falls to nothing; 1 if neither shows."""
    if window := window_of(values_T):
        return window
    z_T = np.nan_to_num(clipped(values_T - np.nanmean(values_T)))
    n = len(z_T)
    if n < 60 or not z_T.any():
        return 1
    spectrum = np.fft.rfft(z_T, 2 * n)
    autocorrelation = np.fft.irfft(np.abs(spectrum) ** 2)[: min(LONGEST_WINDOW, n // 5)]
    autocorrelation = autocorrelation / autocorrelation[0]
    small = np.flatnonzero(autocorrelation < 0.1)
    span = int(small[0]) if len(small) else 1
    halfway = float(autocorrelation[span // 2]) if span > 1 else 0.0
    return span if 0.35 < halfway < 0.7 else 1


def calendar_dummies(times_T: Time) -> Float:
    """(T, C) indicators of month, weekday and hour, as far as they vary and the rows suffice for them."""
    days_T = times_T.astype("datetime64[D]")
    parts = [
        times_T.astype("datetime64[M]").astype(np.int64) % 12,
        (days_T.astype(np.int64) + 3) % 7,
        (times_T - days_T).astype("timedelta64[h]").astype(np.int64),
    ]
    columns = []
    for part_T in parts:
        values = np.unique(part_T)
        if 1 < len(values) <= len(times_T) // 30:
            columns += [(part_T == value).astype(np.float64) for value in values[1:]]
    return np.column_stack(columns) if columns else np.empty((len(times_T), 0))


def _centred(values_KT: Float) -> tuple[Float, Float]:
    """Standardised with 0 for what is missing, so that sums of squares stay exact; and what is there."""
    known_KT = np.isfinite(values_KT)
    has_KT = known_KT.astype(np.float64)
    count_K1 = np.maximum(has_KT.sum(axis=1, keepdims=True), 1)
    centred_KT = np.where(known_KT, values_KT, 0.0)
    largest_K1 = np.maximum(centred_KT.max(axis=1, keepdims=True), -centred_KT.min(axis=1, keepdims=True))
    centred_KT -= centred_KT.sum(axis=1, keepdims=True) / count_K1
    centred_KT *= has_KT
    scale_K1 = np.sqrt(np.einsum("kt,kt->k", centred_KT, centred_KT)[:, None] / count_K1)
    varies_K1 = scale_K1 > 1e-12 * largest_K1
    centred_KT *= np.where(varies_K1, 1 / np.where(varies_K1, scale_K1, 1.0), 0.0)
    return centred_KT, has_KT
