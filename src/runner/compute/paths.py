"""Which of several histories of test forecasts is judged.

A split may test every time more than once (combinatorial purged cross-validation): its test forecasts then make
several paths through the same history. To count a row once for every path would make figures look surer than they
are, and the best path is luck: one path is judged, the one whose account has the median Sharpe ratio.

Shape legend: M forecast rows.
"""

from collections.abc import Sequence

import numpy as np

from components.statistics.sharpe import sharpe_ratio
from components.values import BacktestResult, Fold
from runner.compute.forecast import Forecasts


def path_numbers(folds: Sequence[Fold]) -> range:
    """1 .. P."""
    return range(1, 1 + max(path for fold in folds for path in fold.span.paths))


def on_path(forecasts: Forecasts, path: int) -> Forecasts:
    """All validation forecasts, and the test forecasts of one path."""
    return forecasts.take(np.isin(forecasts.path_M, (0, path)))


def median_path(accounts: Sequence[BacktestResult]) -> int:
    """The number, from 1, of the path whose account has the median Sharpe ratio; of an even number of paths the worse
    one in the middle. An account that never moved counts as 0."""
    sharpe_P = np.nan_to_num(path_sharpes(accounts, periods=1.0), posinf=np.inf, neginf=-np.inf)
    return int(np.argsort(sharpe_P, kind="stable")[(len(accounts) - 1) // 2]) + 1


def path_sharpes(accounts: Sequence[BacktestResult], *, periods: float) -> list[float]:
    """Sharpe ratio of each path's account, a year of so many periods."""
    return [sharpe_ratio(account.equity["return"].to_numpy(dtype=np.float64), periods) for account in accounts]
