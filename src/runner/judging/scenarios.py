"""What the portfolio would have earned under worse assumptions: the same weights, traded again."""

from collections.abc import Mapping

import numpy as np

from components.contracts import Backtest, Metric
from components.panel import Panel
from components.values import BacktestResult, Float
from runner.compute.decisions import Decided, trade
from runner.compute.pipeline import Executed, Prepared
from runner.compute.stage import Cache, Stage
from runner.judging.metrics import return_metrics
from runner.specification.experiment import Experiment
from runner.storage.formats import ARRAYS


def stressed(experiment: Experiment, prepared: Prepared, executed: Executed, cache: Cache) -> Stage[dict[str, Float]]:
    """assumption -> (T,) net returns per bar, at the bars of the run's backtest; as far as the backtest offers it.

    Nothing is fitted or decided anew.
    """
    return cache.stage(
        stress_returns,
        inputs={"panel": prepared.bars, "decided": executed.decided},
        settings={"backtest": experiment.backtest},
        form=ARRAYS,
        shown="stress",
    )


def stress_returns(panel: Panel, decided: Decided, *, backtest: Backtest) -> dict[str, Float]:
    """assumption -> (T,) net returns."""
    return {name: _returns(trade(panel, decided, backtest=worse)) for name, worse in backtest.worse().items()}


def stress_metrics(
    stress: Mapping[str, Float], metrics: Mapping[str, Metric], bars_per_year: float
) -> dict[str, float]:
    """Figures of the portfolio's net returns under each assumption, as double_costs/sharpe."""
    return {
        f"{worse}/{name}": value
        for worse, returns_T in stress.items()
        for name, value in return_metrics(returns_T, metrics, bars_per_year).items()
    }


def _returns(result: BacktestResult) -> Float:
    returns_T: Float = result.equity["return"].to_numpy(dtype=np.float64)
    return returns_T
