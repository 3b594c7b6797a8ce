"""The leak tests of bare tables: planted leaks are named, honest tables do not alarm, whatever the seed."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from components.leaks.examination import examine, examine_table
from components.leaks.examined import Block, Examination
from components.values import Float

ROWS = 900
Table = dict[str, Float]
Rng = np.random.Generator


def block(table: Table, symbol: str = "A") -> Block:
    n = len(next(iter(table.values())))
    days = np.datetime64("2015-01-01") + np.arange(2 * n)
    weekdays = days[(days.astype(np.int64) + 3) % 7 < 5][:n]
    return Block(symbol=symbol, times_T=weekdays.astype("datetime64[us]"), columns=table)


def found(table: Table, target: str, **options: object) -> Examination:
    return examine([block(table)], target=target, **options)


def later(values_T: Float, k: int) -> Float:
    moved_T = np.full(len(values_T), np.nan)
    moved_T[: len(values_T) - k] = values_T[k:]
    return moved_T


def earlier(values_T: Float, k: int) -> Float:
    moved_T = np.full(len(values_T), np.nan)
    moved_T[k:] = values_T[:-k]
    return moved_T


def ema(values_T: Float, span: int) -> Float:
    smooth_T = values_T.copy()
    for t in range(1, len(values_T)):
        smooth_T[t] += (1 - 2 / (span + 1)) * (smooth_T[t - 1] - values_T[t])
    return smooth_T


def mean_of(values_T: Float, first: int, last: int) -> Float:
    """Mean of rows t + first .. t + last, one row at a time."""
    n = len(values_T)
    rows = range(n)
    return np.array(
        [values_T[t + first : t + last + 1].mean() if t + first >= 0 and t + last < n else np.nan for t in rows]
    )


def std_of(values_T: Float, first: int, last: int) -> Float:
    n = len(values_T)
    rows = range(n)
    return np.array(
        [values_T[t + first : t + last + 1].std() if t + first >= 0 and t + last < n else np.nan for t in rows]
    )


def market(rng: Rng, n: int = ROWS) -> Table:
    """GARCH returns with fat tails, a trending price, and honest features of it."""
    shock_T, variance, returns_T = rng.standard_t(5, n) * np.sqrt(0.6), 1e-4, np.zeros(n)
    for t in range(n):
        returns_T[t] = np.sqrt(variance) * shock_T[t]
        variance = 2e-6 + 0.08 * returns_T[t] ** 2 + 0.9 * variance
    close_T = 100 * np.exp(np.cumsum(returns_T + 4e-4))
    return {
        "close": close_T,
        "open": earlier(close_T, 1) * np.exp(rng.normal(0, 0.003, n)),
        "volume": np.exp(rng.normal(15, 0.3, n) + 20 * np.abs(returns_T)),
        "ema_20": ema(close_T, 20),
        "mean_10": mean_of(close_T, -9, 0),
        "mom_5": close_T / earlier(close_T, 5) - 1,
        "rv_22": std_of(returns_T, -21, 0),
    }


def changes(table: Table) -> Float:
    return np.log(table["close"] / earlier(table["close"], 1))


PLANTED: dict[str, tuple[Callable[[Table, Rng], Float], str]] = {
    "next_price": (lambda t, r: later(t["close"], 1), "exact algebra"),
    "next_return_percent": (lambda t, r: 100 * (later(t["close"], 1) / t["close"] - 1), "exact algebra"),
    "reversed_momentum": (lambda t, r: t["close"] / later(t["close"], 5) - 1, "exact algebra"),
    "rounded_return": (lambda t, r: np.round(later(t["close"], 3) / t["close"] - 1, 4), "exact algebra"),
    "up_in_ten": (lambda t, r: np.sign(later(t["close"], 10) - t["close"]), "exact algebra"),
    "forward_volatility": (lambda t, r: std_of(changes(t), 1, 20), "exact algebra"),
    "centred_mean": (lambda t, r: mean_of(t["close"], -5, 5), "centred window"),
    "centred_z": (
        lambda t, r: (t["close"] - mean_of(t["close"], -10, 10)) / std_of(t["close"], -10, 10),
        "centred window",
    ),
    "centred_volatility": (lambda t, r: mean_of(np.abs(changes(t)), -4, 4), "centred window"),
    "backward_ema": (lambda t, r: ema(t["close"][::-1], 10)[::-1], "time-reversed recursion"),
    "slow_backward_ema": (lambda t, r: ema(t["close"][::-1], 200)[::-1], "time-reversed recursion"),
    "week_close": (lambda t, r: np.repeat(t["close"][4::5], 5)[:ROWS], "value of a later row"),
    "top_of_next_ten": (
        lambda t, r: np.array([t["close"][i + 1 : i + 11].max() if i + 10 < ROWS else np.nan for i in range(ROWS)]),
        "value of a later row",
    ),
    "lagged_wrongly": (lambda t, r: later(changes(t), 4), "shifted copy"),
    "noisy_next_return": (lambda t, r: later(changes(t), 1) + r.normal(0, 0.004, ROWS), "future innovations"),
    "noisy_far_return": (lambda t, r: later(changes(t), 7) + r.normal(0, 0.008, ROWS), "future innovations"),
    "reversed_index": (lambda t, r: (changes(t) + r.normal(0, 0.004, ROWS))[::-1], "reverse row order"),
}


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_leak_is_named_and_nothing_else(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = market(rng)
    make, kind = PLANTED[name]
    table[name] = make(table, rng)
    examination = found(table, "close")
    assert {leak.column: (leak.kind, leak.severity) for leak in examination.leaks} == {name: (kind, "leak")}


LABELS: dict[str, Callable[[Table, Float, Rng], Float]] = {
    "copy": lambda t, y, r: 3 * y - 1,
    "ranks": lambda t, y, r: np.exp(20 * y),
    "noisy_copy": lambda t, y, r: y + r.normal(0, 0.3 * np.nanstd(y), ROWS),
}


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", LABELS)
def test_a_column_that_holds_a_label_without_its_price_is_named(name: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = market(rng)
    target = later(table["close"], 1) / table["close"] - 1
    bare = {"label": target, "volume": table["volume"], "rv_22": table["rv_22"], name: LABELS[name](table, target, rng)}
    examination = found(bare, "label")
    assert [leak.column for leak in examination.leaks if leak.severity == "leak"] == [name]
    assert examination.known == "after"


def test_a_column_that_separates_a_direction_is_named() -> None:
    rng = np.random.default_rng(0)
    table = market(rng)
    next_T = later(changes(table), 1)
    table["up"] = np.where(np.isnan(next_T), np.nan, next_T > 0)
    table["gain"] = np.where(next_T > 0, next_T, -0.001)
    leaks = {leak.column: leak.kind for leak in found(table, "up").leaks if leak.severity == "leak"}
    assert "gain" in leaks
    assert set(leaks) == {"gain"}


def asynchronous(rng: Rng) -> Table:
    """A market that opens later follows the earlier one at the next row, with correlation 0.5."""
    first_T, own_T = rng.normal(0, 0.01, ROWS), rng.normal(0, 0.01, ROWS)
    close_T = 100 * np.exp(np.cumsum(0.58 * np.nan_to_num(earlier(first_T, 1)) + own_T))
    return {"close": close_T, "earlier_market": first_T, "its_level": 50 * np.exp(np.cumsum(first_T))}


def trending(rng: Rng) -> Table:
    drift_T = np.linspace(0, 3, ROWS)
    walks = np.exp(np.cumsum(rng.normal(0.002, 0.01, (4, ROWS)), axis=1))
    return {"close": walks[0], "index": walks[1], "gdp": walks[2], "cpi": np.exp(drift_T), "row": np.arange(ROWS) * 1.0}


def volatility_level(rng: Rng) -> Table:
    table = market(rng)
    return table | {"size": np.abs(changes(table)), "vix": 1.2 * ema(np.nan_to_num(table["rv_22"]), 3) + 0.001}


def overlapping(rng: Rng) -> Table:
    table = market(rng)
    return table | {"fwd_20": later(table["close"], 20) / table["close"] - 1, "r": changes(table)}


def overlapping_bare(rng: Rng) -> Table:
    table = overlapping(rng)
    return {name: table[name] for name in ("fwd_20", "mom_5", "r", "rv_22", "volume")}


def forward_volatility(rng: Rng) -> Table:
    table = market(rng)
    r_T = changes(table)
    features = {"rv_22": table["rv_22"], "size": np.abs(r_T), "ewma": ema(np.nan_to_num(r_T) ** 2, 10)}
    return {"fwd_rv": std_of(r_T, 1, 22), **features}


def seasonal(rng: Rng) -> Table:
    day_T = np.arange(ROWS)
    week_T = np.sin(2 * np.pi * day_T / 5) + 0.5 * (day_T % 5 == 0)
    load_T = 100 + 10 * week_T + 5 * np.sin(2 * np.pi * day_T / 252) + np.cumsum(rng.normal(0, 0.3, ROWS))
    return {"load": load_T, "weekday": day_T % 5 * 1.0, "temperature": 20 * week_T + rng.normal(0, 3, ROWS)}


def calendar(rng: Rng) -> Table:
    table, day_T = market(rng), np.arange(ROWS)
    to_earnings_T = 63.0 - day_T % 63
    return table | {"weekday": day_T % 5 * 1.0, "month": day_T // 21 % 12 * 1.0, "to_earnings": to_earnings_T}


def mean_reverting(rng: Rng) -> Table:
    spread_T = np.zeros(ROWS)
    for t in range(1, ROWS):
        spread_T[t] = 0.95 * spread_T[t - 1] + rng.normal()
    return {"spread": spread_T, "z": spread_T / 3, "mean_20": mean_of(spread_T, -19, 0), "other": rng.normal(size=ROWS)}


def monthly_macro(rng: Rng) -> Table:
    table = market(rng)
    steps_T = np.repeat(np.cumsum(rng.normal(0, 1, ROWS // 20 + 1)), 20)[:ROWS]
    return table | {"unemployment": 5 + steps_T / 10, "filled_price": np.repeat(table["close"][::5], 5)[:ROWS]}


def gaps(rng: Rng) -> Table:
    table = market(rng)
    return {
        name: np.where(rng.random(ROWS) < 0.25, np.nan, column_T) if name != "close" else column_T
        for name, column_T in table.items()
    }


def direction(rng: Rng) -> Table:
    table = market(rng)
    next_T = later(changes(table), 1)
    return table | {"up": np.where(np.isnan(next_T), np.nan, next_T > 0), "sign": np.sign(changes(table))}


CLEAN: dict[str, tuple[Callable[[Rng], Table], str]] = {
    "market": (market, "close"),
    "market, volatility": (market, "rv_22"),
    "volatility level": (volatility_level, "rv_22"),
    "a smooth volatility": (volatility_level, "vix"),
    "volume": (market, "volume"),
    "asynchronous": (asynchronous, "close"),
    "trending": (trending, "close"),
    "overlapping": (overlapping, "fwd_20"),
    "overlapping, no price": (overlapping_bare, "fwd_20"),
    "forward volatility": (forward_volatility, "fwd_rv"),
    "seasonal": (seasonal, "load"),
    "calendar": (calendar, "close"),
    "mean reverting": (mean_reverting, "spread"),
    "monthly macro": (monthly_macro, "close"),
    "gaps": (gaps, "close"),
    "direction": (direction, "up"),
    "momentum as a target": (market, "mom_5"),
    "a smooth price": (market, "ema_20"),
    "steps": (monthly_macro, "unemployment"),
    "noise": (lambda rng: {f"x{i}": rng.normal(size=ROWS) for i in range(30)}, "x0"),
    "walks": (lambda rng: {f"x{i}": np.cumsum(rng.normal(size=ROWS)) for i in range(30)}, "x0"),
    "fat tails": (lambda rng: {f"x{i}": rng.standard_cauchy(ROWS) for i in range(30)}, "x0"),
    "few rows": (lambda rng: {f"x{i}": np.cumsum(rng.normal(size=90)) for i in range(30)}, "x0"),
}


@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2, 3))])
@pytest.mark.parametrize("name", CLEAN)
def test_an_honest_table_does_not_alarm(name: str, seed: int) -> None:
    make, target = CLEAN[name]
    assert found(make(np.random.default_rng(seed)), target).leaks == ()


def test_a_leak_in_a_panel_is_named_once_with_its_symbols() -> None:
    tables = [market(np.random.default_rng(seed)) for seed in range(3)]
    for table in tables:
        table["peek"] = later(table["close"], 2) / table["close"] - 1
    examination = examine([block(t, s) for t, s in zip(tables, "ABC", strict=True)], target="close")
    (leak,) = examination.leaks
    assert leak.evidence == (
        "equals close[t+2] / close[t] - 1 up to scale and rounding (R² 1.000000, 898 rows); in 3 of 3 symbols"
    )


def test_what_was_not_examined_is_said() -> None:
    table = market(np.random.default_rng(0)) | {"flat": np.ones(ROWS), "empty": np.full(ROWS, np.nan)}
    assert found(table, "close").skipped == {"flat": "does not vary", "empty": "fewer than 60 values"}


def market_data(name: str) -> Path:
    folder = Path(os.environ.get("ASSAY_DATA") or Path(__file__).parents[3] / "shared" / "data")
    path = folder / name
    if not path.is_file():
        pytest.skip(f"{path} is not there; set ASSAY_DATA to the folder of the market data")
    return path


def examined_file(name: str, target: str, symbols: int | None = None) -> Examination:
    from runner.leaks.table import load_table

    table, _ = load_table(market_data(name), time="timestamp", symbol="symbol", target=target)
    if symbols is not None:
        table = table.of_symbols(np.arange(len(table.symbols)) < symbols)
    return examine_table(table, target=target)


LOCAL = ("mom", "mom1", "mom2", "mom3", "ROC_5", "ROC_10", "ROC_15", "ROC_20", "EMA_10", "EMA_20", "EMA_50", "EMA_200")


@pytest.mark.slow
def test_the_published_samba_table_leaks_by_name() -> None:
    leaks = {leak.column: leak for leak in examined_file("samba_published_daily.parquet", "Price").leaks}
    assert set(LOCAL) <= set(leaks)
    assert all(leaks[name].evidence.endswith("in 3 of 3 symbols") for name in LOCAL)
    assert {leaks[name].kind for name in ("EMA_10", "EMA_200")} == {"time-reversed recursion"}
    in_reverse = {"DJI", "GSPC", "NYSE", "RUT", "S&P-F", "JPM", "FTSE"}
    assert {leaks[name].kind for name in in_reverse} == {"reverse row order"}
    assert "weekday" not in leaks


@pytest.mark.parametrize(
    ("name", "target", "symbols"),
    [
        pytest.param("samba_repaired_daily.parquet", "Price", 1, marks=pytest.mark.slow),
        pytest.param("cnnpred_daily.parquet", "Close", 2, marks=pytest.mark.slow),
        ("vix_daily.parquet", "close", None),
        ("us_large_cap_daily.parquet", "close", 8),
        ("us_etf_daily.parquet", "close", None),
        ("fx_metal_index_daily.parquet", "close", 4),
    ],
)
def test_honest_market_data_does_not_alarm(name: str, target: str, symbols: int | None) -> None:
    assert examined_file(name, target, symbols).leaks == ()
