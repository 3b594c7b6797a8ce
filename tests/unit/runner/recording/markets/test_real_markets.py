"""Real panels, where they are at hand: distinct stocks are never one market; what is one market is recognised."""

import numpy as np
import pandas as pd
import pytest

from components.bars import Bars
from components.panel import Panel
from harness import market_data
from runner.recording.markets.alike import alike
from runner.recording.markets.sketch import sketch_of

pytestmark = pytest.mark.slow


def read(name: str, price: str = "close", symbols: tuple[str, ...] = ()) -> Panel:
    frame = pd.read_parquet(market_data(f"{name}.parquet"), columns=["symbol", "timestamp", price])
    frame = frame[frame["symbol"].isin(symbols)] if symbols else frame
    frame = frame.rename(columns={price: "close"}).dropna()
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], utc=True).dt.tz_localize(None)
    return Bars.from_frame(frame, where=name).ordered().to_panel()


def found(one: Panel, two: Panel) -> dict[tuple[str, str], str]:
    pairs = alike(sketch_of(one), sketch_of(two))
    kinds = pairs.kinds()
    return {
        (one.symbols[a], two.symbols[b]): str(kind)
        for a, b, kind in zip(pairs.own_N, pairs.other_N, kinds, strict=True)
        if kind in ("same", "market")
    }


def test_of_408_large_caps_only_the_two_share_classes_are_one_market():
    panel = read("us_large_cap_daily")
    others = {pair for pair in found(panel, panel) if pair[0] < pair[1]}
    assert others == {("GOOG", "GOOGL")}
    assert len(sketch_of(panel).to_bytes()) <= 2048 * len(panel.symbols)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (("etf_adjclose_daily", "adj_close", ("SPY",)), ("macro_daily", "value", ("SPX_CLOSE",))),
        (("etf_adjclose_daily", "adj_close", ("QQQ",)), ("fx_metal_index_daily", "close", ("NAS100",))),
        (("etf_adjclose_daily", "adj_close", ("GLD",)), ("fx_metal_index_daily", "close", ("XAUUSD",))),
        (("spy_hourly", "close", ("SPY",)), ("us_etf_daily", "close", ("SPY",))),
        (("xagusd_minute", "close", ("XAGUSD",)), ("fx_metal_index_daily", "close", ("XAGUSD",))),
        (("sp500_2015_2020_other", "close", ("FB",)), ("megacap_daily", "close", ("META",))),
    ],
)
def test_one_market_under_two_names_is_one(one, two):
    assert set(found(read(*one), read(*two))) == {(one[2][0], two[2][0])}


def test_funds_of_other_markets_are_not():
    panel = read("etf_adjclose_daily", "adj_close")
    assert {pair for pair in found(panel, panel) if pair[0] < pair[1]} == {("SMH", "SOXX")}


def test_dividends_and_subsets_hide_no_stock():
    frame = pd.read_parquet(
        market_data("us_large_cap_daily.parquet"), columns=["symbol", "timestamp", "close", "adj_factor"]
    )
    some = frame[frame["symbol"].isin(frame["symbol"].unique()[::40])]
    changed = some.assign(close=some["close"] * some["adj_factor"] * 1.7, symbol="N" + some["symbol"].astype(str))
    stamps = pd.to_datetime(changed["timestamp"])
    one = (
        Bars.from_frame(changed.assign(timestamp=stamps)[["symbol", "timestamp", "close"]], where="x")
        .ordered()
        .to_panel()
    )
    whole = read("us_large_cap_daily")
    assert np.all([kind == "same" for kind in found(one, whole).values()])
    assert {pair[0][1:] for pair in found(one, whole)} == {pair[1] for pair in found(one, whole)} == set(some["symbol"])
