"""Results of other people's backtests: what is read of them, against what they were made of."""

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components.errors import DataError
from components.tables.whole import Reading
from runner.cli import perform
from runner.judging.returns_table import Record, load_record

DAYS = pd.bdate_range("2020-01-01", periods=300)
RETURNS = np.random.default_rng(1).normal(0.0005, 0.01, len(DAYS))
EQUITY = 10_000 * np.cumprod(1 + RETURNS)


def read(path: Path, column: str | None = None, **changes: Any) -> Record:
    return load_record(path, Reading(), column=column, periods=None, **changes)


def failure(path: Path, column: str | None = None, **changes: Any) -> str:
    with pytest.raises(DataError) as error:
        read(path, column, **changes)
    assert "\n" not in str(error.value)
    return str(error.value).removeprefix(f"{path}: ")


# backtesting.py


@pytest.mark.parametrize("name", ["equity.csv", "equity.parquet"])
def test_the_equity_curve_of_backtesting_py(tmp_path: Path, name: str) -> None:
    peak = np.maximum.accumulate(EQUITY)
    frame = pd.DataFrame({"Equity": EQUITY, "DrawdownPct": 1 - EQUITY / peak, "DrawdownDuration": pd.NaT}, index=DAYS)
    frame["DrawdownDuration"] = frame["DrawdownDuration"].astype("str")
    frame.to_csv(tmp_path / name) if name.endswith("csv") else frame.to_parquet(tmp_path / name)
    record = read(tmp_path / name)
    np.testing.assert_allclose(record.returns_T, RETURNS[1:], atol=1e-12)
    assert record.read_as == "an equity curve of backtesting.py, read as returns p[t] / p[t-1] - 1"
    assert record.periods == pytest.approx(261, abs=2)


def test_trades_of_backtesting_py(tmp_path: Path) -> None:
    n = 60
    gains = np.random.default_rng(2).normal(0.002, 0.02, n)
    exits = DAYS[:n] + pd.Timedelta(days=3)
    frame = pd.DataFrame(
        {
            "Size": 100, "EntryBar": range(n), "ExitBar": range(3, n + 3), "EntryPrice": 10.0, "ExitPrice": 10.1,
            "SL": np.nan, "TP": np.nan, "PnL": gains * 1000, "ReturnPct": gains, "EntryTime": DAYS[:n],
            "ExitTime": exits, "Duration": "3 days 00:00:00", "Tag": np.nan,
        }
    )  # fmt: skip
    frame.iloc[::-1].to_csv(tmp_path / "trades.csv", index=False)
    record = read(tmp_path / "trades.csv")
    np.testing.assert_allclose(record.returns_T, gains)
    years = (exits[-1] - exits[0]).days / 365.2425
    assert record.periods == pytest.approx((n - 1) / years)
    assert record.because == "by how many trades closed a year"
    assert record.read_as.startswith("trades of backtesting.py, one return a trade in the order of 'ExitTime'; ")


# vectorbt


def test_trades_of_vectorbt(tmp_path: Path) -> None:
    n = 40
    gains = np.random.default_rng(3).normal(0.002, 0.02, n)
    frame = pd.DataFrame(
        {
            "Exit Trade Id": range(n), "Column": "BTC", "Size": 1.0, "Entry Timestamp": DAYS[:n],
            "Avg Entry Price": 10.0, "Entry Fees": 0.0, "Exit Timestamp": DAYS[1 : n + 1].repeat(2)[:n],
            "Avg Exit Price": 10.0, "Exit Fees": 0.0, "PnL": gains, "Return": gains, "Direction": "Long",
            "Status": "Closed", "Position Id": range(n),
        }
    )  # fmt: skip
    frame.to_csv(tmp_path / "trades.csv")
    record = read(tmp_path / "trades.csv")
    np.testing.assert_allclose(record.returns_T, gains)
    assert record.read_as.startswith("trades of vectorbt, one return a trade in the order of 'Exit Timestamp'; ")


def test_the_value_of_a_portfolio_of_vectorbt_is_a_curve_that_must_be_told(tmp_path: Path) -> None:
    pd.Series(EQUITY, index=DAYS).to_csv(tmp_path / "value.csv")
    assert failure(tmp_path / "value.csv") == (
        "column '0' looks like prices, not returns; give p[t] / p[t-1] - 1, or say --equity"
    )
    record = read(tmp_path / "value.csv", equity=True)
    np.testing.assert_allclose(record.returns_T, RETURNS[1:], atol=1e-12)
    assert record.read_as == "an equity curve, read as returns p[t] / p[t-1] - 1"
    pd.Series(EQUITY / 20_000, index=DAYS, name="value").to_csv(tmp_path / "small.csv")
    assert failure(tmp_path / "small.csv").endswith(
        "of an equity curve give p[t] / p[t-1] - 1 or say --equity, of added-up returns give their differences"
    )
    np.testing.assert_allclose(read(tmp_path / "small.csv", equity=True).returns_T, RETURNS[1:], atol=1e-12)


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan])
def test_a_curve_that_is_lost_is_none(tmp_path: Path, value: float) -> None:
    broken = EQUITY.copy()
    broken[7] = value
    pd.Series(broken, index=DAYS, name="value").to_csv(tmp_path / "value.csv")
    assert failure(tmp_path / "value.csv", equity=True) == (
        f"column 'value' is {value:g} in row 8; an equity curve is positive throughout"
    )


# qlib and pyfolio


