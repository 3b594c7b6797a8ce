"""Symbols whose bars end: the backtest knows of an end on the bar after the last, and of nothing else to come."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leakage.corpus import FEATURES, RETURNS, market, overrides_for, written
from runner.composition.configure import configure
from runner.compute import pipeline
from runner.console import Console
from runner.leaks.future import _backtest
from runner.leaks.static import static
from runner.leaks.subject import Subject
from runner.promotion import vault
from runner.specification.places import Places

HAIRCUT = ["portfolio=proportional", "backtest.delisting_haircut=0.4", "backtest.cost_bps=5"]


def with_end(frame: pd.DataFrame, symbol: str, last: str) -> pd.DataFrame:
    return frame[(frame["symbol"] != symbol) | (frame["date"] <= last)]


def with_halt(frame: pd.DataFrame, symbol: str, first: str, last: str) -> pd.DataFrame:
    return frame[(frame["symbol"] != symbol) | (frame["date"] < first) | (frame["date"] > last)]


@pytest.fixture(scope="module")
def subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    folder = tmp_path_factory.mktemp("delisted")
    frame = with_halt(with_end(market(4), "S1", "2016-10-14"), "S2", "2016-10-03", "2016-10-21")
    frame = with_end(frame, "S3", "2016-10-25")
    experiment, _ = configure([*RETURNS, *HAIRCUT, *overrides_for(written(frame, folder), FEATURES)])
    cache = pipeline.open_cache(Places(outputs=folder / "outputs"), Console(io.StringIO()))
    prepared = pipeline.prepare(experiment, cache)
    executed = pipeline.execute(experiment, prepared, cache)
    return Subject(experiment=experiment, prepared=prepared, executed=executed)


def test_ends_are_closed_and_the_halt_is_not(subject: Subject) -> None:
    trades = subject.executed.backtest.trades
    closed = trades[trades["cause"] == "delisting"]
    assert closed["symbol"].tolist() == ["S1", "S3"]
    assert closed["filled_at"].dt.strftime("%Y-%m-%d").tolist() == ["2016-10-17", "2016-10-26"]
    assert subject.executed.backtest.equity["delisted"].sum() == 2


@pytest.mark.parametrize("how", ["cut", "poison"])
def test_no_bar_knows_of_a_later_one(subject: Subject, how: str) -> None:
    times = subject.executed.backtest.equity["timestamp"].to_numpy()
    first = int(np.searchsorted(times, np.datetime64("2016-09-29")))
    found = [finding for place in range(first, first + 24) for finding in _backtest(subject, how, place)]
    assert found == []


def test_what_no_order_caused_is_not_too_early(subject: Subject) -> None:
    assert list(static(subject)) == []


def test_an_end_in_the_vault(tmp_path: Path) -> None:
    frame = with_end(market(3), "S1", "2017-06-30")
    chosen = [*RETURNS, *HAIRCUT, "split.vault_start=2017-04-03", *overrides_for(written(frame, tmp_path), FEATURES)]
    experiment, _ = configure(chosen)
    cache = pipeline.open_cache(Places(outputs=tmp_path / "outputs"), Console(io.StringIO()))
    prepared = pipeline.prepare(experiment, cache)
    everything = vault.prepare_all(experiment, cache)
    fold = vault.vault_fold(experiment, prepared, everything)
    within = pipeline.with_folds(everything, (fold,))
    found = pipeline.execute(experiment, within, cache).backtest
    closed = found.trades[found.trades["cause"] == "delisting"]
    assert closed["symbol"].tolist() == ["S1"]
    assert closed["filled_at"].dt.strftime("%Y-%m-%d").tolist() == ["2017-07-03"]
    assert not pipeline.execute(experiment, prepared, cache).backtest.equity["delisted"].any()


@pytest.fixture(scope="module")
def ruined(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """An account at four times its equity in a market that halves and doubles in a day."""
    folder = tmp_path_factory.mktemp("ruined")
    frame = market(2)
    wild = frame["date"].isin(pd.bdate_range("2016-11-01", "2016-11-30"))
    swing = np.where(np.arange(len(frame)) % 2 == 0, 1.6, 1 / 1.6)
    for name in ("open", "high", "low", "close"):
        frame[name] = np.where(wild, frame[name] * swing, frame[name])
    frame["high"] = frame[["open", "high", "low", "close"]].max(axis=1)
    frame["low"] = frame[["open", "high", "low", "close"]].min(axis=1)
    borrowed = ["portfolio.long_exposure=4.0", "portfolio.short_exposure=4.0"]
    experiment, _ = configure([*RETURNS, *borrowed, *overrides_for(written(frame, folder), FEATURES)])
    cache = pipeline.open_cache(Places(outputs=folder / "outputs"), Console(io.StringIO()))
    prepared = pipeline.prepare(experiment, cache)
    return Subject(experiment=experiment, prepared=prepared, executed=pipeline.execute(experiment, prepared, cache))


@pytest.mark.slow
@pytest.mark.parametrize("how", ["cut", "poison"])
def test_a_liquidation_by_ruin_is_no_leak(ruined: Subject, how: str) -> None:
    trades, equity = ruined.executed.backtest.trades, ruined.executed.backtest.equity
    assert (trades["cause"] == "ruin").any()
    assert list(static(ruined)) == []
    place = int(np.flatnonzero(equity["ruined"])[0])
    around = range(max(1, place - 4), min(place + 4, len(equity) - 1))
    assert [finding for at in around for finding in _backtest(ruined, how, at)] == []
