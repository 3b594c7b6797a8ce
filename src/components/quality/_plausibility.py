"""What is allowed in a panel but rarely right: stale prices, jumps, spikes, odd times, twins.

Every check takes bars that are sorted and unique. Shape legend: R rows, S symbols, T dates.
"""

from collections.abc import Iterator

import numpy as np

from components.bars import Bars, Mask
from components.quality._series import (
    CALM,
    MIN_RETURNS,
    continues,
    log_returns,
    robust_scores,
    spacing,
    spans,
    usual_around,
)
from components.structure import Defect, named
from components.values import Float, Float32, Int

DAY = np.timedelta64(1, "D")
SMALLEST_SPIKE = 1.2
RARE = 0.01
RESTING = 0.2
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
SAMPLED_DATES = 512


def stale(bars: Bars, stale_bars: int) -> Iterator[Defect]:
    """Bars whose close stands unchanged for that many bars or more, from the bar on at which that is known."""
    close_R = bars.fields.get("close")
    if close_R is None:
        return
    moves_R = ~continues(bars)
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
    return_R = log_returns(bars)
    score_R = np.abs(robust_scores(bars, return_R))
    rows = np.flatnonzero(score_R > outlier_z)
    rows = rows[np.argsort(-score_R[rows], kind="stable")]
    if len(rows):
        row = rows[0]
        says = f"close moves by {np.expm1(return_R[row]):+.1%}, {score_R[row]:.0f} deviations: {named(bars, row)}"
        yield Defect(rows=rows, says=says, remedy="check the price; mend it if it is wrong")


def spikes(bars: Bars, outlier_z: float) -> Iterator[Defect]:
    """Prices that are left and taken back: a close unlike its neighbours, a high or low far from open and close."""
    if "close" not in bars.fields:
        return
    return_R = log_returns(bars)
    wild_R = np.abs(robust_scores(bars, return_R)) > outlier_z
    next_R = np.append(return_R[1:], np.nan)
    back_R = np.abs(return_R + next_R) < 0.3 * np.minimum(np.abs(return_R), np.abs(next_R))
    spike_R = wild_R & np.append(wild_R[1:], False) & continues(bars) & back_R
    rows = _in_calm(bars, return_R, np.flatnonzero(spike_R), np.abs(return_R))
    remedy = "check the price; mend it if it is wrong"
    if len(rows):
        says = f"close moves by {np.expm1(return_R[rows[0]]):+.1%} and back: {named(bars, rows[0])}"
        yield Defect(rows=rows, says=says, remedy=remedy)
    for field, sign in (("high", 1.0), ("low", -1.0)):
        if field not in bars.fields:
            continue
        bodies = [bars.fields[name] for name in ("open", "close") if name in bars.fields]
        body_R = np.maximum(bodies[0], bodies[-1]) if sign > 0 else np.minimum(bodies[0], bodies[-1])
        with np.errstate(divide="ignore", invalid="ignore"):
            reach_R = bars.fields[field] / body_R if sign > 0 else body_R / bars.fields[field]
            # Hardly any bar reaches so far: only then is it worth knowing what is usual.
            if not (reach_R > SMALLEST_SPIKE).any():
                continue
            reach_R = np.log(reach_R)
        far_R = robust_scores(bars, reach_R, return_R) > outlier_z
        far_R &= (reach_R > np.log(SMALLEST_SPIKE)) & ~spike_R
        if len(rows := _in_calm(bars, return_R, np.flatnonzero(far_R), reach_R)):
            away = np.expm1(sign * reach_R[rows[0]])
            says = f"{field} lies {away:+.1%} from open and close: {named(bars, rows[0])}"
            yield Defect(rows=rows, says=says, remedy=remedy)


def _in_calm(bars: Bars, return_R: Float, rows: Int, size_R: Float) -> Int:
    """Those of the rows whose size is far beyond the usual moves around them."""
    ends = spans(bars) if len(rows) else []
    place = np.searchsorted([start for start, _ in ends], rows, side="right") - 1
    calm = [
        size_R[row] > CALM * usual_around(return_R, row, *ends[at])
        for row, at in zip(rows.tolist(), place.tolist(), strict=True)
    ]
    left: Int = rows[np.array(calm, dtype=bool)]
    return left


def odd_times(bars: Bars) -> Iterator[Defect]:
    """Bars at times at which hardly any of the others are: weekends, another hour, a second bar of a day."""
    days_R = bars.timestamps_R.astype("datetime64[D]")
    weekday_R, daily = (days_R.view(np.int64) + 3) % 7, spacing(bars) >= DAY
    remedy = "are these times of another time zone? set data.time_zone, or drop the bars"
    # Currencies trade on Sunday evening: within days only Saturday is odd.
    rows = _of_sessions(bars, weekday_R) if daily and spacing(bars) <= 3 * DAY else _rare(weekday_R == 5)
    if len(rows):
        yield Defect(rows=rows, says=f"bar on a {WEEKDAYS[weekday_R[rows[0]]]}: {named(bars, rows[0])}", remedy=remedy)
    if not daily:
        return
    again_R = continues(bars)
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
    return_R = log_returns(bars)
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
