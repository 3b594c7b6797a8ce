"""The verb `ledger` on real ledgers: counts, effective trials, witnesses and broken chains."""

import json
import sqlite3
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from runner.recording.ledger import Family, Ledger
from runner.verbs.ledger import main

FAMILY = Family(source="bars.csv", symbols=("SPY", "QQQ"), first=date(2010, 1, 4), last=date(2020, 12, 31))


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "ledger.sqlite"))
    monkeypatch.chdir(tmp_path)
    ledger = Ledger.open()
    for key in ("k1", "k2", "k3", "k4"):
        ledger.start_trial(FAMILY, key, {"name": key})
    ledger.finish_trial("k1", "finished", {})
    ledger.finish_trial("k2", "finished", {})
    ledger.finish_trial("k3", "failed", {})
    ledger.finish_trial("k4", "interrupted", {})
    vault = Family(source="other.csv", symbols=("SPY",), first=date(2020, 1, 1), last=date(2020, 6, 1))
    ledger.open_vault(vault, "k1", {})
    return ledger


def write_run(folder: Path, key: str, head: str, returns: np.ndarray) -> None:
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"trial": {"key": key}, "ledger_head": head}))
    stamps = pd.date_range("2015-01-01", periods=len(returns))
    pd.DataFrame({"timestamp": stamps, "return": returns}).to_parquet(folder / "equity.parquet")


def content(capsys: pytest.CaptureFixture[str], code: int) -> dict[str, object]:
    assert main(["--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_a_family_is_counted_by_how_its_trials_ended(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = content(capsys, 0)["families"]
    assert (row["trials"], row["finished"], row["failed"], row["interrupted"]) == (4, 2, 1, 1)
    assert row["vault_openings"] == 1
    assert row["effective_trials"] is None
    assert (row["source"], row["first"], row["last"]) == ("bars.csv", "2010-01-04", "2020-12-31")
    assert row["first_trial"][:10] == ledger.trials(FAMILY)[0].started_at[:10]


def test_twins_count_as_one_effective_trial(ledger: Ledger, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    returns = np.random.default_rng(0).normal(0, 0.01, 300)
    write_run(tmp_path / "outputs/runs/a/1", "k1", ledger.head(), returns)
    write_run(tmp_path / "outputs/runs/a/2", "k2", ledger.head(), 2 * returns)
    found = content(capsys, 0)
    assert found["families"][0]["effective_trials"] == pytest.approx(1.0)
    assert found["witnesses"] == 1


def test_a_head_that_the_ledger_does_not_know_breaks_it(
    ledger: Ledger, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write_run(tmp_path / "outputs/runs/a/1", "k1", "f" * 64, np.zeros(3))
    assert main([]) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "The chain is BROKEN (1 head noted by runs and bundles):" in out
    assert "head ffffffffffff: unknown here; the ledger was cut short, forked or replaced after it was noted" in out


def test_a_changed_event_breaks_it(ledger: Ledger, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute("DROP TRIGGER events_no_update")
        connection.execute("UPDATE events SET body = '{}' WHERE sequence = 2")
    connection.close()
    assert "event 2: was changed after it was written" in content(capsys, 1)["problems"]


def test_plain_output_fits_100_columns(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    out = capsys.readouterr().out
    assert "The chain is whole" in out
    assert "bars.csv" in out
    assert max(map(len, out.splitlines()[2:])) <= 100


def test_an_empty_ledger_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "new.sqlite"))
    monkeypatch.chdir(tmp_path)
    assert main([]) == 0
    assert "No trial has been recorded yet: a run that is no debug run records itself." in capsys.readouterr().out
