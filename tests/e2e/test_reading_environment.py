"""A bundle is opened, asked and fed where nothing is installed but numpy, numba and onnxruntime."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from environments import ROOT, built_wheel, reading_environment
from harness import Shipped

SCRIPT = """
import json, sys
from pathlib import Path
import numpy as np
from components.panel import Panel
from runner.bundle.reader import Bundle
from runner.bundle.stream import Stream

rng = np.random.default_rng(3)
bars, later = 700, 5
close_R = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, bars)))
spread_R = np.abs(rng.normal(0, 0.004, bars)) + 0.001
fields = {
    "open": close_R * (1 + rng.normal(0, 0.002, bars)),
    "high": close_R * (1 + 2 * spread_R),
    "low": close_R * (1 - 2 * spread_R),
    "close": close_R,
    "volume": rng.uniform(1e6, 2e6, bars),
}
stamps_R = np.datetime64("2020-01-01", "us") + np.arange(bars) * np.timedelta64(1, "D")

def panel(until):
    names = {name: values_R[:until] for name, values_R in fields.items()}
    return Panel(symbols=("^GSPC",), offsets=np.array([0, until]), timestamps_R=stamps_R[:until], fields=names)

bundle = Bundle.open(Path(sys.argv[1]))
at_once = bundle.forecast(panel(bars)).forecast_M[-later:]
stream = Stream.open(bundle, panel(bars - later))
one_by_one = [
    stream.push("^GSPC", stamps_R[row], {name: float(values_R[row]) for name, values_R in fields.items()})
    for row in range(bars - later, bars)
]
assert np.isfinite(at_once).all()
assert at_once.tolist() == one_by_one
print(json.dumps(at_once.tolist()))
"""


@pytest.mark.slow
def test_a_bundle_needs_nothing_else(shipped: Shipped, tmp_path: Path) -> None:
    _, run = shipped("sp500_volatility")
    bundle = run.folder.parents[2] / "registry" / "sp500_volatility" / "1"
    alone = reading_environment(tmp_path / "environment", built_wheel(tmp_path)) / "python"
    read = subprocess.run([alone, "-c", SCRIPT, bundle], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert read.returncode == 0, read.stderr
    whole = dict(os.environ, PYTHONPATH=str(ROOT / "src"))
    same = subprocess.run([sys.executable, "-c", SCRIPT, bundle], capture_output=True, text=True, check=True, env=whole)
    assert json.loads(read.stdout) == json.loads(same.stdout)
