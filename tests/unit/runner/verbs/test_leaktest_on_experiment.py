"""`leaktest` on an experiment, and the leak tests of a run: exit codes, JSON, page, folder, verdict."""

import json
import sqlite3
from pathlib import Path

import numpy as np
import pytest

from components.errors import ConfigError
from leakage.corpus import EXTRA, FEATURES, RETURNS, market, overrides_for, with_column, written
from runner.cli import main as command_line
from runner.cli import perform
from runner.leaks.tests import TESTS
from runner.recording.ledger import Ledger

IN_EVERY_RUN = [test.name for test in TESTS if test.in_every_run]


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "ledger.sqlite"))
    return tmp_path


@pytest.fixture
def honest(tmp_path: Path) -> list[str]:
    return [*RETURNS, *overrides_for(written(market(), tmp_path), FEATURES)]


@pytest.fixture
def leaking(tmp_path: Path) -> list[str]:
    """A column that is the next return."""
    frame = with_column(market(), lambda part: part["close"].shift(-1) / part["close"] - 1)
    return [*RETURNS, *overrides_for(written(frame, tmp_path), EXTRA)]


def test_an_honest_experiment_exits_0_and_is_a_look(
    honest: list[str], own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line(["leaktest", *honest, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["experiment"], found["leaks"], found["n_leaks"]) == ("corpus", [], 0)
    assert found["tests"] == [test.name for test in TESTS]
    assert found["not_made"] == {}
    events = Ledger.open().chain.read(lambda transaction: list(transaction.events()))
    assert [event.kind for event in events] == ["family", "look"]
    assert events[1].content["what"] == "leaktest"
    assert sorted(path.name for path in (own_folder / "outputs").iterdir()) == ["store"]


def test_a_leak_exits_5_and_is_named(leaking: list[str], own_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = own_folder / "page.html"
    assert command_line(["leaktest", *leaking, "--json", "--html", str(page)]) == 5
    leaks = json.loads(capsys.readouterr().out)["leaks"]
    assert [set(leak) for leak in leaks] == [{"column", "kind", "severity", "evidence"}] * len(leaks)
    named = {(leak["column"], leak["kind"], leak["severity"]) for leak in leaks}
    assert ("data.extra", "inputs", "leak") in named
    text = page.read_text()
    assert "<code>data.extra</code>" in text
    assert "http" not in text


def test_the_words_name_place_test_and_evidence(leaking: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert perform("leaktest", leaking) == 5
    out = capsys.readouterr().out
    assert "LEAK  data.extra: inputs: exact algebra: equals close[t+1] / close[t] - 1 up to scale" in out
    assert "corpus: 1 leak found. Tests: static, cut, poison, replay, rescale, inputs, source," in out


def test_a_run_makes_the_cheap_tests_and_its_verdict_knows(
    leaking: list[str], own_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line([*leaking, "tracking=none"]) == 0
    folder = own_folder / "outputs" / "latest"
    found = json.loads((folder / "leaks.json").read_text())
    assert found["tests"] == IN_EVERY_RUN
    assert [(each["test"], each["severity"], each["where"]) for each in found["findings"]] == [
        ("inputs", "leak", "data.extra")
    ]
    gates = json.loads((folder / "gates.json").read_text())
    (gate,) = (gate for gate in gates["gates"] if gate["name"] == "no_leaks")
    assert (gate["status"], gate["required"], gate["value"], gates["passed"]) == ("failed", True, 1.0, False)
    assert "The future leaks in at data.extra (test inputs)" in " ".join(capsys.readouterr().out.split())
    assert '<section id="leaks">' in (folder / "report.html").read_text()
    with sqlite3.connect(own_folder / "ledger.sqlite") as ledger:
        assert ledger.execute("select count(*) from sqlite_master").fetchone()[0] > 0


MIXTURES = {
    "nothing": ([], "leaktest: name an experiment (+experiment=NAME) or a table (--table FILE)"),
    "both": (
        ["model=ridge", "--table", "a.csv", "--time", "t", "--target", "y"],
        "model=ridge: an experiment and --table exclude each other; drop one of them",
    ),
    "no time": (["--table", "a.csv", "--target", "y"], "--time: name the column; --table needs --time and --target"),
    "no target": (["--table", "a.csv", "--time", "t"], "--target: name the column; --table needs --time and --target"),
    "a column without a table": (
        ["+experiment=sp500_volatility", "--target", "y"],
        "--target: belongs to --table FILE; an experiment names its columns itself",
    ),
}


@pytest.mark.parametrize("name", MIXTURES)
def test_a_mixture_of_both_forms_gets_one_clear_line(name: str) -> None:
    arguments, says = MIXTURES[name]
    with pytest.raises(ConfigError) as error:
        perform("leaktest", arguments)
    assert str(error.value) == says


def test_help_covers_both_forms_and_every_test(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        perform("leaktest", ["--help"])
    out = capsys.readouterr().out
    assert "leaktest +experiment=NAME" in out
    assert "leaktest --table FILE" in out
    for test in TESTS:
        assert f"{'*' if test.in_every_run else ' '} {test.name} " in out


def test_seeds_make_the_same_report(honest: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    frames = []
    for _ in range(2):
        perform("leaktest", [*honest, "features.expressions.level='log(close)'", "--json"])
        frames.append(capsys.readouterr().out)
    assert frames[0] == frames[1]
    assert np.unique([leak["kind"] for leak in json.loads(frames[0])["leaks"]]).tolist() == ["rescale"]
