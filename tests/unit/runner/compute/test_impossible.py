"""What cannot come to anything is refused once the bars are read: exit code 2, no run folder, no trial."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from runner import exit_codes
from runner.cli import main
from runner.recording.ledger import Ledger

MINE = """
# @package _global_
defaults:
- override /data: files
- override /features: expressions
- override /target: forward_return
- override /model: ridge
- override /baselines: naive
- override /portfolio: return_sign
- override /gates: returns
- override /tracking: none
- override /export: never
data:
  path: x.csv
  symbol_column: symbol
features:
  windows: [5]
  expressions:
    m3: close / ref(close, 3) - 1
target:
  horizon_bars: 5
  cross_sectional: none
split:
  n_folds: 2
"""
ONE_SYMBOL = (
    "target: compares the symbols of a date, and no date has two: one symbol has no cross-section; set "
    "target.cross_sectional=none, or give more symbols"
)


def bars(folder: Path, n: int, symbols: int = 1) -> None:
    """Daily closes that begin where those of the symbol before ended, so that no date has two symbols."""
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    names = [f"S{i * symbols // n}" for i in range(n)]
    dates = pd.bdate_range("2018-01-02", periods=n)
    pd.DataFrame({"date": dates, "symbol": names, "close": close}).to_csv(folder / "x.csv", index=False)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "conf" / "experiment").mkdir(parents=True)
    (tmp_path / "conf" / "experiment" / "mine.yaml").write_text(MINE)
    bars(tmp_path, 300)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "ledger.sqlite"))
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], *overrides: str) -> list[str]:
    """What is said on stderr; nothing was run, and nothing is counted."""
    assert main(["+experiment=mine", *overrides, "-q"]) == exit_codes.CONFIG
    assert not Path("outputs/runs").exists()
    assert Ledger.open().families() == []
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(("form", "symbols", "debug"), [("demean", 1, "off"), ("rank", 3, "fast")])
def test_one_symbol_a_date_has_no_cross_section(place, capsys, form: str, symbols: int, debug: str) -> None:
    bars(place, 300, symbols)
    assert refused(capsys, f"target.cross_sectional={form}", f"debug={debug}") == [ONE_SYMBOL]


def test_labels_that_are_all_the_same_leave_nothing_to_forecast(place, capsys) -> None:
    pd.DataFrame({"date": pd.bdate_range("2018-01-02", periods=300), "symbol": "A", "close": 100.0}).to_csv("x.csv")
    assert refused(capsys, "quality.stale=warn") == [
        "target: every label is 0: there is nothing to forecast; choose another target or other bars"
    ]


def test_a_required_gate_that_compares_folds_or_symbols_needs_them(place, capsys) -> None:
    one = refused(capsys, "split=holdout")
    assert one == [
        "gates.checks.stable_folds: is required and compares 2 folds or more, and there is 1; choose a split with "
        "more, or gates.checks.stable_folds.required=false"
    ]
    ranks = refused(capsys, "gates=cross_section", "portfolio=rank_long_short")
    assert ranks[0] == (
        "gates.checks.ranks_symbols: is required and compares 3 symbols or more of a date, and no date has more than 1 "
        "symbol; give more symbols, or gates.checks.ranks_symbols.required=false"
    )


def test_too_few_test_dates_are_refused(place, capsys) -> None:
    bars(place, 40)
    assert refused(
        capsys, "split=holdout", "split.train_share=0.6", "split.valid_share=0.2", "~gates.checks.stable_folds"
    )[0].startswith("split: its test spans hold ")


def test_a_vault_after_the_last_bar_holds_nothing_back(place, capsys) -> None:
    assert refused(capsys, "split.vault_start='2050-01-01'")[-1] == (
        "split.vault_start: '2050-01-01' is after the last bar (2019-02-25): nothing would be held back; choose an "
        "earlier date, or null for no vault"
    )


def test_what_compares_symbols_of_which_there_is_one_is_refused_or_noticed(place, capsys) -> None:
    assert refused(capsys, "preprocess=cross_section", "debug=fast") == [
        "preprocess: compares the symbols of a date, and no date has two; choose zscore, which compares with the past, "
        "or give more symbols"
    ]
    assert refused(capsys, "features.expressions.m3='cs_rank(close)'", "debug=fast") == [
        "features: all compare the symbols of a date, and no date has two; choose features that compare a symbol with "
        "its own past, or give more symbols"
    ]
    assert main(["+experiment=mine", "+features.expressions.place='cs_rank(close)'", "debug=fast"]) == exit_codes.RAN
    said = " ".join(capsys.readouterr().err.split())
    assert "note: features: no date has two symbols, so that place, which compare them, say nothing" in said
