"""A promoted bundle forecasts what its run forecast, without the training libraries."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from components.data.bundled import Bundled
from harness import Shipped, ended, environment

PROBE = "import sys; from runner.cli import main; code = main(sys.argv[1:]); print(code, *sys.modules, file=sys.stderr)"


def write_bars(path: Path) -> None:
    frame = Bundled(dataset="sp500").load().to_frame()
    frame[frame["timestamp"] < "2017-01-01"].rename(columns={"timestamp": "date"}).to_csv(path, index=False)


def test_the_deployed_model_forecasts_much_as_the_last_fold_did_and_imports_no_training_library(
    shipped: Shipped, shipped_folder: Path
) -> None:
    _, run = shipped("sp500_volatility")
    write_bars(shipped_folder / "bars.csv")
    arguments = ("predict", "--bundle", "sp500_volatility", "--data", "bars.csv", "--all", "--output", "all.csv")
    process = subprocess.run(
        [sys.executable, "-c", PROBE, *arguments],
        cwd=shipped_folder, env=environment(shipped_folder), capture_output=True, text=True, check=True,
    )  # fmt: skip
    code, *modules = process.stderr.splitlines()[-1].split()
    assert code == "0"
    assert not {"lightgbm", "torch", "sklearn", "onnx", "wandb", "matplotlib"} & set(modules)

    predicted = pd.read_csv(shipped_folder / "all.csv", parse_dates=["timestamp"])
    forecasts, weights = run.table("forecasts"), run.table("weights")
    last = forecasts[(forecasts["span"] == "test") & (forecasts["fold"] == forecasts["fold"].max())]
    both = last.merge(predicted, on=["timestamp", "symbol"], suffixes=("", "_bundle"))
    assert len(both) == len(last) > 300
    # It was fitted again on everything: the certificate compares the folds' models, not this one.
    assert 0.9 < np.corrcoef(both["forecast"], both["forecast_bundle"])[0, 1] < 1
    both = both.merge(weights, on=["timestamp", "symbol"], suffixes=("_bundle", ""))
    assert (both["weight"] - both["weight_bundle"]).abs().mean() < 0.1


def test_the_last_bar_alone(shipped: Shipped, shipped_folder: Path) -> None:
    shipped("sp500_volatility")
    write_bars(shipped_folder / "bars.csv")
    process = ended(shipped_folder, "predict", "--bundle", "sp500_volatility@1", "--data", "bars.csv")
    assert process.returncode == 0, process.stderr
    header, line = process.stdout.splitlines()
    assert header == "timestamp,symbol,forecast,weight"
    stamp, symbol, forecast, weight = line.split(",")
    assert (stamp[:10], symbol) == ("2016-12-30", "sp500")
    assert -15 < float(forecast) < -5
    assert 0 < float(weight) <= 2


def test_a_variant_that_is_not_certified_says_so(shipped: Shipped, shipped_folder: Path) -> None:
    shipped("sp500_volatility")
    write_bars(shipped_folder / "bars.csv")
    process = ended(
        shipped_folder, "predict", "--bundle", "sp500_volatility", "--variant", "fp16", "--data", "bars.csv"
    )
    assert process.returncode == 0, process.stderr
    assert process.stderr.startswith("note: the variant fp16 is not certified: ")


def test_the_parity_report_says_so(shipped: Shipped, shipped_folder: Path) -> None:
    _, run = shipped("sp500_volatility")
    parity = json.loads((shipped_folder / run.json("manifest")["bundle"] / "parity.json").read_text())
    assert parity["passed"]
    assert parity["forecasts"] == sum(fold["n_test"] for fold in run.json("manifest")["folds"])
    assert parity["stream"]["passed"]
    assert parity["differing_orders"] == parity["missing_forecasts"] == parity["forecasts_beyond_tolerance"] == 0


def test_promoting_the_run_again_gives_the_same_version(shipped: Shipped, copied: Callable[..., Path]) -> None:
    _, run = shipped("sp500_volatility")
    process = ended(copied("sp500_volatility"), "promote", run.folder.name)
    assert process.returncode == 0, process.stderr
    assert process.stdout.splitlines()[-1] == "already promoted: outputs/registry/sp500_volatility/1 as candidate"


def test_a_rejected_run_is_not_promoted(shipped: Shipped, copied: Callable[..., Path]) -> None:
    _, run = shipped("sp500_direction")
    process = ended(copied("sp500_direction"), "promote", run.folder.name)
    assert process.returncode == 4
    assert process.stderr.strip() == (
        f"outputs/runs/sp500_direction/{run.folder.name}: rejected by direction_skill, beats_base_rate, "
        "stable_folds, exposure_skill, "
        'survives_double_costs; only a run that passed can be promoted, or one with --override "REASON"'
    )
