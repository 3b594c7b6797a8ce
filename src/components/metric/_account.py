"""What metrics of an account share.

Shape legend: T bars.
"""

import math

import numpy as np

from components.statistics import performance
from components.values import BacktestResult, Float


def years(account: BacktestResult, bars_per_year: float) -> float:
    """Length of the record: bars with a known return over the bars of a year."""
    return len(performance.known(account.equity["return"].to_numpy(dtype=np.float64))) / bars_per_year


def a_year(amount_T: Float, account: BacktestResult, bars_per_year: float) -> float:
    """Sum of the amounts over the equity of their bar while there is any, per year; NaN for no record."""
    length = years(account, bars_per_year)
    equity_T = account.equity["equity"].to_numpy(dtype=np.float64)
    alive_T = equity_T > 0
    return float(np.sum(amount_T[alive_T] / equity_T[alive_T])) / length if length else math.nan


def costs(account: BacktestResult) -> Float:
    """(T,) currency that was paid in each bar, all kinds of cost together."""
    equity = account.equity
    columns = [equity[name].to_numpy(dtype=np.float64) for name in equity if str(name).startswith("cost_")]
    return np.sum(columns, axis=0) if columns else np.zeros(len(equity))


def traded(account: BacktestResult) -> Float:
    """(T,) currency that was bought or sold in each bar."""
    stamps_T = account.equity["timestamp"].to_numpy()
    traded_T = np.zeros(len(stamps_T))
    if len(account.trades):
        bar = np.searchsorted(stamps_T, account.trades["filled_at"].to_numpy().astype(stamps_T.dtype))
        np.add.at(traded_T, bar, np.abs(account.trades["notional"].to_numpy(dtype=np.float64)))
    return traded_T
