"""The same experiment again: the same bytes, from the cache, with nothing heavy imported."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import Run, Shipped, ended, environment, in_fork

RESULTS = ("forecasts.parquet", "weights.parquet", "trades.parquet", "equity.parquet", "metrics.json")
HEAVY = (
    *("torch", "lightning", "pytorch_lightning", "sktime", "lightgbm", "sklearn", "numba", "onnx", "onnxruntime"),
    *("pandas", "pyarrow", "scipy", "matplotlib", "hydra", "omegaconf", "wandb", "sqlalchemy", "exchange_calendars"),
)
PROBE = "import sys; from runner.cli import main; code = main(sys.argv[1:]); print(code, *sys.modules)"


def modules(process: "subprocess.CompletedProcess[str]") -> set[str]:
    """Those that a probed run has imported when it ends."""
    assert process.returncode == 0, process.stderr
    code, *modules = process.stdout.splitlines()[-1].split()
    assert code == "0"
    return set(modules)


def test_cached_run_is_equal_and_light(shipped: Shipped, copied: Callable[..., Path]) -> None:
    _, first = shipped("sp500_volatility")
    folder = copied("sp500_volatility")
    ended(folder, "+experiment=sp500_volatility")  # judged beside whatever else was tried in this folder
    process = subprocess.run(
        [sys.executable, "-c", PROBE, "+experiment=sp500_volatility"],
        cwd=folder, env=environment(folder), capture_output=True, text=True, check=False,
    )  # fmt: skip
    again = Run((folder / "outputs" / "latest").resolve())
    assert again.folder != first.folder
    for name in RESULTS:
        assert (again.folder / name).read_bytes() == (first.folder / name).read_bytes(), name
    assert again.json("manifest")["run_key"] == first.json("manifest")["run_key"]
    assert again.json("manifest")["trial"]["number"] == first.json("manifest")["trial"]["number"]
    assert again.json("manifest")["bundle"] == first.json("manifest")["bundle"]
    stages = again.json("manifest")["stages"]
    assert {"panel", "features", "forecast", "gates", "tables"} <= {stage["name"] for stage in stages}
    assert [stage["name"] for stage in stages if not stage["cached"]] == []
    assert not modules(process) & set(HEAVY)


def test_cold_run_elsewhere_with_other_threads_gives_the_same_bytes(shipped: Shipped, tmp_path: Path) -> None:
    _, first = shipped("sp500_volatility")
    process = in_fork(
        tmp_path, environment(tmp_path), PROBE, "+experiment=sp500_volatility", "resources.threads=1", "tracking=none"
    )
    again = Run((tmp_path / "outputs" / "latest").resolve())
    # HAR's own features are those of this experiment, computed once.
    cached = [stage["name"] for stage in again.json("manifest")["stages"] if stage["cached"]]
    assert cached == ["features har"]
    for name in RESULTS:
        assert (again.folder / name).read_bytes() == (first.folder / name).read_bytes(), name
    assert not modules(process) & {"torch", "lightning", "pytorch_lightning", "sktime"}


@pytest.mark.parametrize(
    ("change", "recomputed"),
    [
        ("backtest.cost_bps=7", {"backtest", "benchmark"}),
        pytest.param("portfolio.max_weight=0.5", {"backtest", "benchmark"}, marks=pytest.mark.slow),
        ("model.penalty=7", {"forecast", "backtest", "benchmark"}),
        ("baselines.har.features.windows=[5]", {"baseline har"}),
        ("gates.checks.stable_folds.min_share=0.5", set()),
    ],
)
def test_exactly_the_descendants_are_recomputed(change: str, recomputed: set[str], copied: Callable[..., Path]) -> None:
    folder = copied("sp500_volatility")
    process = ended(folder, "+experiment=sp500_volatility", "tracking=none", "export=never", change)
    assert process.returncode == 0, process.stderr
    stages = Run((folder / "outputs" / "latest").resolve()).json("manifest")["stages"]
    stored = {
        "features",
        "target",
        "forecast",
        "baseline last_value",
        "baseline har",
        "backtest",
        "benchmark",
    }
    assert {s["name"] for s in stages if not s["cached"] and s["name"] in stored} == recomputed
