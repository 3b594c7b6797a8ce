"""What the terminal shows: plain lines without one, colours with one, the verdict last."""

import io
import json
import re
from pathlib import Path

import pytest

from components.errors import DataError
from runner.console import Console
from runner.recording.run_folder import FILES

GATES = {
    "passed": False,
    "standing": {
        "forecast": "R² 0.041, against 0.050 of har, the best baseline",
        "portfolio": "Sharpe ratio 0.35 after costs",
        "rival": {"name": "har", "gain": -0.015, "p": 0.598},
        "first": ["The portfolio was under water for 4.7 of 11.5 years."],
    },
    "gates": [
        {
            "name": "beats_last_value",
            "status": "failed",
            "required": True,
            "value": 0.41,
            "threshold": 0.05,
            "statistic": "p-value",
            "relation": "<=",
            "skill": True,
            "says": "Forecast errors are 0.8 % smaller than those of last_value (t = 0.2, p = 0.410): "
            "luck explains as much. At the effect measured about 32 years more of history would suffice.",
            "suffices": "At the effect measured about 32 years more of history would suffice.",
        },
        {
            "name": "[red]stable[/red]",
            "status": "passed",
            "required": True,
            "value": 0.8,
            "threshold": 0.6,
            "relation": ">=",
            "says": "8 of 10 folds.",
        },
        {
            "name": "ranking",
            "status": "not_applicable",
            "required": False,
            "value": None,
            "threshold": None,
            "says": "One symbol only.",
        },
    ],
}
METRICS = {
    "test/r2": 0.0412,
    "test/bias": 0.1,
    "test/last_value/r2": None,
    "valid/r2": 0.05,
    "test/r2_fold_1": 0.04,
    "backtest/sharpe": 0.352,
    "benchmark/sharpe": 0.41,
}
MANIFEST = {
    "state": "finished",
    "target": {"kind": "level", "horizon_bars": 5, "says": "how much the price will vary", "expression": "x"},
    "data": {"identity": "x", "description": "x", "survivorship": "biased", "adjustment": "total"},
    "trial": {"key": "k", "number": 3, "family_trials": 7, "counted": True},
    "notices": ["model=ridge replaces the experiment's model: its model.num_leaves is dropped"],
    "git": None,
    "bundle": None,
}
SUMMARY = """
Test spans   model   last_value   model, validation
───────────────────────────────────────────────────
R²           0.041            –               0.050

After costs    portfolio   benchmark
────────────────────────────────────
Sharpe ratio        0.35        0.41

Gate                status             weight     value          threshold
──────────────────────────────────────────────────────────────────────────
beats_last_value    ✗ FAILED           required    0.41   ≤ 0.05 (p-value)
[red]stable[/red]   ✓ passed           required     0.8              ≥ 0.6
ranking             · not applicable   advisory       –                  –

REJECTED: 1 of 2 required gates failed: beats_last_value.
! The portfolio was under water for 4.7 of 11.5 years.
Target: how much the price will vary
Forecast: failed (beats_last_value): R² 0.041, against 0.050 of har, the best baseline
Portfolio: not judged by a required gate of skill: Sharpe ratio 0.35 after costs
Best baseline: har: no better than it, the model's losses are 1.5 % larger (p = 0.598)
- beats_last_value: Forecast errors are 0.8 % smaller than those of last_value (t = 0.2, p = 0.410):
  luck explains as much.
- It is trial 3 of 7 on this data. The best of so many worthless trials reaches a t statistic of
  about 1.4 by luck alone.
What would suffice:
- beats_last_value: At the effect measured about 32 years more of history would suffice.
Before you trust a figure:
"""


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder as far as the terminal reads it."""
    for name in FILES:
        (tmp_path / name).touch()
    for name, content in {"manifest": MANIFEST, "metrics": METRICS, "gates": GATES}.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    (tmp_path / "report.html").touch()
    return tmp_path


def lines(stream: io.StringIO) -> list[str]:
    return stream.getvalue().splitlines()


def test_stages_are_plain_lines_without_a_terminal() -> None:
    stream = io.StringIO()
    console = Console(stream)
    with console.stage("features") as stage:
        stage.progress(1, 2)
        stage.cached = True
    with console.stage("forecast"):
        pass
    first, second = lines(stream)
    assert re.fullmatch(r"\[\d\d:\d\d:\d\d\] features                0\.00 s  cached", first)
    assert re.fullmatch(r"\[\d\d:\d\d:\d\d\] forecast                0\.00 s", second)
    assert stage.seconds > 0


def test_how_far_a_stage_is_and_what_is_left_of_it_is_a_plain_line() -> None:
    """Only now and then, or wherever it is asked for."""
    stream = io.StringIO()
    with Console(stream, verbose=True).stage("forecast") as stage:
        stage.began -= 10
        for done in (1, 2, 3):
            stage.progress(done, 3)
    assert [line[11:] for line in lines(stream)[:-1]] == [
        "forecast: fold 1 of 3 done, 20 s left",
        "forecast: fold 2 of 3 done, 5 s left",
    ]
    assert "\x1b" not in stream.getvalue()


def test_failing_stage_says_so_and_raises() -> None:
    stream = io.StringIO()
    with pytest.raises(DataError, match="no bars"), Console(stream).stage("panel"):
        raise DataError("no bars")
    assert lines(stream)[0].endswith(" s  failed")


def test_summary_in_plain_text(run: Path) -> None:
    stream = io.StringIO()
    Console(stream).summary(run)
    text = stream.getvalue()
    assert text.startswith(SUMMARY)
    assert "- It is trial 3 of 7 on this data." in text
    assert "Before you trust a figure:\n- The universe was picked with hindsight (survivorship bias)" in text
    assert "- model=ridge replaces the experiment's model: its model.num_leaves is dropped\n" in text
    assert lines(stream)[-3:] == [f"Run     {run}", f"Report  {run}/report.html", "Bundle  not promoted"]
    assert "\x1b" not in text
    assert all(len(line) <= 100 and line == line.rstrip() for line in lines(stream)[:-3])


@pytest.mark.parametrize("no_color", [False, True])
def test_colours_on_a_terminal_unless_refused(run: Path, monkeypatch: pytest.MonkeyPatch, no_color: bool) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    stream = io.StringIO()
    console = Console(stream)
    with console.stage("panel") as stage:
        stage.progress(1, 2)
    console.summary(run)
    colours = re.findall(r"\x1b\[[\d;]*3\dm", stream.getvalue())
    assert bool(colours) is not no_color
    assert "REJECTED:" in stream.getvalue()


def test_narrow_encoding_does_not_end_a_run(run: Path) -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Console(stream).summary(run)
    stream.flush()
    text = raw.getvalue().decode("ascii")
    assert "beats_last_value  | x FAILED" in text
    assert "[red]stable[/red] | + passed" in text


def test_note_wraps_below_its_beginning() -> None:
    stream = io.StringIO()
    Console(stream).note("word " * 30)
    assert lines(stream)[0].startswith("note: word word")
    assert lines(stream)[1].startswith("      word")
