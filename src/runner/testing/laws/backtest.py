"""Laws of backtests: books that balance, no fill before its time, and costs that only cost."""

from dataclasses import replace
from typing import Any

import numpy as np

from components.contracts import Backtest
from components.values import BacktestResult, Float, PriceGrid, Time
from runner.testing.data import prices, same, snapshot
from runner.testing.law import law, require

BARS = 40


def _case(backtest: Backtest, *, seed: int = 0, holes: float = 0.1) -> tuple[Time, Float, PriceGrid]:
    """A decision on every bar, long and short, on prices with missing bars."""
    grid = prices(backtest.fields(), seed=seed, length=BARS, holes=holes)
    weights_DS = np.random.default_rng(seed + 1).normal(0, 0.3, (BARS, len(grid.symbols)))
    return grid.timestamps_T, weights_DS, grid


def _costs(result: BacktestResult) -> Float:
    names = [name for name in result.equity.columns if name.startswith("cost_")]
    return np.asarray(result.equity[names].sum(axis=1))


@law
def identities(backtest: Backtest) -> None:
    """Equity is cash and what is held, returns are its changes, and trades explain the holdings."""
    decided, weights, grid = _case(backtest)
    result = backtest.run(decided, weights, grid)
    equity = result.equity
    total = equity["cash"].to_numpy() + equity["positions_value"].to_numpy()
    require(np.allclose(total, equity["equity"], rtol=1e-9), "cash and positions do not sum to equity")
    change_T = equity["equity"].to_numpy()[1:] / equity["equity"].to_numpy()[:-1] - 1
    require(np.allclose(equity["return"].to_numpy()[1:], change_T, atol=1e-12), "returns are not the changes of equity")
    held_S = [result.trades.loc[result.trades["symbol"] == symbol, "quantity"].sum() for symbol in grid.symbols]
    require(
        np.allclose(held_S, result.holdings_TS[-1], rtol=1e-6, atol=1e-6),
        "trades do not explain what is held at the end",
    )
    require((_costs(result) >= 0).all(), "a cost is negative")


@law
def no_seen_bar(backtest: Backtest) -> None:
    """A fill comes execution_lag_bars after its decision, 1 at least: a price that was seen cannot be traded at."""
    require(
        backtest.execution_lag_bars >= 1, "execution_lag_bars is below 1: it would trade at prices that it has seen"
    )
    decided, weights, grid = _case(backtest)
    trades = backtest.run(decided, weights, grid).trades
    ordered = trades[trades["cause"] == "order"] if "cause" in trades.columns else trades
    times = list(grid.timestamps_T)
    waits = [
        times.index(np.datetime64(filled, "us")) - times.index(np.datetime64(made, "us"))
        for made, filled in zip(ordered["decided_at"], ordered["filled_at"], strict=True)
    ]
    require(len(waits), "it trades nothing")
    require(min(waits) >= 1, "an order is filled on the bar on which it was decided, or before")
    require(set(waits) == {backtest.execution_lag_bars}, "an order is not filled execution_lag_bars after its decision")


@law
def no_hindsight(backtest: Backtest) -> None:
    """Without the bars after a time, everything up to it is the same."""
    decided, weights, grid = _case(backtest)
    whole = backtest.run(decided, weights, grid)
    end = BARS - 12
    past = replace(
        grid,
        timestamps_T=grid.timestamps_T[:end],
        fields={name: values_TS[:end] for name, values_TS in grid.fields.items()},
        ended_S=backtest.endings(grid),
    )
    part = backtest.run(decided[:end], weights[:end], past)
    same_equity = np.allclose(part.equity["equity"], whole.equity["equity"][:end], rtol=1e-12)
    require(same_equity and np.allclose(part.holdings_TS, whole.holdings_TS[:end]), "the past depends on later bars")


@law
def costs_cost(backtest: Backtest) -> None:
    """More cost never earns more, and nothing traded costs nothing."""
    decided, weights, grid = _case(backtest)
    flat = backtest.run(decided, np.zeros_like(weights), grid)
    require(not _costs(flat).any() and not len(flat.trades), "weights of 0 trade, or cost something")
    ends = []
    for factor in (1.0, 2.0, 5.0):
        costlier = backtest.costlier(factor)
        if costlier is None:
            return
        ends.append(float(costlier.run(decided, weights, grid).equity["equity"].iloc[-1]))
    require(ends[0] >= ends[1] >= ends[2], "the account ends with more when every cost is higher")


@law
def later_fills(backtest: Backtest) -> None:
    """With fills some bars later, orders wait as many bars more, or it says that it cannot."""
    later: Any = backtest.later(2)
    require(
        later is None or later.execution_lag_bars == backtest.execution_lag_bars + 2,
        "later(2) does not add 2 bars to the lag",
    )


@law
def missing_prices(backtest: Backtest) -> None:
    """Bars that are missing leave equity finite, and nothing is filled on them."""
    decided, weights, grid = _case(backtest, holes=0.4)
    result = backtest.run(decided, weights, grid)
    require(np.isfinite(result.equity["equity"]).all(), "with missing prices equity is not finite")
    ordered = result.trades[result.trades["cause"] == "order"] if "cause" in result.trades.columns else result.trades
    rows = np.searchsorted(grid.timestamps_T, ordered["filled_at"].to_numpy().astype("datetime64[us]"))
    places = [grid.symbols.index(symbol) for symbol in ordered["symbol"]]
    require(np.isfinite(grid.fields["close"][rows, places]).all(), "an order is filled on a bar that there is not")


@law
def pure(backtest: Backtest) -> None:
    """Same arguments, same account; neither weights nor prices are changed."""
    decided, weights, grid = _case(backtest)
    before = snapshot(weights, grid)
    one, other = backtest.run(decided, weights, grid), backtest.run(decided, weights, grid)
    require(before == snapshot(weights, grid), "it changes the weights or the prices that it is given")
    require(same(one.equity["equity"], other.equity["equity"]), "the same weights earn something else the second time")
