"""What is allowed in a panel but rarely right: gaps, stale prices, jumps, missed splits, odd times, twins.

Every check takes bars that are sorted and unique. Shape legend: R rows, S symbols, T dates.
"""

import itertools
from collections.abc import Iterator

import numpy as np

from components.bars import Bars, Mask
from components.errors import ConfigError
from components.structure import Defect, named
from components.values import Float, Float32, Int, Time

DAY = np.timedelta64(1, "D")
SPLIT_FACTORS = (1.5, 2.0, 3.0, 4.0, 5.0, 10.0, 20.0)
MAD_TO_SIGMA = 1.4826
MIN_RETURNS = 60
LEVEL_BARS = 5
RARE = 0.01
RESTING = 0.2
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SAMPLED_DATES = 512


def gaps(bars: Bars, max_gap_sessions: int, calendar: str | None) -> Iterator[Defect]:
    """Bars before which more sessions than allowed are missing.

    Sessions are those of the exchange's calendar; without one, the days on which any symbol has a bar, and
    weekdays where the bars are daily or finer.
    """
    days_R, same_R = bars.timestamps_R.astype("datetime64[D]"), _continues(bars)
    before_R = np.roll(days_R, 1)
    if calendar is not None:
        missed_R = _sessions_between(_sessions(calendar, days_R), before_R, days_R)
    else:
        missed_R = _sessions_between(np.unique(days_R), before_R, days_R)
        far = np.flatnonzero(same_R & (days_R - before_R > max_gap_sessions * DAY))
        if len(far) and _spacing(bars) <= DAY:
            missed_R[far] = np.maximum(missed_R[far], np.busday_count(before_R[far], days_R[far]) - 1)
    missed_R = np.where(same_R, missed_R, 0)
    rows = np.flatnonzero(missed_R > max_gap_sessions)
    rows = rows[np.argsort(-missed_R[rows], kind="stable")]
    if len(rows):
        says = f"{missed_R[rows[0]]} sessions without a bar before: {named(bars, rows[0])}"
        yield Defect(rows=rows, says=says, remedy="give the missing bars, or the exchange in quality.calendar")


def _sessions_between(sessions: Time, start_R: Time, end_R: Time) -> Int:
    return np.searchsorted(sessions, end_R, "left") - np.searchsorted(sessions, start_R, "right")


def _sessions(calendar: str, days_R: Time) -> Time:
    import exchange_calendars

    try:
        found = exchange_calendars.get_calendar(calendar, start=str(days_R.min()), end=str(days_R.max() + DAY))
    except exchange_calendars.errors.InvalidCalendarName:
        raise ConfigError(f"quality.calendar: '{calendar}' is no calendar; write for example XNYS, or null") from None
    except ValueError:
        span = f"{days_R.min()} to {days_R.max()}"
        raise ConfigError(f"quality.calendar: '{calendar}' does not cover {span}; write null") from None
    return np.asarray(found.sessions.to_numpy(), dtype="datetime64[D]")


def stale(bars: Bars, stale_bars: int) -> Iterator[Defect]:
    """Bars whose close stands unchanged for that many bars or more, from the bar on at which that is known."""
    close_R = bars.fields.get("close")
    if close_R is None:
        return
    moves_R = ~_continues(bars)
    moves_R[1:] |= close_R[1:] != close_R[:-1]
    rows_R = np.arange(bars.n_rows)
    run_R = rows_R - np.maximum.accumulate(np.where(moves_R, rows_R, 0)) + 1
    rows = np.flatnonzero(run_R >= stale_bars)
    if len(rows):
        says = f"close has been {close_R[rows[0]]:g} for {run_R[rows[0]]} bars: {named(bars, rows[0])}"
        yield Defect(rows=rows, says=says, remedy="drop bars of days without trade")


def outliers(bars: Bars, outlier_z: float) -> Iterator[Defect]:
    """Returns that lie more than `outlier_z` robust standard deviations from their symbol's median."""
    if "close" not in bars.fields:
        return
    return_R = _log_returns(bars)
    score_R = np.abs(_robust_scores(bars, return_R))
    rows = np.flatnonzero(score_R > outlier_z)
    rows = rows[np.argsort(-score_R[rows], kind="stable")]
    if len(rows):
        row = rows[0]
        says = f"close moves by {np.expm1(return_R[row]):+.1%}, {score_R[row]:.0f} deviations: {named(bars, row)}"
        yield Defect(rows=rows, says=says, remedy="check the price; mend it if it is wrong")


