"""The verb `ledger` on real ledgers: counts, effective trials, witnesses and broken chains."""

import json
import sqlite3
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from runner.cli import perform
from runner.recording.ledger import Family, Ledger, Series

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
    ledger.open_vault(vault, "r1", {"trial": "k1"})
    ledger.open_vault(vault, "r2", {"trial": "of another family"})
    return ledger


def write_run(folder: Path, head: str) -> None:
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps({"ledger_head": head}))


def content(capsys: pytest.CaptureFixture[str], code: int) -> dict[str, object]:
    assert perform("ledger", ["--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_a_family_is_counted_by_how_its_trials_ended(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    (row,) = content(capsys, 0)["families"]
    assert (row["trials"], row["finished"], row["failed"], row["interrupted"]) == (4, 2, 1, 1)
    assert row["vault_openings"] == 1
    assert row["effective_trials"] is None
    assert (row["source"], row["first"], row["last"]) == ("bars.csv", "2010-01-04", "2020-12-31")
    assert row["first_trial"][:10] == ledger.trials(FAMILY)[0].started_at[:10]


def test_twins_count_as_one_effective_trial_even_without_their_folders(
    ledger: Ledger, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    returns_T = np.random.default_rng(0).normal(0, 0.01, 300)
    stamps_T = np.datetime64("2015-01-01", "us") + np.arange(300) * np.timedelta64(1, "D")
    for key, values_T in (("k5", returns_T), ("k6", 2 * returns_T)):
        ledger.start_trial(FAMILY, key, {})
        ledger.finish_trial(key, "finished", {}, {"returns": Series(stamps_T=stamps_T, values_T=values_T)})
    write_run(tmp_path / "outputs/runs/a/1", ledger.head())
    found = content(capsys, 0)
    assert found["families"][0]["effective_trials"] == pytest.approx(1.0)
    assert found["witnesses"] == 1


def test_a_head_that_the_ledger_does_not_know_breaks_it(
    ledger: Ledger, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    write_run(tmp_path / "outputs/runs/a/1", f"7:{'f' * 64}")
    write_run(tmp_path / "outputs/runs/a/2", f"99:{'e' * 64}")
    assert perform("ledger", []) == 1
    out = " ".join(capsys.readouterr().out.split())
    assert "The chain is BROKEN (2 heads noted by runs and bundles):" in out
    assert "truncated or replaced: it ends at event 12, but a run noted event 99 (eeeeeeeeeeee)" in out
    assert "forked: event 7 is not the one that a run noted (ffffffffffff); it wrote to another copy" in out


def test_a_changed_event_breaks_it(ledger: Ledger, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "ledger.sqlite") as connection:
        connection.execute("DROP TRIGGER events_no_update")
        connection.execute("UPDATE events SET body = '{}' WHERE sequence = 2")
    connection.close()
    assert "chain broken: event 2 was changed after it was written" in content(capsys, 1)["problems"]


def test_plain_output_fits_100_columns(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    assert perform("ledger", []) == 0
    out = capsys.readouterr().out
    assert "The chain is whole" in out
    assert "bars.csv" in out
    assert max(map(len, out.splitlines()[2:])) <= 100


def test_an_empty_ledger_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "new.sqlite"))
    monkeypatch.chdir(tmp_path)
    assert perform("ledger", []) == 0
    assert "No trial has been recorded yet: a run that is no debug run records itself." in capsys.readouterr().out
