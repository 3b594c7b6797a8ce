"""The verb `leaktest`: exit codes, JSON, page, what auto chose, and complaints about hostile files."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.errors import DataError
from runner.cli import main as command_line
from runner.cli import perform
from runner.recording.ledger import Ledger


def bars(n: int = 400, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, n)))
    day = pd.bdate_range("2018-01-01", periods=n).astype(str)
    return pd.DataFrame({"date": day, "close": close, "volume": rng.integers(1000, 2000, n), "note": "text"})


def arguments(path: Path, *more: str, target: str = "close") -> list[str]:
    return ["leaktest", "--table", str(path), "--time", "date", "--target", target, *more]


@pytest.fixture(autouse=True)
def own_ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_LEDGER", str(tmp_path / "ledger.sqlite"))


@pytest.fixture
def honest(tmp_path: Path) -> Path:
    path = tmp_path / "honest.csv"
    bars().to_csv(path, index=False)
    return path


@pytest.fixture
def leaking(tmp_path: Path) -> Path:
    path = tmp_path / "leaking.parquet"
    frame = bars()
    frame["<next>"] = frame["close"].shift(-1) / frame["close"] - 1
    frame.sample(frac=1, random_state=0).to_parquet(path, index=False)  # rows in any order
    return path


def test_an_honest_table_exits_0(honest: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(arguments(honest)) == 0
    out = capsys.readouterr().out
    assert "No column looks into the future." in out
    events = Ledger.open().chain.read(lambda transaction: list(transaction.events()))
    assert [event.kind for event in events] == ["family", "look"]
    assert events[1].content["seen"][0][:10] == "2018-01-01"
    assert "not examined: note, which holds no numbers" in out
    assert max(map(len, out.splitlines()[1:])) <= 100


def test_a_leak_exits_5_and_is_named(leaking: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(arguments(leaking, "--json")) == 5
    (leak,) = json.loads(capsys.readouterr().out)["leaks"]
    assert leak == {
        "column": "<next>",
        "kind": "exact algebra",
        "severity": "leak",
        "evidence": "equals close[t+1] / close[t] - 1 up to scale and rounding (R² 1.000000, 399 rows)",
    }


def test_the_page_is_one_file_that_escapes_names(leaking: Path, tmp_path: Path) -> None:
    assert command_line(arguments(leaking, "--html", str(tmp_path / "page.html"))) == 5
    page = (tmp_path / "page.html").read_text()
    assert "&lt;next&gt;" in page
    assert "<next>" not in page
    assert "http" not in page


def test_auto_says_what_it_chose_and_why(leaking: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command_line(arguments(leaking, "--json", target="<next>")) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["target_known"] == "after"
    assert found["target_known_because"] == "<next> equals close[t+1] / close[t] - 1 to rounding"


def test_a_panel_is_examined_by_symbol(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    frame = pd.concat([bars(seed=seed).assign(symbol=name) for seed, name in enumerate("AB")])
    path = tmp_path / "panel.csv"
    frame.to_csv(path, index=False)
    assert command_line(arguments(path, "--symbol", "symbol", "--json")) == 0
    assert json.loads(capsys.readouterr().out)["symbols"] == 2
    assert command_line(arguments(path)) == 3
    assert "400 times stand twice, the first is 2018-01-01; name the column of the symbols with --symbol" in (
        capsys.readouterr().err
    )


def test_help_lists_what_no_table_can_show(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        perform("leaktest", ["--help"])
    out = capsys.readouterr().out
    for word in ("publication lag", "revisions", "survivorship", "adjustment", "scaling"):
        assert word in out


HOSTILE = {
    "no such target": (
        "date,close\n2020-01-01,1\n",
        "--target close_: no such column; did you mean 'close'?",
        "close_",
    ),
    "a bad date": ("date,close\n2020-01-01,1\nsoon,2\n", "line 3: 'soon' is no date in the format", "close"),
    "few rows": ("date,close,x\n2020-01-01,1,1\n2020-01-02,2,1\n", "fewer than 60 values of 'close'", "close"),
    "text as target": ("date,close\n2020-01-01,abc\n", "--target close: holds no numbers", "close"),
    "no header": (
        "2020-01-01,1.5\n2020-01-02,2.5\n",
        "--time date: no such column; the file has no header, columns: column_1, column_2",
        "close",
    ),
    "a huge target": ("date,close\n2020-01-01,1e200\n", "--target close: holds numbers beyond 1e+100", "close"),
    "a flat target": (
        "date,close,x\n" + "".join(f"{20200101 + i},5,{i}\n" for i in range(80)),
        "--target close: does not vary, so nothing can look ahead to it",
        "close",
    ),
    "the same column": (
        "date,close,x,x\n2020-01-01,1,2,3\n",
        "two columns are called 'x'; rename or drop one of them",
        "close",
    ),
    "no date": ("date,close,x\n2020-01-01,1,2\n,1,2\n", "line 3: '' is no date in the format ISO 8601", "close"),
    "twice a column": (
        "date,close, close\n2020-01-01,1,2\n",
        "two columns are called 'close'; rename or drop one of them",
        "close",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_gets_one_clear_line(name: str, tmp_path: Path) -> None:
    text, says, target = HOSTILE[name]
    path = tmp_path / "t.csv"
    path.write_text(text)
    with pytest.raises(DataError) as error:
        perform("leaktest", arguments(path, target=target)[1:])
    assert says in str(error.value)
    assert "\n" not in str(error.value)


def test_columns_of_impossible_size_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    bars().assign(huge=lambda f: f["close"] * 1e150).to_csv(path, index=False)
    assert perform("leaktest", arguments(path, "--json")[1:]) == 0
    assert json.loads(capsys.readouterr().out)["not_examined"]["huge"] == "holds numbers beyond 1e+100"


def test_semicolons_and_decimal_commas_are_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.csv"
    frame = bars().assign(next=lambda f: f["close"].shift(-1))
    frame.to_csv(path, index=False, sep=";", decimal=",")
    assert perform("leaktest", arguments(path, "--json")[1:]) == 5
    assert [leak["column"] for leak in json.loads(capsys.readouterr().out)["leaks"]] == ["next"]


@pytest.mark.parametrize("written", ["%Y%m%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y-%m-%dT%H:%M:%SZ"])
def test_dates_are_read_as_people_write_them(written: str, tmp_path: Path) -> None:
    frame = bars()
    frame["date"] = pd.to_datetime(frame["date"]).dt.strftime(written)
    path = tmp_path / "t.csv"
    frame.to_csv(path, index=False)
    assert perform("leaktest", arguments(path, "--json")[1:]) == 0
