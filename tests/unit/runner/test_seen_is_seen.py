"""Whole runs: what they count, what they saw, and what they may do, on files whatever they are called."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from components.sealing import new_key
from runner import exit_codes
from runner.cli import main
from runner.recording.ledger import Ledger

QUIET = ("baselines=naive", "export=never")


def latest(name: str = "manifest") -> dict:
    return json.loads((Path("outputs/latest") / f"{name}.json").read_text())


def kinds() -> list[str]:
    return [event.kind for event in Ledger.open().chain.read(lambda transaction: list(transaction.events()))]


def said(capsys) -> str:
    """What was said by now, and what the last run's folder says of it."""
    main(["show", "latest"])
    captured = capsys.readouterr()
    return " ".join((captured.out + captured.err).split())


@pytest.fixture
def run(command, capsys):
    """run(*overrides) -> the exit code of a job without pictures: two symbols of 520 bars, 450 before the vault."""
    base = command(2, 520, *QUIET, vault="2019-10-01", features={"r1": "close / ref(close, 1) - 1"})

    def once(*more: str) -> int:
        capsys.readouterr()
        return main(["-m", *base, *more])

    return once


def test_a_copy_under_another_name_and_in_another_format_is_trial_2(run, capsys) -> None:
    assert run() == 0
    frame = pd.read_csv("bars.csv")
    frame["symbol"] = frame["symbol"] + ".US"
    frame.to_parquet("prices_2026-02.parquet")
    assert run("model.penalty=3", "data.path=prices_2026-02.parquet") == 0
    trial = latest()["trial"]
    assert (trial["number"], trial["family_trials"], trial["recognised"]["renamed"]) == (2, 2, 2)
    assert "2 of 2 symbols were tried before under another name: recognised by how they moved." in said(capsys)


@pytest.mark.slow
def test_more_bars_are_the_same_try_and_another_choice_is_not(run, capsys) -> None:
    frame = pd.read_csv("bars.csv")
    frame[frame["date"] < "2019-09-02"].to_csv("early.csv", index=False)
    rolling = "split.vault_start=last 60 bars"
    assert run("data.path=early.csv", rolling) == 0
    first = latest()["trial"]
    assert run("data.path=bars.csv", rolling) == 0
    again = latest()["trial"]
    assert (again["number"], again["family_trials"], again["repeats"]) == (1, 1, first["key"])
    assert "It repeats what was tried before" in said(capsys)
    assert run("seed=1", rolling) == 0
    assert (latest()["trial"]["number"], latest()["trial"]["repeats"]) == (2, None)


@pytest.mark.slow
def test_a_debug_run_that_limits_nothing_is_a_trial_and_a_small_one_is_a_look(run, capsys) -> None:
    assert run("debug.enabled=true", "debug.max_bars=100000") == 0
    assert latest()["trial"]["counted"]
    assert main(["promote", "latest"]) == exit_codes.DATA
    assert "a debug run can never be promoted; run it without debug=" in capsys.readouterr().err
    assert run("seed=1") == 0
    assert (latest()["trial"]["number"], latest()["trial"]["family_trials"]) == (2, 2)
    assert run("debug.enabled=true", "debug.max_bars=200", "debug.max_folds=1") == 0
    assert not latest()["trial"]["counted"]
    assert kinds().count("look") == 1
    assert "This run is no trial" in said(capsys)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("before", "by"),
    [
        (("split.vault_start=null",), "1 trial"),
        (("split.vault_start=null", "debug.enabled=true", "debug.max_bars=200", "debug.max_folds=1"), "1 look"),
    ],
)
def test_what_was_seen_before_it_was_a_vault_is_seen(run, capsys, before, by) -> None:
    assert run(*before) == 0
    shutil.move("bars.csv", "copy.csv")
    assert run("data.path=copy.csv", "seed=1") == 0
    assert f"Bars of its vault have been seen before, by {by}:" in said(capsys)
    assert main(["promote", "latest", "--override", "to see what it says"]) == 0
    vault = latest("promotion")["vault"]
    assert (vault["reused"], [each["by"] for each in vault["seen"]]) == (True, [by.split()[1]])
    assert main(["ledger", "--json"]) == 0


