"""Made-up markets of many shapes, and tables of honest columns on them: what leaks are planted in.

Arrays are (S, T): symbols, times. A world is a function of a seed and nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from components.leaks.layout import Table
from components.values import Float, Time

Rng = np.random.Generator
Columns = dict[str, Float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Market:
    """y_ST: the label, NaN where it is not known; horizon: rows that it spans; target: its name."""

    open_ST: Float
    high_ST: Float
    low_ST: Float
    close_ST: Float
    volume_ST: Float
    times_T: Time
    y_ST: Float
    horizon: int
    target: str
    extra: Columns = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        return self.close_ST.shape

    @property
    def r_ST(self) -> Float:
        return self.close_ST / shift(self.close_ST, -1) - 1


def shift(x_ST: Float, rows: int) -> Float:
    """The value so many rows later (earlier where negative)."""
    moved = np.full(x_ST.shape, np.nan)
    if rows > 0:
        moved[:, :-rows] = x_ST[:, rows:]
    elif rows < 0:
        moved[:, -rows:] = x_ST[:, :rows]
    else:
        moved[:] = x_ST
    return moved


def window(x_ST: Float, first: int, last: int, how: Callable[..., Float] = np.mean) -> Float:
    """`how` over rows t + first .. t + last."""
    return how(np.stack([shift(x_ST, k) for k in range(first, last + 1)]), axis=0)


def ema(x_ST: Float, span: float) -> Float:
    smooth = np.nan_to_num(x_ST)
    for t in range(1, x_ST.shape[1]):
        smooth[:, t] = smooth[:, t - 1] + 2 / (span + 1) * (smooth[:, t] - smooth[:, t - 1])
    return smooth


def times(shape: str, count: int) -> Time:
    if shape == "daily":
        days = np.datetime64("2012-01-02") + np.arange(2 * count)
        return days[(days.astype(np.int64) + 3) % 7 < 5][:count].astype("datetime64[us]")
    step = {"hourly": 60, "minutes": 1}[shape]
    return np.datetime64("2020-03-02T00:00", "us") + np.arange(count) * np.timedelta64(step * 60_000_000, "us")


def market(
    rng: Rng, *, symbols: int, rows: int, shape: str = "daily", label: str = "return", horizon: int = 1, tick: float = 0
) -> Market:
    """Returns with a common part and volatility in clusters; tick: of the price grid, in spreads of one move."""
    scale = {"daily": 0.015, "hourly": 0.004, "minutes": 0.0008}[shape]
    log_variance = np.zeros((symbols, rows))
    for t in range(1, rows):
        log_variance[:, t] = 0.96 * log_variance[:, t - 1] + rng.normal(0, 0.2, symbols)
    spread = scale * np.exp(log_variance / 2)
    shocks = 0.5 * rng.standard_t(5, rows) * np.sqrt(0.6) + 0.87 * rng.standard_t(5, (symbols, rows)) * np.sqrt(0.6)
    close = rng.uniform(20, 200, (symbols, 1)) * np.exp(np.cumsum(spread * shocks, axis=1))
    if tick:
        close = np.maximum(np.round(close / (tick * scale * 60)), 1) * tick * scale * 60
    opening = shift(close, -1) * np.exp(rng.normal(0, 0.3, close.shape) * spread)
    opening[:, 0] = close[:, 0]
    high = np.maximum(opening, close) * np.exp(np.abs(rng.normal(0, 0.5, close.shape)) * spread)
    low = np.minimum(opening, close) * np.exp(-np.abs(rng.normal(0, 0.5, close.shape)) * spread)
    volume = np.round(1e6 * np.exp(ema(rng.normal(0, 0.8, close.shape), 6) + 0.4 * log_variance))
    y = _label(label, horizon, close, high, low)
    return Market(
        open_ST=opening,
        high_ST=high,
        low_ST=low,
        close_ST=close,
        volume_ST=volume,
        times_T=times(shape, rows),
        y_ST=y,
        horizon=horizon,
        target="close" if label == "level" else "label",
    )


def _label(label: str, horizon: int, close: Float, high: Float, low: Float) -> Float:
    grown = shift(close, horizon) / close - 1
    if label == "direction":
        return np.where(np.isnan(grown), np.nan, grown > 0)
    if label == "log":
        return np.log1p(grown)
    if label == "volatility":
        return np.log(window((close / shift(close, -1) - 1) ** 2, 1, horizon) + 1e-12)
    if label == "range":
        return np.log(window(high / low - 1, 1, horizon))
    if label == "rank":
        order = np.argsort(np.argsort(grown, axis=0), axis=0) / max(len(close) - 1, 1)
        return np.where(np.isnan(grown), np.nan, order)
    return grown


def honest(m: Market, rng: Rng) -> Columns:
    """What a careful user would have."""
    r, size = m.r_ST, np.abs(m.r_ST)
    weekday = (m.times_T.astype("datetime64[D]").astype(np.int64) + 3) % 7
    return {
        "mom_5": m.close_ST / shift(m.close_ST, -5) - 1,
        "mom_20": m.close_ST / shift(m.close_ST, -20) - 1,
        "gap_ema": m.close_ST / ema(m.close_ST, 12) - 1,
        "rv_20": np.sqrt(window(r**2, -19, 0)),
        "ewma": np.sqrt(ema(r**2, 10)),
        "volume_ratio": m.volume_ST / window(m.volume_ST, -19, 0),
        "range": m.high_ST / m.low_ST - 1,
        "clv": (m.close_ST - m.low_ST) / (m.high_ST - m.low_ST),
        "last": r,
        "size": size,
        "weekday": np.broadcast_to(weekday * 1.0, m.shape).copy(),
        "market": np.broadcast_to(np.nanmean(r, axis=0), m.shape).copy(),
        "noise": rng.normal(size=m.shape),
        "walk": np.cumsum(rng.normal(size=m.shape), axis=1),
        "place": (m.close_ST - window(m.low_ST, -19, 0, np.min))
        / (window(m.high_ST, -19, 0, np.max) - window(m.low_ST, -19, 0, np.min)),
    }


def table(m: Market, columns: Columns, *, priced: bool, rng: Rng | None = None, holes: float = 0.0) -> Table:
    """The columns with the label; priced: with open, high, low, close and volume; holes: share of rows left out."""
    symbols, rows = m.shape
    shown = dict(columns)
    if m.target == "label":
        shown["label"] = m.y_ST
    if priced or m.target == "close":
        bars = {"open": m.open_ST, "high": m.high_ST, "low": m.low_ST, "close": m.close_ST, "volume": m.volume_ST}
        shown |= bars
    keep = np.ones((symbols, rows), dtype=bool)
    if holes and rng is not None:
        keep = rng.random((symbols, rows)) >= holes
    kept = keep.ravel()
    return Table(
        symbols=tuple(f"S{s:02d}" for s in range(symbols)),
        offsets=np.concatenate([[0], np.cumsum(keep.sum(axis=1))]),
        times_R=np.tile(m.times_T, symbols)[kept],
        columns={name: np.ascontiguousarray(x_ST, dtype=np.float64).ravel()[kept] for name, x_ST in shown.items()},
    )


WORLDS: dict[str, tuple[Callable[[Rng], Market], bool]] = {
    "panel, daily, without a price": (lambda g: market(g, symbols=12, rows=700), False),
    "panel, daily, with prices": (lambda g: market(g, symbols=12, rows=700), True),
    "one symbol, daily, without a price": (lambda g: market(g, symbols=1, rows=2500), False),
    "one symbol, five days, with prices": (lambda g: market(g, symbols=1, rows=2500, horizon=5), True),
    "panel, five days, without a price": (lambda g: market(g, symbols=8, rows=900, horizon=5), False),
    "hourly, without a price": (lambda g: market(g, symbols=3, rows=2400, shape="hourly"), False),
    "close itself": (lambda g: market(g, symbols=2, rows=1500, label="level"), True),
}
