"""Several outputs and windows of rows from the command line to a promoted bundle and its forecasts."""

import json
from pathlib import Path

import pandas as pd
import pytest

from harness import Assay, Run


def promoted(assay: Assay, folder: Path, *overrides: str) -> tuple[Run, dict[str, object]]:
    why = "what is tested is the export, not the skill"
    for arguments in (
        (*overrides, "gates=deployment", "tracking=none", "export=never"),
        ("promote", "latest", "--override", why),
    ):
        process = assay(*arguments)
        assert process.returncode == 0, process.stdout + process.stderr
    run = Run((folder / "outputs" / "latest").resolve())
    parity = json.loads((next((folder / "outputs" / "registry").glob("*/1")) / "parity.json").read_text())
    for found in (parity, parity["stream"]):
        assert found["missing_forecasts"] == found["forecasts_beyond_tolerance"] == found["differing_orders"] == 0
    return run, parity


@pytest.mark.slow
def test_two_quantiles_of_volatility(assay: Assay, tmp_path: Path) -> None:
    options = ("model=lightgbm", "loss=quantile", "loss.levels=[0.1,0.9]", "loss.decision=0.9")
    run, parity = promoted(assay, tmp_path, "+experiment=sp500_volatility", *options)
    metrics, forecasts = run.json("metrics"), run.table("forecasts")
    assert metrics["test/pinball"] > 0 < metrics["test/output/target.quantile_0.1/pinball"]
    assert 0.8 < metrics["test/share_below"] < 1
    # Calm years lie lower than what was trained on.
    assert 0 < metrics["test/output/target.quantile_0.1/share_below"] < 0.35
    assert 0.5 < metrics["test/interval_coverage"] < 0.9
    assert (forecasts["lower"] <= forecasts["upper"]).all()
    assert (forecasts["forecast"] == forecasts["upper"]).all()
    assert parity["forecasts"] == (forecasts["span"] == "test").sum()


@pytest.mark.slow
def test_one_five_and_twenty_bars_at_once(assay: Assay, tmp_path: Path) -> None:
    options = ("target=forward_returns", "model=ridge", "export=auto")
    run, _ = promoted(assay, tmp_path, "+experiment=us20_momentum", *options)
    metrics, forecasts = run.json("metrics"), run.table("forecasts")
    assert {"test/r2", "test/output/h5.mean/r2", "test/output/h20.mean/rank_ic_t"} <= set(metrics)
    assert {"output/h5.mean", "output/h20.mean"} <= set(forecasts)
    assert run.json("manifest")["target"]["expression"].count(";") == 2


@pytest.mark.slow
def test_a_model_that_reads_the_last_twenty_rows(assay: Assay, tmp_path: Path) -> None:
    promoted(assay, tmp_path, "+experiment=sp500_volatility", "model=autoregression", "preprocess=zscore")
    import arch.data.sp500 as source

    bars = source.load()[["Open", "High", "Low", "Close", "Volume"]].rename(columns=str.lower)
    bars.rename_axis("timestamp").assign(symbol="sp500").to_csv(tmp_path / "bars.csv")
    predicted = assay("predict", "--bundle", "sp500_volatility", "--data", "bars.csv", "--all", "--output", "out.csv")
    assert predicted.returncode == 0, predicted.stderr
    live = pd.read_csv(tmp_path / "out.csv").dropna(subset=["forecast"])
    assert len(live) > 4000