@pytest.mark.slow
def test_openings_are_shown_and_a_replaced_ledger_promotes_nothing(run, command, capsys) -> None:
    command_line = command(2, 520, "baselines=naive", vault="2019-10-01", features={"r1": "close / ref(close, 1) - 1"})
    assert run() == 0
    run_id = latest()["run_id"]
    assert main(["promote", run_id, "--override", "to open it"]) == 0
    assert not latest("promotion")["vault"]["reused"]
    assert "The vault was kept by discipline: whoever has the file can look." in said(capsys)
    assert main(["ledger", "--json"]) == 0
    (family,) = json.loads(capsys.readouterr().out)["families"]
    assert family["vault_openings"] == 1
    Path("ledger.sqlite").unlink()
    assert run("seed=1") == 0
    assert latest("gates")["passed"]
    assert main(["promote", "latest"]) == exit_codes.REJECTED
    assert "nothing is promoted beside a record that is not whole" in capsys.readouterr().err
    assert main([*command_line, "seed=1"]) == 0
    assert "Not promoted: the ledger is not whole (truncated or replaced:" in said(capsys)
    assert kinds().count("vault_opened") == 0
    assert main(["promote", "latest", "--override", "the ledger was lost"]) == 0
    assert latest("promotion")["vault"]["reused"]


@pytest.mark.slow
def test_the_research_role_runs_and_promotes_nothing(run, capsys, monkeypatch) -> None:
    monkeypatch.setenv("ASSAY_ROLE", "research")
    assert run("export=auto") == 0
    assert not Path("outputs/registry").exists()
    for command in (["promote", "latest"], ["promote", "latest", "--override", "why not"], ["rollback", "drift"]):
        assert main(command) == exit_codes.FORBIDDEN
    assert main(["ledger", "--budget", "*", "--trials", "9"]) == exit_codes.FORBIDDEN
    Path("ledger.sqlite").rename("elsewhere.sqlite")
    capsys.readouterr()
    assert run("seed=1") == exit_codes.FORBIDDEN
    assert "ASSAY_ROLE=research: the ledger" in capsys.readouterr().err


def test_a_budget_refuses_a_run_before_anything_is_fitted(run, capsys, monkeypatch) -> None:
    monkeypatch.setenv("ASSAY_ACTOR", "agent:coder:4.1")
    monkeypatch.setenv("ASSAY_KNOWLEDGE_UNTIL", "2020-01-01")
    assert main(["ledger", "--budget", "agent:*", "--trials", "1"]) == 0
    assert run("hypothesis='Drift lasts for weeks.'") == 0
    assert "agent:coder, which knows the markets until 2020-01-01" in said(capsys)
    start, end = (
        event.content
        for event in Ledger.open().chain.read(lambda transaction: list(transaction.events()))
        if event.kind in ("trial_started", "trial_finished")
    )
    assert start["trial"]["hypothesis"] == "Drift lasts for weeks."
    assert start["actor"] == {
        "kind": "agent", "name": "coder", "version": "4.1", "knowledge_until": "2020-01-01",
    }  # fmt: skip
    assert end["processor_seconds"] > 0
    assert run("seed=1") == exit_codes.BUDGET
    assert "budget of agent:* on *: all 1 trials were made" in capsys.readouterr().err
    assert kinds().count("trial_started") == 1


@pytest.mark.slow
def test_a_sealed_vault_is_read_by_promotion_alone(command, place, capsys, monkeypatch) -> None:
    base = command(2, 520, *QUIET, vault="2019-10-01", features={"r1": "close / ref(close, 1) - 1"})
    key = new_key()
    monkeypatch.setenv("ASSAY_VAULT_KEY", key)
    assert main(["seal", "bars.csv", "--from", "2019-10-01"]) == 0
    Path("bars.csv").unlink()
    monkeypatch.delenv("ASSAY_VAULT_KEY")
    assert pd.read_csv("bars.visible.csv")["date"].max() < "2019-10-01"
    assert b"2019-10-02" not in Path("bars.sealed").read_bytes()
    visible = ["data.visible.path=bars.visible.csv", "data.visible.symbol_column=symbol"]
    sealed = ["data=sealed", *visible, "data.rest=bars.sealed"]
    kept = [each for each in base if not each.startswith("data")]
    capsys.readouterr()
    assert main(["-m", *kept, *sealed]) == 0
    assert "Its vault is sealed before the first trial." in said(capsys)
    assert main(["promote", "latest", "--override", "to open it"]) == exit_codes.CONFIG
    assert kinds().count("vault_opened") == 0
    monkeypatch.setenv("ASSAY_VAULT_KEY", key)
    assert main(["promote", "latest", "--override", "to open it"]) == 0
    assert latest("promotion")["vault"]["kept"] == "sealed before the first trial"
    assert latest("promotion")["vault"]["last"] > "2019-12-01"
