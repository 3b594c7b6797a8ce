"""Honest columns that resemble leaks, each the neighbour of a kind in `kinds`."""

import itertools

import numpy as np

from components.values import Float
from leakage.kinds import Kind, by_group, calendar, chosen, like, month, one, spread_of, week, weekday, within
from leakage.worlds import Market, Rng, ema, shift, window


def before(m: Market, key: Float, x: Float, how) -> Float:  # type: ignore[no-untyped-def]
    """The figure of the period before."""
    own = within(m, key, x, how)
    out = np.full(m.shape, np.nan)
    for s in range(m.shape[0]):
        starts = np.flatnonzero(np.diff(key[s])) + 1
        place = np.searchsorted(starts, np.arange(m.shape[1]), side="right")
        first = np.concatenate([[0], starts])
        known = place > 0
        out[s, known] = own[s, first[place[known] - 1]]
    return out


def so_far(m: Market, key: Float, x: Float, how) -> Float:  # type: ignore[no-untyped-def]
    out = np.full(m.shape, np.nan)
    for s in range(m.shape[0]):
        starts = np.concatenate([[0], np.flatnonzero(np.diff(key[s])) + 1, [m.shape[1]]])
        for a, b in itertools.pairwise(starts):
            out[s, a:b] = how(x[s, a:b])
    return out


def expanding(m: Market, group: Float, y: Float, horizon: int) -> Float:
    """Means of a group's labels that were known by then."""
    out = np.full(m.shape, np.nan)
    for s in range(m.shape[0]):
        total, count = {}, {}
        for t in range(m.shape[1]):
            if t >= horizon and np.isfinite(y[s, t - horizon]):
                old = group[s, t - horizon]
                total[old] = total.get(old, 0.0) + y[s, t - horizon]
                count[old] = count.get(old, 0) + 1
            if count.get(group[s, t], 0) > 3:
                out[s, t] = total[group[s, t]] / count[group[s, t]]
    return out