def splits(bars: Bars, split_tolerance: float, outlier_z: float) -> Iterator[Defect]:
    """Jumps by the factor of a split that stay, with volume that jumps the other way.

    A split moves the level of the price (median of five bars before and after) by a factor of 3:2, 2:1, 3:1,
    ..., far more than the symbol usually moves, and the number of shares traded by its inverse.
    """
    if "close" not in bars.fields:
        return
    return_R = _log_returns(bars)
    logs = np.log(np.array(SPLIT_FACTORS))
    large = np.flatnonzero(np.abs(return_R) > logs[0] / 2)
    large = large[np.abs(_robust_scores(bars, return_R)[large]) > outlier_z / 3] if len(large) else large
    near = np.abs(np.abs(return_R[large])[:, None] - logs).min(axis=1) < np.log1p(split_tolerance)
    rows = np.array([row for row in large[near] if _is_split(bars, return_R, row)], dtype=np.int64)
    if len(rows):
        says = f"close jumps by {np.expm1(return_R[rows[0]]):+.1%} as in a split: {named(bars, rows[0])}"
        yield Defect(rows=rows, says=says, remedy="adjust the prices before it for the split")


def _is_split(bars: Bars, return_R: Float, row: int) -> bool:
    size = return_R[row]
    if abs(_level_change(bars, "close", row) - size) > abs(size) / 3:
        return False
    volume = _level_change(bars, "volume", row) if "volume" in bars.fields else float("nan")
    # As many more shares as the price fell, roughly: after bad news volume rises by more.
    return bool(np.isnan(volume) or 0.3 < -volume / size < 2.5)


def _level_change(bars: Bars, field: str, row: int) -> float:
    """Log of the median after over that before; NaN where one of them is not positive."""
    same = bars.codes_R == bars.codes_R[row]
    first, last = int(same.argmax()), len(same) - int(same[::-1].argmax())
    values = bars.fields[field]
    before = np.median(values[max(first, row - LEVEL_BARS) : row])
    after = np.median(values[row : min(last, row + LEVEL_BARS)])
    return float(np.log(after / before)) if before > 0 and after > 0 else float("nan")


def odd_times(bars: Bars) -> Iterator[Defect]:
    """Bars at times at which hardly any of the others are: weekends, another hour, a second bar of a day."""
    days_R = bars.timestamps_R.astype("datetime64[D]")
    weekday_R, daily = (days_R.view(np.int64) + 3) % 7, _spacing(bars) >= DAY
    remedy = "are these times of another time zone? set data.time_zone, or drop the bars"
    # Currencies trade on Sunday evening: within days only Saturday is odd.
    rows = _of_sessions(bars, weekday_R) if daily and _spacing(bars) <= 3 * DAY else _rare(weekday_R == 5)
    if len(rows):
        yield Defect(rows=rows, says=f"bar on a {WEEKDAYS[weekday_R[rows[0]]]}: {named(bars, rows[0])}", remedy=remedy)
    if not daily:
        return
    again_R = _continues(bars)
    again_R[1:] &= days_R[1:] == days_R[:-1]
    if len(rows := np.flatnonzero(again_R)):
        yield Defect(rows=rows, says=f"second bar of a day among daily bars: {named(bars, rows[0])}", remedy=remedy)
    clock_R = bars.timestamps_R - days_R
    clocks, position_R = np.unique(clock_R, return_inverse=True)
    if len(clocks) > 1:
        share_R = (np.bincount(position_R) / bars.n_rows)[position_R]
        if len(rows := np.flatnonzero(share_R < RARE)):
            yield Defect(rows=rows, says=f"daily bar at an unusual hour: {named(bars, rows[0])}", remedy=remedy)


def _of_sessions(bars: Bars, weekday_R: Int) -> Int:
    """Bars at weekends of symbols that rest there but trade from Monday to Friday."""
    count_SD = np.zeros((len(bars.symbols), len(WEEKDAYS)), dtype=np.int64)
    np.add.at(count_SD, (bars.codes_R, weekday_R), 1)
    five_S = count_SD[:, :5].min(axis=1) * 2 > count_SD.max(axis=1)
    resting_S = five_S & (count_SD[:, 5:].sum(axis=1) < RESTING * count_SD.sum(axis=1))
    return np.flatnonzero((weekday_R >= 5) & resting_S[bars.codes_R])


def _rare(odd_R: Mask) -> Int:
    return np.flatnonzero(odd_R) if odd_R.mean() < RARE else np.empty(0, dtype=np.int64)


