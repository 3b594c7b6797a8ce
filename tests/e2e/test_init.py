"""`init`: strangers' files of all kinds become experiments that run, or are refused with what would help."""

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from components.errors import ConfigError, DataError
from harness import ended
from runner.cli import perform
from runner.composition.configure import configure

N = 700
DAYS = pd.bdate_range("2015-01-02", periods=N)


def bars(seed: int = 0, level: float = 100.0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    close = level * np.exp(np.cumsum(rng.normal(0, 0.01, N)))
    begin = close * np.exp(rng.normal(0, 0.003, N))
    table = pd.DataFrame(
        {
            "Open": begin,
            "High": np.maximum(begin, close) * 1.004,
            "Low": np.minimum(begin, close) * 0.996,
            "Close": close,
        }
    ).round(4)
    return table.assign(Volume=rng.integers(100_000, 1_000_000, N))


def dated(form: str = "%Y-%m-%d") -> pd.Series:
    return pd.Series(DAYS.strftime(form))


def plain(path: Path) -> None:
    bars().assign(Date=dated()).to_csv(path, index=False)


def yahoo(path: Path) -> None:
    table = bars()
    table.assign(Date=dated(), **{"Adj Close": table["Close"] * 0.9}).to_csv(path, index=False)


def newest_first_with_units(path: Path) -> None:
    table = bars(level=20_000)
    texts = {name: [f"{value:,.2f}" for value in table[name]] for name in ("Open", "High", "Low")}
    price = [f"{value:,.2f}" for value in table["Close"]]
    volume = [f"{value / 1e6:.3f}M" for value in table["Volume"]]
    frame = pd.DataFrame({"Date": dated("%m/%d/%Y"), "Price": price, **texts, "Vol.": volume, "Change %": "0.1%"})
    frame[::-1].to_csv(path, index=False)


def german(path: Path) -> None:
    table = bars().rename(columns={"Open": "Erster", "High": "Hoch", "Low": "Tief", "Close": "Schlusskurs"})
    table = table.rename(columns={"Volume": "Stück"})
    table.insert(0, "Datum", dated("%d.%m.%Y"))
    table.to_csv(path, index=False, sep=";", decimal=",")


def day_first_without_volume(path: Path) -> None:
    bars().drop(columns="Volume").assign(date=dated("%d/%m/%Y")).to_csv(path, index=False)


def closes_of_one(path: Path) -> None:
    pd.DataFrame({"Date": dated(), "Last": bars()["Close"]}).to_csv(path, index=False)


def unnamed_price(path: Path) -> None:
    pd.DataFrame({"": dated("%Y%m%d"), "GLD": bars()["Close"]}).to_csv(path, index=False)


def long_by_date(path: Path) -> None:
    tables = [bars(seed).assign(ticker=f"T{seed}", name_of_firm="Firm", date=dated()) for seed in range(3)]
    pd.concat(tables).sort_values(["date", "ticker"]).to_csv(path, index=False)


def closes_of_many(path: Path) -> None:
    tables = [bars(seed)[["Close"]].assign(Symbol=f"S{seed}", Date=dated()) for seed in range(9)]
    pd.concat(tables).to_csv(path, index=False)


def unix_milliseconds(path: Path) -> None:
    stamps = (DAYS - pd.Timestamp(0)) // pd.Timedelta("1ms")
    bars().assign(open_time=stamps).to_csv(path, index=False)


def compressed_with_bad_bars(path: Path) -> None:
    table = bars().assign(Date=dated())
    table.loc[10, ["High", "Low"]] = table.loc[10, ["Low", "High"]].to_numpy()
    table.loc[20, "Close"] = np.nan
    table.loc[30, "Open"] = 0
    pd.concat([table, table.tail(1)]).to_csv(path, index=False)


def parquet(path: Path) -> None:
    bars().assign(timestamp=DAYS, currency="USD").to_parquet(path, index=False)


FILES: dict[str, tuple[str, Callable[[Path], None], dict[str, object], str]] = {
    # file: writer, what the experiment says about data and quality, its target
    "plain": ("bars.csv", plain, {"data": {"time_column": "Date"}}, "log_realised_variance"),
    "yahoo": ("SPY.csv", yahoo, {"data": {"time_column": "Date", "adjustment": "split"}}, "log_realised_variance"),
    "newest first": (
        "EUR USD Historical Data.csv",
        newest_first_with_units,
        {
            "data": {
                "time_column": "Date",
                "date_format": "%m/%d/%Y",
                "columns": {"close": "Price", "volume": "Vol."},
            },
        },
        "log_realised_variance",
    ),
    "german": (
        "kurse.csv",
        german,
        {
            "data": {
                "time_column": "Datum",
                "date_format": "%d.%m.%Y",
                "decimal": ",",
                "columns": {
                    "open": "Erster",
                    "high": "Hoch",
                    "low": "Tief",
                    "close": "Schlusskurs",
                    "volume": "Stück",
                },
            }
        },
        "log_realised_variance",
    ),
    "day first": (
        "fx.csv",
        day_first_without_volume,
        {"data": {"date_format": "%d/%m/%Y"}},
        "log_realised_variance",
    ),
    "closes of one": (
        "one.csv",
        closes_of_one,
        {"data": {"time_column": "Date", "columns": {"close": "Last"}}},
        "direction",
    ),
    "unnamed": ("gold.csv", unnamed_price, {"data": {"time_column": "", "columns": {"close": "GLD"}}}, "direction"),
    "by date": (
        "long.csv",
        long_by_date,
        {
            "data": {"symbol_column": "ticker", "select": ["open", "high", "low", "close", "volume"]},
        },
        "log_realised_variance",
    ),
    "closes of many": (
        "many.csv",
        closes_of_many,
        {"data": {"symbol_column": "Symbol", "time_column": "Date"}},
        "forward_return",
    ),
    "milliseconds": (
        "klines.csv",
        unix_milliseconds,
        {"data": {"time_column": "open_time", "date_format": "unix_ms"}},
        "log_realised_variance",
    ),
    "bad bars": (
        "bars.csv.gz",
        compressed_with_bad_bars,
        {
            "data": {"time_column": "Date"},
            "quality": {
                "duplicates": "repair",
                "missing": "drop",
                "non_positive": "drop",
                "ohlc": "repair",
            },
        },
        "log_realised_variance",
    ),
    "parquet": (
        "bars.parquet",
        parquet,
        {"data": {"time_column": "timestamp", "select": ["open", "high", "low", "close", "volume"]}},
        "log_realised_variance",
    ),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("case", FILES)
def test_writes_an_experiment_that_passes_the_check(case: str, folder: Path) -> None:
    file, write, said, target = FILES[case]
    write(Path(file))
    assert perform("init", [file, "--name", "mine"]) == 0
    text = Path("conf/experiment/mine.yaml").read_text()
    written = yaml.safe_load(text)
    assert written["data"] == {"path": file, **said["data"]}
    assert written.get("quality", {}) == said.get("quality", {})
    assert written["split"]["vault_start"] == "2017-04-14"
    experiment, composed = configure(["+experiment=mine"])
    assert composed.choices["target"] == target
    panel, _ = experiment.quality.inspect(experiment.data.bars())
    assert {"close"} <= set(panel.fields)
    assert panel.n_rows > 0.99 * N


def test_says_in_words_what_it_found(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    newest_first_with_units(Path("EUR USD Historical Data.csv"))
    perform("init", ["EUR USD Historical Data.csv"])
    assert capsys.readouterr().out == (
        "EUR USD Historical Data.csv:\n"
        "  time: column 'Date', %m/%d/%Y, for example 09/07/2017\n"
        "  dates: the month comes first\n"
        "  symbol: none, the file is one symbol\n"
        "  fields: open = 'Open', high = 'High', low = 'Low', close = 'Price', volume = 'Vol.'\n"
        "  price: 'Price', called a price, and none is called a close\n"
        "  volume: 'Vol.', called so\n"
        "  bars: 700 of 1 symbol (EUR USD Historical Data), daily, 2015-01-02 to 2017-09-07\n"
        "  quality: every check passed\n"
        "  experiment: open, high and low are there, so the variance of the next five bars is forecast\n"
        "  vault: bars from 2017-04-14 on are kept aside\n"
        "wrote conf/experiment/eur_usd_historical_data.yaml\n"
        "\n"
        "Next:\n"
        "  python -m runner +experiment=eur_usd_historical_data debug=fast   # seconds\n"
        "  python -m runner +experiment=eur_usd_historical_data\n"
    )


def test_never_writes_over_an_experiment_unasked(folder: Path) -> None:
    plain(Path("bars.csv"))
    perform("init", ["bars.csv"])
    written = Path("conf/experiment/bars.yaml")
    written.write_text("mine")
    with pytest.raises(ConfigError) as error:
        perform("init", ["bars.csv"])
    assert str(error.value) == (
        "conf/experiment/bars.yaml: exists already; choose another --name, or --force to write it anew"
    )
    assert written.read_text() == "mine"
    perform("init", ["bars.csv", "--force"])
    assert written.read_text().startswith("# @package _global_\n")


REFUSED = {
    "no dates": (
        "price,volume\n1.5,2\n1.6,3\n",
        "bars.csv: no column holds dates; columns: price, volume; one column must say when a bar was",
    ),
    "no price": (
        "date,symbol,sentiment\n2020-01-02,A,x\n2020-01-03,A,y\n",
        "bars.csv: no column is called close, last or price; columns: sentiment; say --close COLUMN, or rename "
        "the one that holds the price to close",
    ),
    "no rows": ("date,close\n", "bars.csv: no rows; the table needs a header and at least one row"),
    "few bars": (
        "date,close\n2020-01-02,1\n2020-01-03,2\n",
        "the longest symbol has 2 bars; an experiment needs at least 200",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refuses_with_what_would_help(case: str, folder: Path) -> None:
    text, message = REFUSED[case]
    Path("bars.csv").write_text(text)
    with pytest.raises(DataError) as error:
        perform("init", ["bars.csv"])
    assert str(error.value) == message
    assert not Path("conf").exists()


def test_a_column_for_every_symbol_is_read(folder: Path) -> None:
    closes = {f"S{seed}": bars(seed)["Close"] for seed in range(3)}
    pd.DataFrame({"date": dated(), **closes}).to_csv("wide.csv", index=False)
    assert perform("init", ["wide.csv"]) == 0
    assert yaml.safe_load(Path("conf/experiment/wide.yaml").read_text())["data"] == {
        "path": "wide.csv",
        "wide": "close",
    }
    panel = configure(["+experiment=wide"])[0].data.load()
    assert panel.symbols == ("S0", "S1", "S2")
    np.testing.assert_array_equal(panel.fields["close"].reshape(3, -1)[1], closes["S1"])


@pytest.mark.parametrize("case", ["bad bars", "closes of one", "closes of many"])
def test_the_experiment_runs(case: str, tmp_path: Path) -> None:
    file, write, *_ = FILES[case]
    write(tmp_path / file)
    assert ended(tmp_path, "init", file, "--name", "mine").returncode == 0
    process = ended(tmp_path, "+experiment=mine", "debug=fast", "tracking=none")
    assert process.returncode == 0, process.stderr
    assert "Report" in process.stdout


SHARED = Path(os.environ.get("ASSAY_TEST_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.mark.parametrize("name", ["us_etf_daily", "vix_daily", "etf_adjclose_daily", "spy_hourly"])
def test_real_files(name: str, folder: Path) -> None:
    path = SHARED / f"{name}.parquet"
    if not path.is_file():
        pytest.skip(f"{path} is absent; ASSAY_TEST_DATA names the folder of the test data")
    assert perform("init", [str(path)]) == 0
    experiment, _ = configure([f"+experiment={name}"])
    assert experiment.data.fields()
