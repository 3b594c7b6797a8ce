"""Of several paths through one history the median one is judged, and every row of it once."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.statistics.sharpe import sharpe_ratio
from components.values import BacktestResult
from runner.composition.configure import configure
from runner.compute import pipeline
from runner.compute.paths import median_path, on_path, path_numbers, path_sharpes
from runner.console import Console
from runner.specification.places import Places


def account(returns: list[float]) -> BacktestResult:
    return BacktestResult(
        equity=pd.DataFrame({"return": returns}), trades=pd.DataFrame(), holdings_TS=np.zeros((len(returns), 1))
    )


@given(st.lists(st.lists(st.sampled_from([-0.01, 0.0, 0.01, 0.02]), min_size=5, max_size=5), min_size=1, max_size=9))
def test_the_path_in_the_middle(paths: list[list[float]]) -> None:
    """As many paths are at least as good as are at most as good; of two in the middle it is the worse one."""
    chosen = median_path([account(returns) for returns in paths])
    sharpes = [sharpe_ratio(np.array(returns), 1.0) for returns in paths]
    known = [0.0 if np.isnan(sharpe) else sharpe for sharpe in sharpes]
    assert known[chosen - 1] == sorted(known)[(len(known) - 1) // 2]


def test_sharpe_ratios_are_those_of_a_year() -> None:
    (found,) = path_sharpes([account([0.01, -0.005, 0.02])], periods=252.0)
    returns = np.array([0.01, -0.005, 0.02])
    assert found == pytest.approx(returns.mean() / returns.std(ddof=1) * np.sqrt(252))


def test_a_run_is_judged_on_one_path(tmp_path: Path) -> None:
    experiment, _ = configure(
        ["+experiment=sp500_volatility", "model=ridge", "split=combinatorial_purged", "split.n_groups=4"]
    )
    cache = pipeline.open_cache(Places(outputs=tmp_path), Console(io.StringIO()))
    prepared = pipeline.prepare(experiment, cache)
    executed = pipeline.execute(experiment, prepared, cache)
    everything, found = executed.calibrated.value, executed.forecasts
    ready = np.unique(everything.row_M[everything.is_test_M])
    assert list(path_numbers(prepared.folds)) == [1, 2, 3]
    assert everything.is_test_M.sum() == 3 * len(ready)
    for path in (1, 2, 3):
        one = on_path(everything, path)
        assert sorted(one.row_M[one.is_test_M].tolist()) == ready.tolist()
        assert (~one.is_test_M).sum() == (~everything.is_test_M).sum()
    sharpes = path_sharpes([each.traded.value for each in executed.paths], periods=1.0)
    judged = int(np.argsort(sharpes)[1]) + 1
    assert len(set(sharpes)) == 3
    expected = on_path(everything, judged)
    np.testing.assert_array_equal(found.row_M, expected.row_M)
    np.testing.assert_array_equal(found.forecast_M, expected.forecast_M)
    for rival in executed.baselines.values():
        np.testing.assert_array_equal(rival.row_M, found.row_M)
    pd.testing.assert_frame_equal(executed.backtest.equity, executed.paths[judged - 1].traded.value.equity)
