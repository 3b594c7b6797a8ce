"""Time of the backtests beside the slow reference, a plain Python loop over bars and symbols.

Run: PYTHONPATH=tests python tests/benchmarks/backtest.py; prints one JSON line per figure: medians of 15, processor
time of the one thread that works. ratio: value / baseline; bar: the most that ratio may be,
which stands for 8, 12, 40, 45 and 1 ms where the reference takes 1.1 s and 22 ms; ok: it is not more.
"""

import json
import statistics
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from components.accounts.account import Account, Terms, advance, step
from components.backtest._market import open_market
from components.backtest.impact_costs import ImpactCosts
from components.backtest.linear_costs import LinearCosts
from components.values import Float, PriceGrid
from oracles.slow_account import slow_backtest

LINEAR, IMPACT = LinearCosts.examples()[0], ImpactCosts.examples()[0]
TERMS = Terms(**{name: LINEAR[name] for name in Terms.__annotations__})


def market(bars: int, symbols: int, wanted: int) -> tuple[PriceGrid, Float]:
    """Prices, and weights of `wanted` names a day."""
    rng = np.random.default_rng(0)
    close_TS = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, (bars, symbols)), axis=0))
    weights_TS = np.zeros((bars, symbols))
    for t in range(bars):
        weights_TS[t, rng.choice(symbols, wanted, replace=False)] = rng.random() / wanted
    prices = PriceGrid(
        symbols=tuple(f"S{s:03}" for s in range(symbols)),
        timestamps_T=np.datetime64("2015-01-01", "us") + np.arange(bars) * np.timedelta64(1, "D"),
        fields={"close": close_TS, "volume": np.full_like(close_TS, 1e6)},
        bars_per_year=365.25,
    )
    return prices, weights_TS


def as_arrays(prices: PriceGrid, weights_DS: Float) -> None:
    """The account alone: no frames."""
    never_S = np.full(len(prices.symbols), "NaT", dtype="datetime64[us]")
    _, bars = open_market(
        np.arange(len(weights_DS)), weights_DS, prices, lag_bars=1, price="close", impact_TS=None, ended_S=never_S
    )
    advance(TERMS, Account.opened(1e6, len(prices.symbols)), bars)


def one_by_one(prices: PriceGrid, weights_DS: Float) -> None:
    account, close_TS = Account.opened(1e6, len(prices.symbols)), prices.fields["close"]
    for t in range(1, len(close_TS)):
        prices_S = close_TS[t]
        account, _ = step(TERMS, account, years=0.004, close_S=prices_S, fill_S=prices_S, weights_S=weights_DS[t - 1])


def milliseconds(call: Callable[[], object]) -> float:
    started = time.process_time()
    call()
    return 1e3 * (time.process_time() - started)


def main() -> None:
    many, one = market(1_260, 500, 50), market(2_900, 1, 1)
    linear, impact = LinearCosts(**LINEAR), ImpactCosts(**IMPACT)
    frames = {
        case: partial(linear.run, prices.timestamps_T, weights, prices)
        for case, (prices, weights) in {"many": many, "one": one}.items()
    }
    slow = {
        case: partial(slow_backtest, prices.timestamps_T[:-1], weights[:-1], prices, LINEAR)
        for case, (prices, weights) in {"many": many, "one": one}.items()
    }
    figures = {
        "500 symbols x 1260 bars, arrays": ("many", partial(as_arrays, *many), 0.0072),
        "500 symbols x 1260 bars, frames": ("many", frames["many"], 0.0108),
        "500 symbols x 1260 bars, rates of impact": ("many", partial(impact.impact, many[0]), 0.036),
        "500 symbols x 1260 bars, one by one": ("many", partial(one_by_one, *many), 0.04),
        "1 symbol x 2900 bars, frames": ("one", frames["one"], 0.045),
    }
    baseline = {case: milliseconds(call) for case, call in slow.items()}
    for name, (case, call, bar) in figures.items():
        value = statistics.median([milliseconds(call) for _ in range(16)][1:])
        ratio = value / baseline[case]
        line = {
            "name": f"backtest/{name}",
            "value": round(value, 3),
            "unit": "ms",
            "baseline": round(baseline[case], 1),
        }
        print(json.dumps({**line, "ratio": round(ratio, 5), "bar": bar, "ok": ratio <= bar}))


if __name__ == "__main__":
    main()
