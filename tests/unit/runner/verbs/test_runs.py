"""Runs on the command line: listed, shown, compared, marked, put aside and removed, and the ledger knows."""

import json
from pathlib import Path

import pytest

from harness import answer
from runner.cli import main
from runner.recording.ledger import Ledger

RUNS = {
    "20200101T000000Z-aa": ("rejected", 0.2, "ridge", None),
    "20200102T000000Z-bb": ("candidate", 1.1, "linear", "outputs/registry/mine/1"),
}


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two runs, the second of which became a bundle, and an empty ledger."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "ledger.sqlite"))
    for run, (level, sharpe, model, bundle) in RUNS.items():
        folder = tmp_path / "outputs" / "runs" / "mine" / run
        folder.mkdir(parents=True)
        manifest = {"run_id": run, "experiment": "mine", "run_key": run, "state": "finished", "bundle": bundle}
        (folder / "manifest.json").write_text(json.dumps({**manifest, "choices": {"model": model}}))
        (folder / "metrics.json").write_text(json.dumps({"backtest/sharpe": sharpe}))
        (folder / "gates.json").write_text(json.dumps({"level": level, "passed": bundle is not None, "gates": []}))
        (folder / "config.yaml").write_text(f"model: {model}\nseed: 0\n")
    (tmp_path / "outputs" / "latest").symlink_to("runs/mine/20200102T000000Z-bb")
    return tmp_path


def ids(*arguments: str) -> list[str]:
    return [run["run"][-2:] for run in answer("list", "runs", *arguments)["runs"]]


def test_runs_are_listed_by_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert ids() == ["bb", "aa"]
    assert ids("--where", "level=rejected") == ["aa"]
    assert ids("--sort", "sharpe") == ["bb", "aa"]
    assert ids("--sort", "sharpe", "--reverse", "--limit", "1") == ["aa"]
    assert ids("--experiment", "other") == []
    assert main(["list", "runs", "--sort", "sharpe"]) == 0
    header, _, first, second = capsys.readouterr().out.splitlines()
    assert header.split() == ["run", "experiment", "state", "level", "portfolio", "sharpe", "tags"]
    assert first.split() == ["20200102T000000Z-bb", "mine", "finished", "candidate", "-", "1.1", "-"]
    assert second.split()[-2:] == ["0.2", "-"]
    assert main(["list", "runs", "--where", "level=hallmarked"]) == 0
    assert capsys.readouterr().out == "No run fits.\n"


def test_what_is_said_of_a_run_is_shown_with_it() -> None:
    assert answer("tag", "latest", "good", "paper")["tags"] == ["good", "paper"]
    assert answer("tag", "latest", "good", "--remove")["tags"] == ["paper"]
    assert answer("note", "latest", "looks", "fine")["notes"] == ["looks fine"]
    shown = answer("show")
    assert (shown["run"], shown["tags"], shown["notes"]) == ("20200102T000000Z-bb", ["paper"], ["looks fine"])
    assert ids("--where", "tag=paper") == ["bb"]
    assert shown["next"][0] == "python -m runner report 20200102T000000Z-bb --json"


def test_two_runs_are_compared_by_their_ids() -> None:
    found = answer("compare", "20200101", "latest")
    assert found["settings"] == {"model": ["ridge", "linear"]}
    assert [run["level"] for run in found["runs"]] == ["rejected", "candidate"]
    unknown = answer("compare", "20200101", "nope")
    assert (unknown["exit_code"], unknown["errors"][0]["code"]) == (2, "unknown_run")


def test_what_is_put_aside_is_listed_where_it_is_asked_for() -> None:
    assert answer("archive", "20200101")["folders"] == {
        "20200101T000000Z-aa": "outputs/archive/mine/20200101T000000Z-aa"
    }
    assert (ids(), ids("--archived")) == (["bb"], ["aa"])
    assert answer("show", "20200101")["level"] == "rejected"
    answer("archive", "20200101", "--restore")
    assert (ids(), ids("--archived")) == (["bb", "aa"], [])


def test_a_run_that_became_a_bundle_is_removed_by_force_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rm", "20200101", "latest"]) == 3
    line = "latest: became outputs/registry/mine/1; --force removes it all the same\n"
    assert capsys.readouterr().err == line
    assert ids() == ["bb", "aa"], "none is removed where one may not be"
    refused = answer("rm", "latest")
    assert refused["next"] == ["python -m runner rm latest --json --force"]
    assert answer("rm", "20200101", "latest", "--force")["removed"] == ["20200101T000000Z-aa", "20200102T000000Z-bb"]
    assert ids() == []
    kinds = [event.kind for event in Ledger.open().chain.read(lambda transaction: list(transaction.events()))]
    assert kinds == ["run_removed", "run_removed"]
