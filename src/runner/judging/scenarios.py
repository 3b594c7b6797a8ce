"""What the portfolio would have earned under worse assumptions: the same weights, traded again."""

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from components.contracts import Backtest, Metric
from components.values import Float, PriceGrid, Stress
from runner.compute.decisions import price_grid
from runner.compute.identity import keyed
from runner.compute.pipeline import Cache, Executed, Prepared
from runner.judging.metrics import return_metrics
from runner.specification.experiment import Experiment
from runner.storage.formats import ARRAYS
from runner.storage.keys import code_fingerprint, stage_key


def stressed(
    experiment: Experiment, config: Mapping[str, Any], prepared: Prepared, executed: Executed, cache: Cache
) -> dict[Stress, Float]:
    """assumption -> (T,) net returns per bar, at the bars of the run's backtest; as far as the backtest offers it.

    Nothing is fitted or decided anew; the result is kept in the store under weights, prices and costs.
    """
    worse = experiment.backtest.worse()
    if not worse:
        return {}

    def traded() -> dict[str, Float]:
        prices = price_grid(prepared.panel, experiment.backtest.fields())
        return {name: _returns(backtest, executed, prices) for name, backtest in worse.items()}

    weights = hashlib.sha256(executed.decided_D.tobytes() + executed.weights_DS.tobytes()).hexdigest()
    code = code_fingerprint(type(experiment.backtest))
    key = stage_key("stress", keyed(config["backtest"]), code, [weights, prepared.panel.fingerprint])
    found = cache.stored("stress", "stress", key, traded, ARRAYS)
    return {name: found[name] for name in worse}


def stress_metrics(
    stress: Mapping[Stress, Float], metrics: Mapping[str, Metric], bars_per_year: float
) -> dict[str, float]:
    """Figures of the portfolio's net returns under each assumption, as double_costs/sharpe."""
    return {
        f"{worse}/{name}": value
        for worse, returns_T in stress.items()
        for name, value in return_metrics(returns_T, metrics, bars_per_year).items()
    }


def _returns(backtest: Backtest, executed: Executed, prices: PriceGrid) -> Float:
    equity = backtest.run(executed.decided_D, executed.weights_DS, prices).equity
    returns_T: Float = equity["return"].to_numpy(dtype=np.float64)
    return returns_T
