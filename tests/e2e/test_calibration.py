"""A calibrated experiment from the command line to a forecast with its interval."""

import math
from fractions import Fraction
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
    # The deployed model is fitted on all rows; its calibration has learnt from the forecasts of all test spans.
    tested = forecasts[(forecasts["span"] == "test") & forecasts["target"].notna()]
    errors = np.sort(np.abs(tested["target"] - tested["forecast"]))
    half = errors[math.ceil((len(errors) + 1) * Fraction("0.9")) - 1]
    known = live.dropna(subset=["forecast"])
    assert len(known) > 4000
    np.testing.assert_allclose(known["upper"] - known["forecast"], half, rtol=1e-6)
    np.testing.assert_allclose(known["forecast"] - known["lower"], half, rtol=1e-6)


@pytest.mark.slow
def test_an_isotonic_direction_is_reported_beside_the_raw_one(assay: Assay, tmp_path: Path) -> None:
    process = assay("+experiment=sp500_direction", "calibration=isotonic", "tracking=none")
    assert process.returncode == 0, process.stdout + process.stderr
    run = Run((tmp_path / "outputs" / "latest").resolve())
    forecasts = run.table("forecasts")
    assert not np.array_equal(forecasts["uncalibrated"], forecasts["forecast"])
    assert "Calibration error" in (run.folder / "report.html").read_text()
