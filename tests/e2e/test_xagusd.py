"""Silver from minutes to hours: the shipped experiment on data that the product does not bring."""

import numpy as np
import pandas as pd
import pytest

from harness import Shipped, market_data


@pytest.mark.slow
def test_hours_are_decided_when_they_are_complete(shipped: Shipped) -> None:
    _, run = shipped("xagusd_hourly")
    forecasts = run.table("forecasts")
    assert (forecasts["timestamp"].dt.minute == 0).all()
    known = forecasts.dropna(subset="label_end")
    assert (known["label_end"] >= known["timestamp"] + np.timedelta64(6, "h")).all()
    local = forecasts["timestamp"].dt.tz_localize("UTC").dt.tz_convert("America/New_York")
    # From Friday 17:00 to Sunday 17:00 there is no market; the first hour of a day ends at 18:00 or, after
    # the daily break, at 19:00.
    assert not ((local.dt.dayofweek == 4) & (local.dt.hour > 17)).any()
    assert not (local.dt.dayofweek == 5).any()
    assert not ((local.dt.dayofweek == 6) & (local.dt.hour < 18)).any()


@pytest.mark.slow
def test_forecasts_equal_the_minutes_they_rest_on(shipped: Shipped) -> None:
    """One target by hand: log mean Garman-Klass variance of six hours, with the gaps between them."""
    _, run = shipped("xagusd_hourly")
    table = pd.read_parquet(market_data("xagusd_minute.parquet"))
    minutes = table.assign(timestamp=table["timestamp"].dt.tz_localize(None)).set_index("timestamp")
    hours = minutes.resample("1h", label="right", closed="left").agg(
        {"open": "first", "high": "max", "low": "min", "close": "last"}
    )
    hours = hours.dropna().astype("float64")
    gap = np.log(hours["open"] / hours["close"].shift())
    inside = 0.5 * np.log(hours["high"] / hours["low"]) ** 2
    variance = inside - (2 * np.log(2) - 1) * np.log(hours["close"] / hours["open"]) ** 2 + gap**2
    expected = np.log(variance.rolling(6).mean().shift(-6))
    forecasts = run.table("forecasts").dropna(subset="target")
    np.testing.assert_allclose(forecasts["target"], expected[forecasts["timestamp"]], rtol=1e-6)


@pytest.mark.slow
def test_the_vault_and_the_costs_are_as_stated(shipped: Shipped) -> None:
    _, run = shipped("xagusd_hourly")
    manifest, trades = run.json("manifest"), run.table("trades")
    assert manifest["data"]["last"] < "2015-11-01"
    assert manifest["data"]["description"].endswith("xagusd_minute.parquet, 1min bars put together to 1h")
    np.testing.assert_allclose(trades["cost_commission"], 0.001 * trades["notional"].abs(), rtol=1e-9)
    gates = {gate["name"]: gate["status"] for gate in run.json("gates")["gates"]}
    assert gates["exposure_skill"] == "failed", "costs of 0.2 % a round trip eat what an hour's forecast is worth"
