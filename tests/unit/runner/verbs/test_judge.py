"""Forecasts made elsewhere, from two tables to a verdict."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.errors import Ask, ConfigError, DataError
from harness import answer
from runner.composition.configure import configure
from runner.composition.judged_experiment import judged_experiment

BARS = pd.DataFrame({"date": pd.bdate_range("2018-01-01", periods=700)})
BARS = BARS.assign(close=100 + np.arange(700) % 7 / 10, open=100.0, high=101.0, low=99.0)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "ledger.sqlite"))
    return tmp_path


def tables(symbols: int, **columns: object) -> None:
    names = [f"S{number}" for number in range(symbols)]
    pd.concat([BARS.assign(symbol=name) for name in names]).to_csv("bars.csv", index=False)
    rows = [pd.DataFrame({"ticker": name, "made_at": BARS["date"], **columns}) for name in names]
    pd.concat(rows).to_csv("f.csv", index=False)


def overrides(*settings: str) -> tuple[str, ...]:
    return judged_experiment("f.csv", "bars.csv", settings).overrides


@pytest.mark.parametrize(
    ("symbols", "columns", "chosen"),
    [
        (9, {"horizon": 5, "forecast": 0.01}, {"target=forward_return", "gates=cross_section"}),
        (1, {"horizon": 5, "mean": 0.01}, {"target=forward_return", "gates=returns", "portfolio=return_sign"}),
        (2, {"horizon": 1, "p_up": 0.6}, {"target=direction", "loss=logistic", "gates=classification"}),
        (2, {"horizon": 5, "q05": -0.1, "q50": 0.0, "q95": 0.1}, {"loss=quantile", "loss.levels=[0.05,0.5,0.95]"}),
    ],
)
def test_what_is_forecast_decides_how_it_is_judged(symbols, columns, chosen, here: Path) -> None:  # type: ignore[no-untyped-def]
    tables(symbols, **columns)
    vault = f"split.vault_start={BARS['date'].iloc[-105].date()}"
    assert {*chosen, f"target.horizon_bars={columns['horizon']}", vault} <= {*overrides()}


def test_what_it_writes_is_an_experiment(here: Path) -> None:
    tables(2, horizon=5, q05=-0.1, q50=0.0, q95=0.1)
    experiment, _ = configure(overrides())
    assert experiment.claims is not None
    assert experiment.claims.output_fields() == ("claimed_q5", "claimed_q50", "claimed_q95")


def test_several_horizons_are_asked_about(here: Path) -> None:
    tables(2, mean=0.1, horizon=[1, 5] * 350)
    with pytest.raises(Ask) as caught:
        overrides()
    assert str(caught.value) == (
        "f.csv: has forecasts of 2 horizons, and one is judged at a time; say target.horizon_bars=1 or "
        "target.horizon_bars=5"
    )
    assert "target.horizon_bars=5" in overrides("target.horizon_bars=5")


def test_columns_that_are_not_there_or_there_twice(here: Path) -> None:
    tables(2, horizon=5, other=0.1)
    with pytest.raises(DataError) as absent:
        overrides()
    assert str(absent.value) == (
        "f.csv: no column holds forecasts; columns: ticker, made_at, horizon, other; name it with "
        "model.columns.mean=COLUMN, model.columns.up=COLUMN (a probability) or model.columns.q50=COLUMN (a quantile)"
    )
    assert "++model.columns.mean=other" in overrides("model.columns.mean=other")
    tables(2, horizon=5, forecast=0.1, prediction=0.2)
    with pytest.raises(Ask) as twice:
        overrides()
    assert str(twice.value) == (
        "f.csv: forecast and prediction may both be meant; say model.columns.mean=forecast or "
        "model.columns.mean=prediction"
    )
    assert "++model.columns.mean=prediction" in overrides("model.columns.mean=prediction")


def test_without_a_horizon_nothing_is_guessed(here: Path) -> None:
    tables(2, mean=0.1)
    with pytest.raises(ConfigError, match=r"^f.csv: no column says how many bars ahead; write target.horizon_bars=5"):
        overrides()
    assert "target.horizon_bars=3" in overrides("target.horizon_bars=3")


def test_what_would_change_claims_is_refused(here: Path) -> None:
    tables(2, horizon=5, mean=0.1)
    with pytest.raises(ConfigError) as caught:
        configure(overrides("preprocess=zscore", "ensemble=bagging", "loss=quantile"))
    assert str(caught.value).splitlines() == [
        "model.columns: gives mean, where the loss asks for q10, q50, q90; name a column for each output of the loss, "
        "or choose another loss",
        "preprocess: would change forecasts that were made elsewhere; choose preprocess=none",
        "ensemble: cannot fit forecasts that were made elsewhere; choose ensemble=single",
    ]


def momentum(symbols: int, bars: int) -> None:
    """A market whose drifts last, and honest forecasts of it: the mean of the last returns."""
    rng, parts, forecasts = np.random.default_rng(5), [], []
    dates = pd.bdate_range("2016-01-04", periods=bars)
    for number in range(symbols):
        drift = np.zeros(bars)
        for t in range(1, bars):
            drift[t] = 0.98 * drift[t - 1] + rng.normal(0, 0.0006)
        close = pd.Series(100 * np.exp(np.cumsum(drift + rng.normal(0, 0.012, bars))))
        name = f"S{number:02}"
        parts.append(pd.DataFrame({"symbol": name, "date": dates, "close": close}))
        mean = (close / close.shift(20) - 1) / 4
        forecasts.append(pd.DataFrame({"symbol": name, "made_at": dates, "horizon": 5, "mean": mean}))
    pd.concat(parts).to_csv("bars.csv", index=False)
    pd.concat(forecasts).dropna().to_parquet("f.parquet", index=False)


@pytest.mark.slow
def test_a_verdict_that_says_where_its_forecasts_are_from(here: Path) -> None:
    """Passed, judged on the vault once, a candidate at most, and without a bundle."""
    momentum(10, 900)
    found = answer("judge", "f.parquet", "--bars", "bars.csv", "tracking=none")
    assert (found["exit_code"], found["level"], found["provenance"]) == (0, "candidate", "claimed"), found["gates"]
    assert found["bundle"] is None
    folder = Path(found["folder"])
    promotion = json.loads((folder / "promotion.json").read_text())
    assert (promotion["state"], promotion["vault"]["reused"]) == ("judged", False)
    manifest, report = json.loads((folder / "manifest.json").read_text()), (folder / "report.html").read_text()
    assert manifest["provenance"] == "claimed"
    assert "made elsewhere (provenance: claimed)" in report
    assert "there is no bundle, and no level above candidate" in report
    assert any("later than the last bar that is looked at are not read" in notice for notice in manifest["notices"])
    again = answer("promote", found["run"])
    assert (again["exit_code"], again["state"]) == (0, "judged")
    assert again["vault"] == promotion["vault"]
    refused = answer("promote", found["run"], "--as", "candidate")
    assert refused["exit_code"] == 4
    assert "forecasts made elsewhere cannot be fitted again" in refused["errors"][0]["message"]


@pytest.mark.slow
def test_forecasts_that_know_the_future_are_rejected(here: Path) -> None:
    momentum(10, 600)
    bars = pd.read_csv("bars.csv")
    future = bars.groupby("symbol")["close"].shift(-5) / bars["close"] - 1
    bars.assign(made_at=bars["date"], horizon=5, mean=future)[["symbol", "made_at", "horizon", "mean"]].dropna().to_csv(
        "f.csv", index=False
    )
    found = answer("judge", "f.csv", "--bars", "bars.csv", "tracking=none")
    assert found["level"] == "rejected"
    (leaks,) = [gate for gate in found["gates"] if gate["name"] == "no_leaks"]
    assert "claimed_mean" in leaks["says"]
