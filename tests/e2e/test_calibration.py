"""A calibrated experiment from the command line to a forecast with its interval."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness import Assay, Run


@pytest.mark.slow
def test_intervals_from_run_to_forecast(assay: Assay, tmp_path: Path) -> None:
    process = assay("+experiment=sp500_volatility", "calibration=conformal", "tracking=none")
    assert process.returncode == 0, process.stdout + process.stderr
    run = Run((tmp_path / "outputs" / "latest").resolve())
    metrics, forecasts = run.json("metrics"), run.table("forecasts")
    assert 0.8 < metrics["test/interval_coverage"] < 0.97
    assert set(run.json("calibration")["fold_1"]) == {"edges", "half_width"}
    assert (run.folder / "plots" / "intervals.png").is_file()
    assert "Outcomes within their interval" in (run.folder / "report.html").read_text()
    import arch.data.sp500 as source

    bars = source.load()[["Open", "High", "Low", "Close", "Volume"]].rename(columns=str.lower)
    bars.rename_axis("timestamp").assign(symbol="sp500").to_csv(tmp_path / "bars.csv")
    predicted = assay("predict", "--bundle", "sp500_volatility", "--data", "bars.csv", "--all", "--output", "out.csv")
    assert predicted.returncode == 0, predicted.stderr
    live = pd.read_csv(tmp_path / "out.csv", parse_dates=["timestamp"]).set_index("timestamp")
    assert list(live) == ["symbol", "forecast", "weight", "lower", "upper"]
    tested = forecasts[forecasts["fold"] == forecasts["fold"].max()].query("span == 'test'").set_index("timestamp")
    both = tested.join(live, how="inner", rsuffix="_live")
    assert len(both) > 300
    for name in ("forecast", "lower", "upper"):
        np.testing.assert_allclose(both[f"{name}_live"], both[name], rtol=1e-8)


@pytest.mark.slow
def test_an_isotonic_direction_is_reported_beside_the_raw_one(assay: Assay, tmp_path: Path) -> None:
    process = assay("+experiment=sp500_direction", "calibration=isotonic", "tracking=none")
    assert process.returncode == 0, process.stdout + process.stderr
    run = Run((tmp_path / "outputs" / "latest").resolve())
    forecasts = run.table("forecasts")
    assert not np.array_equal(forecasts["uncalibrated"], forecasts["forecast"])
    assert "Calibration error" in (run.folder / "report.html").read_text()