def look_alikes(bars: Bars, look_alike_correlation: float) -> Iterator[Defect]:
    """First bars of symbols whose returns are those of an earlier symbol, on at least 60 common dates."""
    if "close" not in bars.fields or len(bars.symbols) < 2:
        return
    panel = bars.to_panel()
    stamps_T, codes_R = panel.dates_T, panel.symbol_codes_R
    return_R = _log_returns(bars)
    picked_T = np.unique(np.linspace(0, len(stamps_T) - 1, SAMPLED_DATES).astype(np.int64))
    position_T = np.full(len(stamps_T), -1)
    position_T[picked_T] = np.arange(len(picked_T))
    kept_R = (position_T[panel.date_codes_R] >= 0) & np.isfinite(return_R)
    sample_TS = np.full((len(picked_T), len(panel.symbols)), np.nan, dtype=np.float32)
    sample_TS[position_T[panel.date_codes_R[kept_R]], codes_R[kept_R]] = return_R[kept_R]
    rows, pairs = [], []
    for first, second in _candidates(sample_TS):
        spans = [slice(panel.offsets[s], panel.offsets[s + 1]) for s in (first, second)]
        times = [panel.timestamps_R[span] for span in spans]
        _, left, right = np.intersect1d(times[0], times[1], assume_unique=True, return_indices=True)
        x_N, y_N = return_R[spans[0]][left], return_R[spans[1]][right]
        both_N = np.isfinite(x_N) & np.isfinite(y_N)
        if both_N.sum() >= MIN_RETURNS and np.corrcoef(x_N[both_N], y_N[both_N])[0, 1] > look_alike_correlation:
            rows.append(int(panel.offsets[second]))
            pairs.append((panel.symbols[first], panel.symbols[second]))
    if rows:
        says = f"{pairs[0][1]} moves as {pairs[0][0]} does: {named(bars, rows[0])}"
        yield Defect(rows=np.array(rows), says=says, remedy="keep one of the two names")


def _candidates(sample_TS: Float32) -> Iterator[tuple[int, int]]:
    """Pairs of symbols whose sampled returns correlate by 0.98 or more, as a share of the shorter one."""
    known_TS = np.isfinite(sample_TS)
    count_S = known_TS.sum(axis=0)
    usable = np.flatnonzero(count_S >= 20)
    if len(usable) < 2:
        return
    values = np.where(known_TS, sample_TS, 0)[:, usable]
    count = count_S[usable]
    centred = np.where(known_TS[:, usable], values - values.sum(axis=0) / count, 0)
    sigma = np.sqrt((centred**2).sum(axis=0) / count)
    scaled = centred / np.where(sigma > 0, sigma, np.inf)
    correlation = np.triu(scaled.T @ scaled / np.minimum(count[:, None], count[None, :]), 1)
    for i, j in np.argwhere(correlation > 0.98):
        yield int(usable[i]), int(usable[j])


def _continues(bars: Bars) -> Mask:
    """(R,) whether the row before is of the same symbol."""
    return np.append(False, bars.codes_R[1:] == bars.codes_R[:-1])


def _spacing(bars: Bars) -> np.timedelta64:
    """Median time between neighbouring bars of a symbol."""
    steps = np.diff(bars.timestamps_R)[_continues(bars)[1:]]
    return np.timedelta64(int(np.median(steps.view(np.int64))), "us") if len(steps) else np.timedelta64(0, "us")


def _log_returns(bars: Bars) -> Float:
    close_R = bars.fields["close"]
    with np.errstate(divide="ignore", invalid="ignore"):
        log_R = np.log(close_R)
        return_R = np.where(_continues(bars), log_R - np.roll(log_R, 1), np.nan)
    return np.where(np.isfinite(return_R), return_R, np.nan)


def _robust_scores(bars: Bars, return_R: Float) -> Float:
    """(return - median) / (1.4826 x median absolute deviation) within a symbol; 0 where it has few returns."""
    score_R = np.zeros(len(return_R))
    starts = np.append(np.flatnonzero(~_continues(bars)), bars.n_rows)
    for start, end in itertools.pairwise(starts):
        values = return_R[start:end]
        known = values[np.isfinite(values)]
        if len(known) >= MIN_RETURNS:
            middle = np.median(known)
            sigma = MAD_TO_SIGMA * np.median(np.abs(known - middle))
            if sigma > 0:
                score_R[start:end] = np.nan_to_num((values - middle) / sigma)
    return score_R
