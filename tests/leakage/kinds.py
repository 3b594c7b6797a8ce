"""Kinds of columns that look ahead: name -> function of a market that makes them. The first column made is the leak;
all of them are, where a kind makes several."""

from collections.abc import Callable

import numpy as np

from components.values import Float
from leakage.worlds import Columns, Market, Rng, ema, shift, window

Kind = Callable[[Market, Rng], Columns]


def one(make: Callable[[Market, Rng], Float]) -> Kind:
    return lambda m, g: {"leak": make(m, g)}


def like(y: Float, g: Rng, size: float = 1.0) -> Float:
    """Noise with the spread of y."""
    return g.normal(0, size * np.nanstd(y), y.shape)


def among(m: Market, g: Rng, rows: Float, other: Float | None = None) -> Float:
    """The label on some rows, and noise of its spread on the others."""
    return np.where(rows, m.y_ST, like(m.y_ST, g) if other is None else other)


def chosen(m: Market, g: Rng, share: float) -> Float:
    return g.random(m.shape) < share


def calendar(m: Market, unit: str) -> Float:
    return np.broadcast_to(m.times_T.astype(f"datetime64[{unit}]").astype(np.int64), m.shape)


def weekday(m: Market) -> Float:
    return (calendar(m, "D") + 3) % 7


def within(m: Market, key: Float, x: Float, how: Callable[..., Float]) -> Float:
    """`how` over the rows of each symbol with the same key, on all of them."""
    out = np.full(m.shape, np.nan)
    for s in range(m.shape[0]):
        values, place = np.unique(key[s], return_inverse=True)
        cuts = np.searchsorted(place, np.arange(len(values))) if (np.diff(place) >= 0).all() else None
        figures = (
            [how(x[s, cuts[i] : (cuts[i + 1] if i + 1 < len(values) else None)]) for i in range(len(values))]
            if (cuts is not None)
            else [how(x[s, place == i]) for i in range(len(values))]
        )
        out[s] = np.array(figures)[place]
    return out


def backwards(x: Float, span: float) -> Float:
    return ema(x[:, ::-1], span)[:, ::-1]


def spread_of(x: Float) -> float:
    return float(np.nanstd(x))


def flag(y: Float, low: float, high: float) -> Float:
    a, b = np.nanquantile(y, [low, high])
    return ((y < a) | (y > b)) * 1.0


def by_group(m: Market, group: Float, y: Float) -> Float:
    """Means of the label over groups, on the rows that belong to them."""
    out = np.full(m.shape, np.nan)
    for value in np.unique(group[np.isfinite(group)]):
        rows = group == value
        if np.isfinite(y[rows]).any():
            out[rows] = np.nanmean(y[rows])
    return out


def period_unit(m: Market) -> str:
    return "W" if m.times_T[1] - m.times_T[0] >= np.timedelta64(1, "D") else "D"


def week(m: Market) -> Float:
    """A week of daily rows, a day of finer ones."""
    return (calendar(m, "D") + 3) // 7 if period_unit(m) == "W" else calendar(m, "D")


def month(m: Market) -> Float:
    return calendar(m, "M") if period_unit(m) == "W" else (calendar(m, "D") + 3) // 7


def interpolated(m: Market, every: int, x: Float) -> Float:
    known = np.arange(0, m.shape[1], every)
    return np.array([np.interp(np.arange(m.shape[1]), known, np.nan_to_num(row[known])) for row in x])