def test_a_report_of_qlib_is_net_of_its_costs(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "account": EQUITY, "return": RETURNS, "total_turnover": EQUITY, "turnover": 0.1, "total_cost": 5.0,
            "cost": 0.0003, "value": EQUITY * 0.9, "cash": EQUITY * 0.1, "bench": RETURNS / 2,
        },
        index=pd.Index(DAYS, name="datetime"),
    )  # fmt: skip
    frame.to_csv(tmp_path / "report.csv")
    record = read(tmp_path / "report.csv")
    np.testing.assert_allclose(record.returns_T, RETURNS - 0.0003, atol=1e-12)
    assert record.read_as == "a report of qlib, read as return - cost; the benchmark is not subtracted"
    np.testing.assert_allclose(read(tmp_path / "report.csv", column="bench").returns_T, RETURNS / 2, atol=1e-12)
    assert read(tmp_path / "report.csv", column="bench").read_as == ""


def test_returns_of_pyfolio(tmp_path: Path) -> None:
    series = pd.Series(RETURNS, index=DAYS.tz_localize("UTC"), name="returns")
    series.to_csv(tmp_path / "returns.csv")
    record = read(tmp_path / "returns.csv")
    np.testing.assert_allclose(record.returns_T, RETURNS, atol=1e-12)
    assert record.read_as == ""


class Bomb:
    def __reduce__(self) -> Any:
        return (Path.touch, (Path("exploded"),))


def test_pickles_are_refused_unopened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("report_normal_1day.pkl", "report.dat"):
        (tmp_path / name).write_bytes(pickle.dumps(Bomb()))
        assert failure(tmp_path / name).startswith("is a pickle, which is code that opening it would run; write the ta")
    assert not Path("exploded").exists()


# freqtrade


def backtest(*names: str, **changes: Any) -> dict[str, Any]:
    profits = {day: 10_000 * r for day, r in zip(DAYS[5:], RETURNS[5:], strict=True)}
    made = {
        "trades": [], "starting_balance": 10_000, "backtest_start": f"{DAYS[0].date()} 00:00:00",
        "backtest_end": f"{DAYS[-1].date()} 00:00:00",
        "daily_profit": [[str(day.date()), profit] for day, profit in profits.items()],
    }  # fmt: skip
    strategies = dict.fromkeys(names or ("Mine",), made | changes)
    return {"strategy": strategies, "strategy_comparison": [], "metadata": {}}


def test_a_backtest_of_freqtrade(tmp_path: Path) -> None:
    (tmp_path / "backtest-result.json").write_text(json.dumps(backtest()))
    record = read(tmp_path / "backtest-result.json")
    days = pd.date_range(DAYS[0], DAYS[-1])
    earned = pd.Series(10_000 * RETURNS[5:], index=DAYS[5:]).reindex(days).fillna(0.0)
    np.testing.assert_allclose(record.returns_T, earned / (10_000 + earned.cumsum().shift(fill_value=0.0)))
    assert (record.column, record.periods) == ("Mine", pytest.approx(365.2425, abs=0.3))
    assert record.read_as.startswith("a backtest of freqtrade, read as daily returns of the account by closed trades")


def archive(**files: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name.replace("_json", ".json"), content)
    return sink.getvalue()


def test_the_archive_that_freqtrade_writes(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as made:
        made.writestr("backtest-result-1.json", json.dumps(backtest()))
        made.writestr("backtest-result-1_config.json", "{}")
        made.writestr("Mine.py", "raise SystemExit")
    (tmp_path / "one.json").write_text(json.dumps(backtest()))
    np.testing.assert_array_equal(read(tmp_path / "b.zip").all_T, read(tmp_path / "one.json").all_T)


def test_several_strategies_are_several_tries(tmp_path: Path) -> None:
    path = tmp_path / "result.json"
    path.write_text(json.dumps(backtest("A", "B")))
    assert failure(path) == (
        "2 strategies of freqtrade; choose one with --column: A, B, and count them all in --trials"
    )
    assert read(path, column="B").column == "B"
    assert failure(path, column="C") == "--column C: no such strategy; strategies: A, B"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "{}",
            "is JSON, but no backtest of freqtrade ('strategy' with its trades); write a table of returns as CSV or P",
        ),
        ('[{"a": 1}]', "is JSON, but no backtest of freqtrade"),
        ('{"strategy": {"A": 1}}', "is JSON, but no backtest of freqtrade"),
        ('{"strategy": {', "is no complete JSON: "),
        ("[" * 100_000, "is nested too deeply to be a result"),
        (
            json.dumps(backtest(daily_profit=None)),
            "strategy 'Mine' lacks starting_balance, backtest_start, backtest_end",
        ),
        (json.dumps(backtest(daily_profit=[])), "strategy 'Mine' closed no trade, or began without a balance; nothing"),
        (
            json.dumps(backtest(starting_balance=0)),
            "strategy 'Mine' closed no trade, or began without a balance; nothin",
        ),
        (
            json.dumps(backtest(starting_balance=1)),
            "strategy 'Mine' lost all that it had; nothing is left to be judged",
        ),
        (
            json.dumps(backtest(daily_profit=[["0001-01-01", 1.0]])),
            "strategy 'Mine' claims to last from 0001-01-01 to 2",
        ),
    ],
)
def test_json_that_is_no_result(tmp_path: Path, content: str, message: str) -> None:
    (tmp_path / "result.json").write_text(content)
    assert failure(tmp_path / "result.json").startswith(message)


def test_archives_that_are_no_result(tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(archive(a_json="{}")[:40])
    assert failure(tmp_path / "cut.zip").startswith("cannot be unpacked: ")
    (tmp_path / "two.zip").write_bytes(archive(a_json="{}", b_json="{}"))
    assert failure(tmp_path / "two.zip") == ("holds 2 JSON files of results; unpack it and name one")


def test_what_was_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "result.json").write_text(json.dumps(backtest()))
    assert perform("deflate", [str(tmp_path / "result.json"), "--trials", "10"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith("Taken for a backtest of freqtrade, read as daily returns of the account by closed trades,")
