"""What every run finds out for its gates: the market's returns, and a real run's evidence against its tables."""

import io
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.panel import Panel
from runner.composition.configure import configure
from runner.compute import pipeline
from runner.compute.stage import Given
from runner.console import Console
from runner.judging.evidence import complete, gather, market_returns
from runner.judging.tries import alone
from runner.report.description import forecast_frame
from runner.specification.places import Places

DAYS = np.datetime64("2020-01-01", "us") + np.arange(40) * np.timedelta64(1, "D")


def ragged(seed: int, n_symbols: int, field: str = "close") -> Panel:
    """Symbols that begin late, end early and miss days, some with a price missing."""
    rng = np.random.default_rng(seed)
    stamps, prices, lengths = [], [], []
    for _ in range(n_symbols):
        start, end = rng.integers(0, 8), 40 - rng.integers(0, 8)
        own = DAYS[start:end][rng.random(end - start) > 0.2]
        price = 50 * np.exp(np.cumsum(rng.normal(0, 0.02, len(own))))
        price[rng.random(len(own)) < 0.1] = np.nan
        stamps.append(own)
        prices.append(price)
        lengths.append(len(own))
    return Panel(
        symbols=tuple(f"S{i}" for i in range(n_symbols)),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        timestamps_R=np.concatenate(stamps),
        fields={field: np.concatenate(prices)},
    )


def slowly(panel: Panel, stamps, field: str):
    """Bar by bar, symbol by symbol."""
    dates = list(panel.dates_T)
    price = {
        (symbol, stamp): value
        for symbol, stamp, value in zip(panel.symbol_codes_R, panel.timestamps_R, panel.fields[field], strict=True)
        if np.isfinite(value)
    }
    for stamp in stamps:
        place = dates.index(stamp)
        changes = [
            price[s, stamp] / price[s, dates[place - 1]] - 1
            for s in range(len(panel.symbols))
            if place and (s, stamp) in price and (s, dates[place - 1]) in price
        ]
        yield sum(changes) / len(changes) if changes else 0.0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 5), st.integers(0, 25))
def test_market_returns_are_the_mean_change_of_those_with_both_prices(seed: int, n_symbols: int, first: int) -> None:
    panel = ragged(seed, n_symbols)
    stamps = panel.dates_T[first:]
    found = market_returns(panel, stamps, ("open",))
    np.testing.assert_allclose(found, list(slowly(panel, stamps, "close")), rtol=1e-12, atol=1e-15)


def test_they_do_not_depend_on_the_unit_of_the_stamps_or_on_later_bars() -> None:
    panel = ragged(3, 4)
    stamps = panel.dates_T[5:20]
    whole = market_returns(panel, stamps, ("close",))
    assert market_returns(panel, stamps.astype("datetime64[ns]"), ("close",)).tobytes() == whole.tobytes()
    assert market_returns(panel.before(panel.dates_T[20]), stamps, ("close",)).tobytes() == whole.tobytes()


def test_without_a_close_the_first_field_of_the_backtest_counts() -> None:
    panel = ragged(1, 2, field="value")
    found = market_returns(panel, panel.dates_T, ("value", "other"))
    np.testing.assert_allclose(found, list(slowly(panel, panel.dates_T, "value")), atol=1e-15)
    assert found.any()


def test_the_first_bar_of_all_has_no_return() -> None:
    panel = ragged(2, 3)
    assert market_returns(panel, panel.dates_T[:1], ("close",)).tolist() == [0.0]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    cache = pipeline.open_cache(Places(outputs=tmp_path_factory.mktemp("evidence")), Console(io.StringIO()))
    experiment, _ = configure(("+experiment=us20_momentum", "debug=fast", "model=ridge", "seed=3"))
    prepared = pipeline.prepare(experiment, cache)
    executed = pipeline.execute(experiment, prepared, cache)
    return SimpleNamespace(
        cache=cache,
        experiment=experiment,
        prepared=prepared,
        executed=executed,
        gathered=(gathered := gather(experiment, prepared, executed, cache)),
        evidence=gathered.evidence.value,
    )


def test_evidence_is_what_the_tables_say(run) -> None:
    evidence, frame = run.evidence, forecast_frame(run.prepared, run.executed)
    for span in ("valid", "test"):
        scored = getattr(evidence, span)
        known = frame[(frame["span"] == span) & frame["target"].notna()].sort_values(["timestamp", "symbol"])
        np.testing.assert_array_equal(scored.timestamps_M, known["timestamp"].to_numpy())
        np.testing.assert_array_equal(scored.forecast_M, known["forecast"].to_numpy())
        np.testing.assert_array_equal(scored.target_M, known["target"].to_numpy())
        np.testing.assert_array_equal(scored.fold_M, known["fold"].to_numpy())
        assert set(scored.baselines) == set(run.experiment.baselines)
    assert (evidence.kind, evidence.seed) == (run.experiment.target.kind, 3)
    assert evidence.horizon_bars == run.prepared.labels.horizon_bars
    assert evidence.metrics["test/mse"] == pytest.approx(
        np.mean((evidence.test.forecast_M - evidence.test.target_M) ** 2)
    )


def test_returns_benchmark_and_market_stand_at_the_bars_of_the_backtest(run) -> None:
    evidence, equity = run.evidence, run.executed.backtest.equity
    np.testing.assert_array_equal(evidence.stamps_T, equity["timestamp"].to_numpy())
    np.testing.assert_array_equal(evidence.returns_T, equity["return"].to_numpy())
    np.testing.assert_array_equal(evidence.benchmark_T, run.executed.benchmark.equity["return"].to_numpy())
    assert len(evidence.market_T) == len(evidence.stamps_T)
    panel = run.prepared.panel
    np.testing.assert_allclose(evidence.market_T, list(slowly(panel, evidence.stamps_T, "close")), atol=1e-15)


def test_what_no_gate_asks_for_is_not_found_out(run) -> None:
    experiment = replace(run.experiment, gates=replace(run.experiment.gates, checks={}))
    evidence, cache = run.evidence, run.cache
    before = len(cache.times)
    # The leak tests are made in every run.
    tries = Given(key="alone", value=alone(evidence))
    whole = complete(run.gathered, experiment, run.prepared, run.executed, cache, tries).value
    assert [stage["name"] for stage in cache.times[before:]] == ["leak tests"]
    assert whole.trials is not None
    assert whole.trials.count == 1
    assert whole.scenarios == {}
    assert whole.leaks is not None
    assert whole.certificate is whole.vault is None
    assert whole.metrics == evidence.metrics
