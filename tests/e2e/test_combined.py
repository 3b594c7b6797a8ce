"""A run of several feature sets, judged by several sets of gates."""

import json
from pathlib import Path

from harness import Assay


def test_sets_of_features_and_gates_run_side_by_side(assay: Assay, tmp_path: Path) -> None:
    done = assay(
        "+experiment=sp500_volatility",
        "debug=fast",
        "tracking=none",
        "model=ridge",
        "features=[volume,momentum,volatility]",
        "debug.max_bars=1200",
        "gates=[regression,strict]",
    )
    assert done.returncode == 0, done.stderr
    (folder,) = tmp_path.glob("outputs/runs/*/*")
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {"obv_5", "mfi_14", "momentum_60", "log_variance_22"} < manifest["features"].keys()
    assert manifest["choices"]["features"] == "volume+momentum+volatility"
    gates = {gate["name"]: gate for gate in json.loads((folder / "gates.json").read_text())["gates"]}
    assert {"regression.explains_variance", "regression.no_leaks", "strict.no_leaks"} < gates.keys()
    assert gates["regression.no_leaks"]["says"] == gates["strict.no_leaks"]["says"]
    assert "strict.whole_record" in (folder / "report.html").read_text()
