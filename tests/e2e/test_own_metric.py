"""A user's metric is one file: computed, explained, judged and compared like the shipped ones."""

import json
from pathlib import Path

from harness import Assay

METRIC = '''
from dataclasses import dataclass

import numpy as np

from components.contracts import ForecastMetric


@dataclass(frozen=True, kw_only=True)
class MedianMiss(ForecastMetric):
    """Median of |outcome - forecast|."""

    label = "Median miss"
    says = "Half of the misses are smaller."
    unit = "the target's"
    style = "significant"
    better = -1
    brief = True
    kinds = ("level",)
    per_fold = True

    def value(self, scored):
        return float(np.median(np.abs(scored.target_M - scored.forecast_M)))
'''
GATE = "{_target_: components.gates.metric.MetricGate, minimum: null, maximum: 9.0, required: false, metric: %s}"
QUICK = ("+experiment=sp500_volatility", "debug=fast", "tracking=none", "model=ridge")


def test_a_dropped_in_metric_is_computed_shown_and_judged(assay: Assay, tmp_path: Path) -> None:
    (tmp_path / "median_miss.py").write_text(METRIC)
    (tmp_path / "pyproject.toml").write_text('[tool.assay]\ncomponents = ["median_miss"]\n')
    wrong = assay("check", *QUICK, f"+gates.checks.miss={GATE % 'test/median_mis'}")
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr == (
        "gates.checks.miss: no such run has the figure 'test/median_mis': there is no metric 'median_mis'; "
        "did you mean 'test/median_miss'?\n"
    )
    done = assay(*QUICK, f"+gates.checks.miss={GATE % 'test/har/median_miss'}")
    assert done.returncode == 0, done.stderr
    assert "Median miss" in done.stdout
    (folder,) = tmp_path.glob("outputs/runs/*/*")
    figures = json.loads((folder / "metrics.json").read_text())
    assert 0 < figures["test/median_miss"] < figures["test/rmse"]
    assert {"valid/har/median_miss", "test/median_miss_fold_1"} <= figures.keys()
    assert "Half of the misses are smaller." in (folder / "report.html").read_text()
    says = {gate["name"]: gate["says"] for gate in json.loads((folder / "gates.json").read_text())["gates"]}
    assert says["miss"].startswith("Median miss of har on the test spans is ")
