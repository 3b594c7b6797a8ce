"""The best tries of every market and target: by validation, and never by the test without saying so."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness import answer
from runner.cli import main
from runner.recording.ledger import Family, Ledger, Series

STAMPS_T = np.datetime64("2010-01-04", "us") + np.arange(250) * np.timedelta64(1, "D")


def family(symbol: str) -> Family:
    return Family(source="bars", symbols=(symbol,), first=date(2010, 1, 4), last=date(2010, 12, 31))


def tried(ledger: Ledger, symbol: str, key: str, target: str = "up", state: Any = "finished", **metrics: float) -> None:
    body = {"target": target, "run_id": key, "experiment": f"of_{symbol}", "choices": {"model": "ridge"}}
    ledger.start_trial(family(symbol), key, body)
    rng = np.random.default_rng(int(key[1:]))
    series = {"returns": Series(stamps_T=STAMPS_T, values_T=rng.normal(0.001, 0.01, len(STAMPS_T)))}
    figures = {name.replace("__", "/"): value for name, value in metrics.items()}
    ledger.finish_trial(key, state, {"metrics": figures}, series if state == "finished" else None)


@pytest.fixture(autouse=True)
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "ledger.sqlite"))
    found = Ledger.open()
    tried(found, "A", "k1", valid__r2=0.1, test__r2=0.9)
    tried(found, "A", "k2", valid__r2=0.3, test__r2=0.2)
    tried(found, "A", "k3", valid__r2=0.2, test__r2=0.1)
    tried(found, "A", "k4", state="pruned", valid__r2=0.9)
    tried(found, "A", "k5", target="log(high / low)", valid__mse=2.0, test__mse=1.0)
    tried(found, "A", "k6", target="log(high / low)", valid__mse=1.0, test__mse=2.0)
    tried(found, "B", "k7", valid__accuracy=0.6, valid__r2=0.1)
    return found


def test_every_market_and_target_has_its_board_by_validation() -> None:
    boards = answer("leaderboard")["boards"]
    assert [(board["market"], board["target"], board["by"]) for board in boards] == [
        ("A", "log(high / low)", "valid/mse"),
        ("A", "up", "valid/r2"),
        ("B", "up", "valid/accuracy"),
    ]
    less, more, _ = boards
    assert [entry["run"] for entry in less["entries"]] == ["k6", "k5"], "less of an error is better"
    assert [entry["run"] for entry in more["entries"]] == ["k2", "k3", "k1"], "the best by test is last"
    assert (more["tries"], more["listed"]) == (6, 3)
    first = more["entries"][0]
    assert (first["value"], first["valid"], first["test"], first["number"]) == (0.3, 0.3, 0.2, 2)
    assert 0 < first["deflated"] < 1
    assert (first["level"], first["bundle"]) == (None, None)


def test_tries_that_left_no_returns_lower_the_deflated_figure(ledger: Ledger) -> None:
    before = answer("leaderboard", "--target", "up")["boards"][0]["entries"][0]["deflated"]
    for number in range(10, 40):
        tried(ledger, "A", f"k{number}", state="failed")
    assert answer("leaderboard", "--target", "up")["boards"][0]["entries"][0]["deflated"] < before


def test_filters_keep_what_they_name() -> None:
    def runs(*arguments: str) -> list[str]:
        return [entry["run"] for board in answer("leaderboard", *arguments)["boards"] for entry in board["entries"]]

    assert runs("--market", "B") == ["k7"]
    assert runs("--target", "HIGH") == ["k6", "k5"]
    assert runs("--experiment", "of_B") == ["k7"]
    assert runs("--market", "A", "--target", "up", "--limit", "1") == ["k2"]
    assert runs("--level", "candidate") == []


def test_ranking_by_the_test_says_what_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer("leaderboard", "--by", "test/r2", "--market", "A")
    assert [entry["run"] for entry in found["boards"][0]["entries"]] == ["k1", "k2", "k3"]
    assert found["notices"] == [
        "test/r2 is a figure of the test spans: ranked by it the first is the luckiest, and choosing it spends them"
    ]
    assert answer("leaderboard", "--by", "r2")["notices"] == []
    assert main(["leaderboard", "--by", "r22"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == "--by: 'r22' is nothing to rank by; did you mean 'valid/r2'?"


def test_the_terminal_shows_boards(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["leaderboard", "--market", "B"]) == 0
    shown = capsys.readouterr().out
    assert "1 of 1 tries on this market, by valid/accuracy" in shown
    assert main(["leaderboard", "--market", "nowhere"]) == 0
    assert capsys.readouterr().out == "No finished try fits.\n"
