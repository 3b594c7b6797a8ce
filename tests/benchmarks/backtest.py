"""Time of the backtests on 2,500 bars x 500 symbols, beside a plain Python loop over bars and symbols.

Run: python tests/benchmarks/backtest.py; prints one JSON line per figure. bar: most seconds per million
bar-symbols; ok: the value is below it.
"""

import json
import time

import numpy as np
import pandas as pd

from components.backtest.impact_costs import ImpactCosts
from components.backtest.linear_costs import LinearCosts
from components.values import PriceGrid

BARS, SYMBOLS, LOOP_BARS = 2_500, 500, 100
BAR_SECONDS = 0.9


def market():
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, (BARS, SYMBOLS)), axis=0))
    stamps = pd.bdate_range("2010-01-01", periods=BARS).to_numpy().astype("datetime64[us]")
    prices = PriceGrid(
        symbols=tuple(f"S{s:03}" for s in range(SYMBOLS)),
        timestamps_T=stamps,
        fields={"close": close, "open": close, "volume": np.full_like(close, 1e6)},
        bars_per_year=261.0,
    )
    return prices, rng.dirichlet(np.ones(SYMBOLS), BARS)


def plain_loop(prices, weights, cost_bps):
    """Seconds of the same bookkeeping (fills at the close, commission, trades) one symbol at a time."""
    close = prices.fields["close"].tolist()
    started = time.perf_counter()
    cash, units, trades = 1e6, [0.0] * SYMBOLS, []
    for t in range(1, LOOP_BARS):
        equity = cash + sum(u * p for u, p in zip(units, close[t], strict=True))
        target = weights[t - 1].tolist()
        for s, price in enumerate(close[t]):
            quantity = target[s] * equity / price - units[s]
            cash -= quantity * price + abs(quantity * price) * cost_bps * 1e-4
            units[s] += quantity
            trades.append((t, prices.symbols[s], quantity, price, quantity * price))
    pd.DataFrame(trades, columns=["bar", "symbol", "quantity", "price", "notional"])
    return time.perf_counter() - started


def main():
    prices, weights = market()
    baseline = plain_loop(prices, weights, 5.0) / (LOOP_BARS * SYMBOLS / 1e6)
    for cls in (LinearCosts, ImpactCosts):
        backtest = cls(**cls.examples()[0])
        seconds = []
        for _ in range(3):
            started = time.perf_counter()
            backtest.run(prices.timestamps_T, weights, prices)
            seconds.append(time.perf_counter() - started)
        value = min(seconds) / (BARS * SYMBOLS / 1e6)
        line = {
            "name": f"backtest/{cls.__name__}",
            "value": round(value, 4),
            "unit": "s per million bar-symbols",
            "baseline": round(baseline, 4),
            "ratio": round(value / baseline, 3),
            "bar": BAR_SECONDS,
            "ok": value < BAR_SECONDS,
        }
        print(json.dumps(line))


if __name__ == "__main__":
    main()
