"""A ratio that got worse is named; seconds, which depend on the machine, are not compared."""

import json
from pathlib import Path

import pytest

import bench

BEFORE = [
    {"name": "import", "value": 1.0, "unit": "s", "ratio": 2.0},
    {"name": "a day's bars", "speedup": 10.0},
    {"experiment": "sp500", "share": 0.1, "computation_s": 3.0},
    {"name": "gone", "ratio": 1.0},
]


def test_only_what_is_worse_by_more_than_15_percent_is_named() -> None:
    now = [
        {"name": "import", "value": 9.0, "unit": "s", "ratio": 2.29},
        {"name": "a day's bars", "speedup": 8.0},
        {"experiment": "sp500", "share": 0.12, "computation_s": 9.0},
        {"name": "new", "ratio": 5.0},
    ]
    assert list(bench.worse(BEFORE, now)) == [
        "a day's bars, speedup: 10 -> 8, 25% worse",
        "sp500, share: 0.1 -> 0.12, 20% worse",
    ]
    assert list(bench.worse(BEFORE, BEFORE)) == list(bench.worse([], now)) == []


def test_todays_figures_lie_beside_the_recorded_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "SCRIPTS", tmp_path)
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results")
    script = tmp_path / "quick.py"
    script.write_text('print(\'text\'); print(\'{"name": "x", "ratio": 1.0}\')')
    assert bench.main(["--record"]) == 0
    script.write_text('print(\'{"name": "x", "ratio": 1.5}\')')
    assert bench.main(["quick"]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "quick: 0 ratios beside recorded ones, none worse",
        "quick: x, ratio: 1 -> 1.5, 50% worse",
    ]
    recorded, new = (json.loads((tmp_path / "results" / f"quick{end}.json").read_text()) for end in ("", ".new"))
    assert (recorded[0]["ratio"], new[0]["ratio"]) == (1.0, 1.5)


@pytest.mark.parametrize("script", sorted(bench.SCRIPTS.glob("*.py")), ids=lambda path: path.stem)
def test_every_benchmark_prints_json(script: Path) -> None:
    assert "json.dumps" in script.read_text()