HONEST: dict[str, Kind] = {
    "last week's high": one(lambda m, g: before(m, week(m), m.high_ST, np.max) / m.close_ST),
    "last week's close": one(lambda m, g: before(m, week(m), m.close_ST, lambda x: x[-1])),
    "last month's return": one(lambda m, g: before(m, month(m), m.close_ST, lambda x: x[-1] / x[0] - 1)),
    "last month's mean move": one(lambda m, g: before(m, month(m), m.r_ST, np.nanmean)),
    "last month's spread": one(lambda m, g: before(m, month(m), m.r_ST, np.nanstd)),
    "the week so far": one(lambda m, g: so_far(m, week(m), m.close_ST, lambda x: x / x[0] - 1)),
    "the month's high so far": one(lambda m, g: so_far(m, month(m), m.high_ST, np.maximum.accumulate) / m.close_ST),
    "the week's first close": one(
        lambda m, g: so_far(m, week(m), m.close_ST, lambda x: np.full(len(x), x[0])) / m.close_ST
    ),
    "the last label": one(lambda m, g: shift(m.y_ST, -m.horizon)),
    "the last label with noise": one(lambda m, g: shift(m.y_ST, -m.horizon) + like(m.y_ST, g, 0.3)),
    "the last label's size": one(lambda m, g: np.abs(shift(m.y_ST, -m.horizon))),
    "means of past labels by weekday": one(lambda m, g: expanding(m, weekday(m), m.y_ST, m.horizon)),
    "means of past labels by code": one(lambda m, g: expanding(m, g.integers(0, 10, m.shape), m.y_ST, m.horizon)),
    "turning points, when known": one(
        lambda m, g: shift(
            (m.close_ST == window(m.close_ST, -5, 5, np.max)) * 1.0 - (m.close_ST == window(m.close_ST, -5, 5, np.min)),
            -5,
        )
    ),
    "the high of twenty rows": one(lambda m, g: window(m.high_ST, -19, 0, np.max) / m.close_ST),
    "the low of fifty rows": one(lambda m, g: window(m.low_ST, -49, 0, np.min)),
    "volatility of a month": one(lambda m, g: window(m.r_ST, -21, 0, np.std)),
    "a fast average": one(lambda m, g: ema(m.close_ST, 3)),
    "a slow average": one(lambda m, g: ema(m.close_ST, 60) / m.close_ST),
    "twice smoothed": one(lambda m, g: ema(ema(m.close_ST, 5), 5) - m.close_ST),
    "the logarithm of the price": one(lambda m, g: np.log(m.close_ST)),
    "one over the price": one(lambda m, g: 1 / m.close_ST),
    "the price in whole units": one(lambda m, g: np.round(m.close_ST)),
    "the price's last digit": one(lambda m, g: np.round(m.close_ST * 100) % 10),
    "the last move": one(lambda m, g: m.r_ST),
    "the last move's sign": one(lambda m, g: np.sign(m.r_ST)),
    "five moves back": one(lambda m, g: shift(m.r_ST, -5)),
    "yesterday's close": one(lambda m, g: shift(m.close_ST, -1)),
    "yesterday's volume": one(lambda m, g: shift(m.volume_ST, -1)),
    "volume's average": one(lambda m, g: ema(np.log(m.volume_ST), 10)),
    "turnover": one(lambda m, g: m.volume_ST * m.close_ST),
    "missing at random": one(lambda m, g: np.where(chosen(m, g, 0.3), np.nan, g.normal(size=m.shape))),
    "missing after falls": one(lambda m, g: np.where(m.r_ST < 0, np.nan, g.normal(size=m.shape))),
    "missing in storms": one(
        lambda m, g: np.where(ema(m.r_ST**2, 10) > np.nanquantile(m.r_ST**2, 0.7), np.nan, ema(m.r_ST, 4))
    ),
    "a sentinel at random": one(lambda m, g: np.where(chosen(m, g, 0.1), -999.0, g.normal(size=m.shape))),
    "missing at first": one(lambda m, g: np.where(np.arange(m.shape[1]) < m.shape[1] // 3, np.nan, ema(m.r_ST, 8))),
    "missing on Mondays": one(lambda m, g: np.where(weekday(m) == 0, np.nan, m.r_ST)),
    "the weekday": one(lambda m, g: weekday(m) * 1.0),
    "the month": one(lambda m, g: calendar(m, "M") % 12 * 1.0),
    "a row number": one(lambda m, g: np.broadcast_to(np.arange(m.shape[1]) * 1.0, m.shape).copy()),
    "the symbol's number": one(lambda m, g: np.broadcast_to(np.arange(m.shape[0])[:, None] * 1.0, m.shape).copy()),
    "codes at random": one(lambda m, g: g.integers(0, 30, m.shape) * 1.0),
    "a million codes": one(lambda m, g: g.permutation(m.y_ST.size).reshape(m.shape) * 1.0),
    "noise": one(lambda m, g: g.normal(size=m.shape)),
    "heavy noise": one(lambda m, g: g.standard_cauchy(m.shape)),
    "a walk": one(lambda m, g: np.cumsum(g.normal(size=m.shape), axis=1)),
    "a trend": one(lambda m, g: np.arange(m.shape[1]) * 0.01 + g.normal(size=m.shape)),
    "a season": one(lambda m, g: np.sin(2 * np.pi * np.broadcast_to(np.arange(m.shape[1]), m.shape) / 250)),
    "a figure every 20 rows": one(
        lambda m, g: np.repeat(g.normal(size=(m.shape[0], m.shape[1] // 20 + 1)), 20, axis=1)[:, : m.shape[1]]
    ),
    "a figure filled forwards": one(lambda m, g: ema(m.r_ST, 10)[:, np.arange(m.shape[1]) // 5 * 5]),
    "the market's last move": one(lambda m, g: np.broadcast_to(np.nanmean(m.r_ST, axis=0), m.shape).copy()),
    "its rank among all": one(lambda m, g: np.argsort(np.argsort(np.nan_to_num(m.r_ST), axis=0), axis=0) * 1.0),
    "its rank by momentum": one(
        lambda m, g: (
            np.argsort(np.argsort(np.nan_to_num(shift(m.close_ST, -0) / shift(m.close_ST, -20)), axis=0), axis=0) * 1.0
        )
    ),
    "a weak honest signal": one(lambda m, g: 0.05 * m.y_ST / spread_of(m.y_ST) + g.normal(size=m.shape)),
    "means of last year's codes": one(
        lambda m, g: shift(by_group(m, week(m) % 13, m.y_ST), -m.horizon) * 0 + ema(m.r_ST, 20)
    ),
    "rows since a high": one(lambda m, g: _since(m)),
    "a streak of signs": one(lambda m, g: _streak(m)),
    "drawdown": one(lambda m, g: m.close_ST / np.maximum.accumulate(m.close_ST, axis=1) - 1),
    "a band's edge": one(lambda m, g: window(m.close_ST, -19, 0) + 2 * window(m.close_ST, -19, 0, np.std)),
    "a price limit": one(lambda m, g: np.round(1.1 * m.close_ST, 2)),
}


def _since(m: Market) -> Float:
    top = np.maximum.accumulate(m.close_ST, axis=1)
    out = np.zeros(m.shape)
    for t in range(1, m.shape[1]):
        out[:, t] = np.where(m.close_ST[:, t] >= top[:, t], 0, out[:, t - 1] + 1)
    return out


def _streak(m: Market) -> Float:
    sign, out = np.sign(np.nan_to_num(m.r_ST)), np.zeros(m.shape)
    for t in range(1, m.shape[1]):
        out[:, t] = np.where(sign[:, t] == np.sign(out[:, t - 1]), out[:, t - 1] + sign[:, t], sign[:, t])
    return out


def none(m: Market, g: Rng) -> dict[str, Float]:
    return {}