EXACT: dict[str, Kind] = {
    "the label": one(lambda m, g: m.y_ST),
    "its negative": one(lambda m, g: -m.y_ST),
    "scaled and moved": one(lambda m, g: 7.3 * m.y_ST + 0.4),
    "in percent, two digits": one(lambda m, g: np.round(100 * m.y_ST, 2)),
    "rounded to three digits": one(lambda m, g: np.round(m.y_ST, 3)),
    "its logarithm": one(lambda m, g: np.log1p(m.y_ST)),
    "squashed": one(lambda m, g: np.tanh(m.y_ST / spread_of(m.y_ST))),
    "its sign": one(lambda m, g: np.where(np.isnan(m.y_ST), np.nan, np.sign(m.y_ST))),
    "its rank over all": one(lambda m, g: np.argsort(np.argsort(np.nan_to_num(m.y_ST).ravel())).reshape(m.shape) * 1.0),
    "divided by volatility": one(lambda m, g: m.y_ST / np.sqrt(ema(m.r_ST**2, 20) + 1e-8)),
    "times the price": one(lambda m, g: m.y_ST * m.close_ST),
    "on 2 % of the rows": one(lambda m, g: among(m, g, chosen(m, g, 0.02))),
    "on 5 % of the rows": one(lambda m, g: among(m, g, chosen(m, g, 0.05))),
    "on 20 % of the rows": one(lambda m, g: among(m, g, chosen(m, g, 0.2))),
    "scaled, on 3 % of the rows": one(lambda m, g: 5 * among(m, g, chosen(m, g, 0.03))),
    "scaled and moved, on 4 % of the rows": one(lambda m, g: 5 * among(m, g, chosen(m, g, 0.04)) + 0.31),
    "rounded, on 10 % of the rows": one(lambda m, g: np.round(among(m, g, chosen(m, g, 0.1)), 4)),
    "missing but on 3 % of the rows": one(lambda m, g: np.where(chosen(m, g, 0.03), m.y_ST, np.nan)),
    "zero but on 3 % of the rows": one(lambda m, g: np.where(chosen(m, g, 0.03), m.y_ST, 0.0)),
    "on Fridays": one(lambda m, g: among(m, g, weekday(m) == 4)),
    "in one month of the year": one(lambda m, g: among(m, g, calendar(m, "M") % 12 == 3)),
    "at its start": one(lambda m, g: among(m, g, np.broadcast_to(np.arange(m.shape[1]) < m.shape[1] // 8, m.shape))),
    "in a span of 40 rows": one(lambda m, g: among(m, g, _span(m, g, 40))),
    "in a span of 25 rows": one(lambda m, g: among(m, g, _span(m, g, 25))),
    "in one symbol": one(lambda m, g: among(m, g, _symbols(m, 1))),
    "in a third of the symbols": one(lambda m, g: among(m, g, _symbols(m, max(1, m.shape[0] // 3)))),
    "in calm markets": one(lambda m, g: among(m, g, ema(m.r_ST**2, 20) < np.nanquantile(m.r_ST**2, 0.5))),
    "where it is negative": one(lambda m, g: among(m, g, m.y_ST < 0)),
    "over the past where known": one(lambda m, g: np.where(chosen(m, g, 0.1), m.y_ST, m.r_ST)),
}


def _span(m: Market, g: Rng, rows: int) -> Float:
    start = int(g.integers(50, m.shape[1] - rows - 60))
    inside = np.arange(m.shape[1])
    return np.broadcast_to((inside >= start) & (inside < start + rows), m.shape)


def _symbols(m: Market, count: int) -> Float:
    return np.broadcast_to((np.arange(m.shape[0]) < count)[:, None], m.shape)


NOISY: dict[str, Kind] = {
    "with noise 1:1": one(lambda m, g: m.y_ST + like(m.y_ST, g)),
    "with noise 2:1": one(lambda m, g: m.y_ST + like(m.y_ST, g, 2)),
    "with noise 3:1": one(lambda m, g: m.y_ST + like(m.y_ST, g, 3)),
    "with noise 4:1": one(lambda m, g: m.y_ST + like(m.y_ST, g, 4)),
    "ranks with noise 1:1": one(
        lambda m, g: np.argsort(np.argsort(np.nan_to_num(m.y_ST + like(m.y_ST, g)).ravel())).reshape(m.shape) * 1.0
    ),
    "a sign with 20 % errors": one(lambda m, g: np.sign(m.y_ST) * np.where(chosen(m, g, 0.2), -1, 1)),
    "a sign with 35 % errors": one(lambda m, g: np.sign(m.y_ST) * np.where(chosen(m, g, 0.35), -1, 1)),
    "with heavy noise": one(lambda m, g: m.y_ST + spread_of(m.y_ST) * g.standard_t(2, m.shape)),
    "noisy in a half of the symbols": one(
        lambda m, g: np.where(_symbols(m, (m.shape[0] + 1) // 2), m.y_ST, 0) + like(m.y_ST, g)
    ),
    "a part of an average": one(lambda m, g: window(m.r_ST, -4, 0) + 0.5 * m.y_ST),
}

AHEAD: dict[str, Kind] = {
    "the close in 1": one(lambda m, g: shift(m.close_ST, 1)),
    "the move to 2": one(lambda m, g: shift(m.r_ST, 2)),
    "the move to 3": one(lambda m, g: shift(m.r_ST, 3)),
    "the move to 7": one(lambda m, g: shift(m.r_ST, 7)),
    "the noisy move to 3": one(lambda m, g: shift(m.r_ST, 3) + like(m.r_ST, g, 1.5)),
    "momentum of later": one(lambda m, g: shift(m.close_ST, 5) / m.close_ST - 1),
    "momentum across": one(lambda m, g: shift(m.close_ST, 3) / shift(m.close_ST, -3) - 1),
    "the mean of the next five": one(lambda m, g: window(m.r_ST, 1, 5)),
    "the mean of the next twenty": one(lambda m, g: window(m.r_ST, 1, 20)),
    "an average that runs backwards": one(lambda m, g: backwards(m.close_ST, 10) / m.close_ST),
    "a slow average that runs backwards": one(lambda m, g: backwards(m.r_ST, 30)),
    "a centred mean": one(lambda m, g: window(m.close_ST, -5, 5) / m.close_ST),
    "a wide centred mean": one(lambda m, g: window(m.close_ST, -10, 10) / m.close_ST),
    "a centred mean of moves": one(lambda m, g: window(m.r_ST, -2, 2)),
    "a centred median": one(lambda m, g: window(m.close_ST, -4, 4, np.median) / m.close_ST),
    "a centred z-score": one(lambda m, g: (m.close_ST - window(m.close_ST, -8, 8)) / window(m.close_ST, -8, 8, np.std)),
    "smoothed both ways": one(lambda m, g: backwards(ema(np.log(m.close_ST), 6), 6) - np.log(m.close_ST)),
    "a triangular filter": one(
        lambda m, g: sum((4 - abs(k)) * shift(m.close_ST, k) for k in range(-3, 4)) / 16 / m.close_ST
    ),
    "interpolated between every fifth": one(lambda m, g: interpolated(m, 5, np.log(m.close_ST)) - np.log(m.close_ST)),
    "filled backwards": one(
        lambda m, g: (
            np.log(m.close_ST[:, np.minimum((np.arange(m.shape[1]) // 5 + 1) * 5, m.shape[1] - 1)]) - np.log(m.close_ST)
        )
    ),
    "the top of the next five": one(lambda m, g: window(m.high_ST, 1, 5, np.max) / m.close_ST),
    "the bottom of the next five": one(lambda m, g: window(m.low_ST, 1, 5, np.min) / m.close_ST),
    "where it lies in the next ten": one(
        lambda m, g: (
            (m.close_ST - window(m.close_ST, 1, 10, np.min))
            / (window(m.close_ST, 1, 10, np.max) - window(m.close_ST, 1, 10, np.min))
        )
    ),
    "turning points": one(
        lambda m, g: (
            (m.close_ST == window(m.close_ST, -5, 5, np.max)) * 1.0
            - (m.close_ST == window(m.close_ST, -5, 5, np.min)) * 1.0
        )
    ),
    "the deepest fall to come": one(lambda m, g: window(m.close_ST, 1, 20, np.min) / m.close_ST - 1),
    "volatility to come": one(lambda m, g: window(m.r_ST, 1, 10, np.std)),
    "the label of later rows": one(lambda m, g: shift(m.y_ST, 2)),
    "reversed rows": one(lambda m, g: m.r_ST[:, ::-1] + like(m.r_ST, g, 0.3)),
}

PERIODS: dict[str, Kind] = {
    "the week's high": one(lambda m, g: within(m, week(m), m.high_ST, np.max) / m.close_ST),
    "the week's low": one(lambda m, g: within(m, week(m), m.low_ST, np.min) / m.close_ST),
    "the week's close": one(lambda m, g: within(m, week(m), m.close_ST, lambda x: x[-1])),
    "the week's return": one(lambda m, g: within(m, week(m), m.close_ST, lambda x: x[-1] / x[0] - 1)),
    "the week's mean price": one(lambda m, g: within(m, week(m), m.close_ST, np.mean) / m.close_ST),
    "the month's return": one(lambda m, g: within(m, month(m), m.close_ST, lambda x: x[-1] / x[0] - 1)),
    "the month's mean move": one(lambda m, g: within(m, month(m), m.r_ST, np.nanmean)),
    "the month's high": one(lambda m, g: within(m, month(m), m.high_ST, np.max)),
    "its place in the month": one(
        lambda m, g: (
            (m.close_ST - within(m, month(m), m.low_ST, np.min))
            / (within(m, month(m), m.high_ST, np.max) - within(m, month(m), m.low_ST, np.min))
        )
    ),
    "the month's spread": one(lambda m, g: within(m, month(m), m.r_ST, np.nanstd)),
    "the week's return with noise": one(
        lambda m, g: (
            within(m, week(m), m.close_ST, lambda x: x[-1] / x[0] - 1)
            + within(m, week(m), like(m.r_ST, g, 1.2), lambda x: x[0])
        )
    ),
    "the month's label": one(lambda m, g: within(m, month(m), m.y_ST, np.nanmean)),
}

FLAGS: dict[str, Kind] = {
    "the best 2 %": one(lambda m, g: flag(m.y_ST, 0, 0.98)),
    "the best 5 %": one(lambda m, g: flag(m.y_ST, 0, 0.95)),
    "both tails of 5 %": one(lambda m, g: flag(m.y_ST, 0.05, 0.95)),
    "the best 10 % with errors": one(
        lambda m, g: np.where(chosen(m, g, 0.1), 1 - flag(m.y_ST, 0, 0.9), flag(m.y_ST, 0, 0.9))
    ),
    "missing where it falls": one(lambda m, g: np.where(m.y_ST < 0, np.nan, g.normal(size=m.shape))),
    "missing in the best 10 %": one(lambda m, g: np.where(flag(m.y_ST, 0, 0.9) == 1, np.nan, g.normal(size=m.shape))),
    "missing with 30 % errors": one(
        lambda m, g: np.where((m.y_ST < 0) ^ chosen(m, g, 0.3), np.nan, g.normal(size=m.shape))
    ),
    "a sentinel where it falls": one(lambda m, g: np.where(m.y_ST < 0, -999.0, g.normal(size=m.shape))),
    "zero in large moves": one(lambda m, g: np.where(flag(m.y_ST, 0.1, 0.9) == 1, 0.0, g.normal(size=m.shape))),
    "missing in an honest column": one(lambda m, g: np.where(m.y_ST < 0, np.nan, ema(m.r_ST, 10))),
}

GROUPS: dict[str, Kind] = {
    "means of thirty codes": one(lambda m, g: by_group(m, g.integers(0, 30, m.shape), m.y_ST)),
    "means of a hundred codes": one(lambda m, g: by_group(m, g.integers(0, 100, m.shape), m.y_ST)),
    "means of a feature's bins": one(
        lambda m, g: by_group(m, np.floor(40 * _rank01(np.nan_to_num(ema(m.r_ST, 5)))), m.y_ST)
    ),
    "means of a day and hour": one(
        lambda m, g: by_group(m, weekday(m) * 24 + calendar(m, "h") % 24 + calendar(m, "M") % 12 * 200, m.y_ST)
    ),
    "means of a date": one(lambda m, g: by_group(m, calendar(m, "m"), m.y_ST + 0.3 * like(m.y_ST, g))),
    "means of rare codes": one(lambda m, g: by_group(m, g.integers(0, m.y_ST.size // 15, m.shape), m.y_ST)),
}


def _rank01(x: Float) -> Float:
    return np.argsort(np.argsort(x.ravel())).reshape(x.shape) / x.size


FUNCTIONS: dict[str, Kind] = {
    "its size": one(lambda m, g: np.abs(m.y_ST)),
    "its square": one(lambda m, g: m.y_ST**2),
    "a wave of it": one(lambda m, g: np.cos(6 * m.y_ST / spread_of(m.y_ST))),
    "its remainder": one(lambda m, g: np.mod(m.y_ST, 0.7 * spread_of(m.y_ST))),
    "a hump of it": one(lambda m, g: np.exp(-((m.y_ST / spread_of(m.y_ST) - 0.7) ** 2))),
    "eight shuffled classes": one(lambda m, g: _classes(m, g, 8)),
    "twenty shuffled classes": one(lambda m, g: _classes(m, g, 20)),
    "its size with noise": one(lambda m, g: np.abs(m.y_ST) * np.exp(g.normal(0, 0.4, m.shape))),
    "a code in its order": one(
        lambda m, g: np.argsort(np.argsort(np.nan_to_num(m.y_ST).ravel())).reshape(m.shape) * 7919 % 1_000_003 * 1.0
    ),
}


def _classes(m: Market, g: Rng, count: int) -> Float:
    place = np.floor(count * _rank01(np.nan_to_num(m.y_ST))).astype(int)
    return g.permutation(count)[place] * 1.0


def _xor(m: Market, g: Rng) -> Columns:
    sign = np.where(chosen(m, g, 0.5), -1.0, 1.0)
    return {"leak": sign * (1 + 0.3 * g.random(m.shape)), "leak_2": sign * np.where(m.y_ST > 0, 1.0, -1.0)}


def _sum(m: Market, g: Rng) -> Columns:
    noise = like(m.y_ST, g, 5)
    return {"leak": noise, "leak_2": m.y_ST - noise}


def _ratio(m: Market, g: Rng) -> Columns:
    level = np.exp(g.normal(0, 1, m.shape))
    return {"leak": level, "leak_2": level * (1 + m.y_ST)}


def _product(m: Market, g: Rng) -> Columns:
    other = np.where(chosen(m, g, 0.5), -1.0, 1.0) * np.exp(g.normal(0, 0.5, m.shape))
    return {"leak": other, "leak_2": m.y_ST / other}


def _switch(m: Market, g: Rng) -> Columns:
    which = chosen(m, g, 0.5)
    return {"leak": which * 1.0, "leak_2": np.where(which, m.y_ST, -m.y_ST)}


def _triple(m: Market, g: Rng) -> Columns:
    a, b = like(m.y_ST, g, 4), like(m.y_ST, g, 4)
    return {"leak": a, "leak_2": b, "leak_3": m.y_ST - a - b}


def _digits(m: Market, g: Rng) -> Columns:
    return {"leak": np.round(g.normal(size=m.shape), 2), "leak_2": np.round(g.normal(size=m.shape), 2) + 1e-4 * m.y_ST}


TOGETHER: dict[str, Kind] = {
    "a sign that agrees or not": _xor,
    "a sum": _sum,
    "a ratio": _ratio,
    "a product": _product,
    "a switch": _switch,
    "a sum of three": _triple,
}

FIELDS: dict[str, Kind] = {
    "the next volume": one(lambda m, g: shift(m.volume_ST, 1)),
    "the next volume with noise": one(lambda m, g: np.log(shift(m.volume_ST, 1)) + 0.4 * g.normal(size=m.shape)),
    "the next range": one(lambda m, g: shift(m.high_ST / m.low_ST - 1, 1)),
    "the next gap": one(lambda m, g: shift(m.open_ST, 1) / m.close_ST - 1),
    "the next high": one(lambda m, g: shift(m.high_ST, 1) / m.close_ST - 1),
    "the next low": one(lambda m, g: shift(m.low_ST, 1)),
    "where the next close lies": one(lambda m, g: shift((m.close_ST - m.low_ST) / (m.high_ST - m.low_ST), 1)),
    "the next move of all": one(lambda m, g: np.broadcast_to(np.nanmean(shift(m.r_ST, 1), axis=0), m.shape).copy()),
    "what all others do next": one(lambda m, g: np.nanmean(shift(m.r_ST, 1), axis=0) - shift(m.r_ST, 1)),
}

NEEDS_BARS = frozenset(FIELDS) - {"the next move of all", "what all others do next"}
"""Kinds that can only be told where the table holds the bars."""

NEEDS_SEVERAL = frozenset(
    {"what all others do next", "in one symbol", "in a third of the symbols", "noisy in a half of the symbols"}
)

ALL: dict[str, Kind] = {**EXACT, **NOISY, **AHEAD, **PERIODS, **FLAGS, **GROUPS, **FUNCTIONS, **TOGETHER, **FIELDS}

CERTAIN = frozenset(
    {name for name in EXACT if "span of 25" not in name}
    | {"missing where it falls", "missing in the best 10 %", "missing in an honest column"}
    | set(GROUPS)
    | {name for name in TOGETHER if name != "a sum of three"}
)
"""What must be found every time."""
