"""A preprocessed experiment from the command line to a forecast of its bundle."""

from pathlib import Path

import pandas as pd
import pytest

from harness import Assay


@pytest.mark.slow
def test_from_run_to_forecast(assay: Assay, tmp_path: Path) -> None:
    overrides = ("+experiment=sp500_volatility", "model=ridge", "preprocess=chain", "tracking=none")
    process = assay(*overrides)
    assert process.returncode == 0, process.stdout + process.stderr
    folder = (tmp_path / "outputs" / "latest").resolve()
    assert (folder / "preprocess.json").is_file()
    forecasts = pd.read_parquet(folder / "forecasts.parquet")
    import arch.data.sp500 as source

    bars = source.load()
    bars.columns = [name.lower() for name in bars.columns]
    bars[["open", "high", "low", "close", "volume"]].rename_axis("timestamp").assign(symbol="^GSPC").iloc[-700:].to_csv(
        tmp_path / "bars.csv"
    )
    predicted = assay("predict", "--bundle", "sp500_volatility", "--data", "bars.csv", "--all", "--output", "out.csv")
    assert predicted.returncode == 0, predicted.stderr
    live = pd.read_csv(tmp_path / "out.csv", parse_dates=["timestamp"]).set_index("timestamp")["forecast"]
    tested = forecasts[forecasts["fold"] == forecasts["fold"].max()].query("span == 'test'").set_index("timestamp")
    assert "forecasts from fewer than 67 bars of the symbol: missing features were filled" in predicted.stderr
    both = tested.join(live.iloc[67:].rename("live"), how="inner")
    assert len(both) > 100
    # The deployed model was fitted again on everything: it forecasts much as the last fold's did, not the same.
    assert 0.9 < both["live"].corr(both["forecast"]) < 1
