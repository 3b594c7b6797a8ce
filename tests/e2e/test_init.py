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
from runner.composition.first_experiment import default_name, first_experiment

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
        "  time: column 'Date' (called so), %m/%d/%Y, for example 09/07/2017\n"
        "  dates: the month comes first\n"
        "  symbol: none, the file is one symbol\n"
        "  fields: open = 'Open', high = 'High', low = 'Low', close = 'Price', volume = 'Vol.'\n"
        "  price: 'Price', called a price, and none is called a close\n"
        "  volume: 'Vol.', called so\n"
        "  adjustment: taken as raw; if the prices are adjusted, say data.adjustment=split or total\n"
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
        "bars.csv: no column is called close, last or price; columns: sentiment; say --close COLUMN, or "
        "rename the one that holds the price to close",
    ),
    "no rows": ("date,close\n", "bars.csv: no rows; the table needs a header and at least one row"),
    "few bars": (
        "date,close\n2020-01-02,1\n2020-01-03,2\n",
        "bars.csv: the longest symbol has 2 bars, an experiment needs at least 200; give more of them",
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


def written(name: str) -> dict[str, dict[str, object]]:
    return yaml.safe_load(Path(f"conf/experiment/{name}.yaml").read_text())


def test_a_folder_a_pattern_and_a_column_a_symbol(folder: Path) -> None:
    Path("d").mkdir()
    bars(0).assign(date=dated()).to_csv("d/AAA.csv", index=False)
    bars(1).assign(date=dated(), note="x").to_csv("d/BBB.csv", index=False)
    bars(2).assign(date=DAYS).to_parquet("d/CCC.parquet", index=False)
    pd.DataFrame({"date": dated(), **{f"S{n}": bars(n)["Close"] for n in range(3)}}).to_csv("wide.csv", index=False)
    symbols = {"d": ["AAA", "BBB", "CCC"], "d/*.csv": ["AAA", "BBB"], "wide.csv": ["S0", "S1", "S2"]}
    for number, (path, names) in enumerate(symbols.items()):
        made = first_experiment(path)
        assert yaml.safe_load(made.text)["data"]["path"] == path
        told = f"bars: {N * len(names):,} of {len(names)} symbols ({', '.join(names)}), daily, 2015-01-02 to 2017-09-07"
        assert told in made.remarks, number


def test_a_file_of_another_shape_is_named(folder: Path) -> None:
    Path("d").mkdir()
    for name in ("AAA", "BBB", "CCC"):
        bars().assign(date=dated()).to_csv(f"d/{name}.csv", index=False)
    bars().assign(date=dated()).rename(columns={"Close": "Other"}).to_csv("d/AAA.csv", index=False)
    with pytest.raises(DataError) as error:
        first_experiment("d")
    assert str(error.value) == (
        "d/AAA.csv: no column 'Close', which the other files of d have, such as d/BBB.csv; columns: Open, High, Low, "
        "Other, Volume, date; take it out of them, or give it alone"
    )


@pytest.mark.parametrize("name", ["../../../evil", "/tmp/evil", "a b<x>", "a\nb", "", ".", ".hidden", "-x", "a/b"])
def test_a_name_is_checked_first_and_what_is_refused_leaves_nothing(name: str, folder: Path) -> None:
    with pytest.raises(ConfigError) as error:
        perform("init", ["nowhere.csv", f"--name={name}"])
    assert str(error.value) == (
        f"--name: {name!r} is not allowed; must be letters, digits, dot, dash and underscore, at most 100; begin with "
        "a letter or digit"
    )
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("name", ["1e5", "true", "NULL", "nan", "1_0", "3.5"])
def test_a_name_that_is_read_as_a_value_is_refused_and_no_default(name: str, folder: Path) -> None:
    with pytest.raises(ConfigError) as error:
        perform("init", ["nowhere.csv", "--name", name])
    assert str(error.value) == (
        f"--name: '{name}' is read as a number, a truth or nothing where an experiment is named; choose another"
    )
    assert default_name(f"d/{name}.csv") in (f"bars_{name.lower()}", "3")
    assert default_name("d/0700.csv") == "0700"


def test_an_experiment_that_fails_its_own_check_is_taken_back(folder: Path) -> None:
    plain(Path("bars.csv"))
    broken = Path("conf/gates/regression.yaml")
    broken.parent.mkdir(parents=True)
    broken.write_text("_target_: components.gates.gate_set.GateSet\nenforce: maybe\nchecks: {}\n")
    with pytest.raises(ConfigError, match=r"^gates\.enforce: 'maybe' is not allowed"):
        perform("init", ["bars.csv"])
    assert not Path("conf/experiment").exists()
    kept = Path("conf/experiment/bars.yaml")
    kept.parent.mkdir()
    kept.write_text("mine")
    with pytest.raises(ConfigError):
        perform("init", ["bars.csv", "--force"])
    assert kept.read_text() == "mine"
    assert [path.name for path in kept.parent.iterdir()] == ["bars.yaml"]


def test_no_more_than_a_few_bars_are_mended_unasked(folder: Path) -> None:
    table = bars().assign(Date=dated())
    table.loc[::20, "High"] = table.loc[::20, "Low"] * 0.9
    table.to_csv("bars.csv", index=False)
    with pytest.raises(DataError) as error:
        first_experiment("bars.csv")
    assert str(error.value) == (
        "bars.csv: high 89.7528 is below low 99.7253: symbol bars, 2015-01-02 00:00:00; 35 of 700 bars (5.0%) would "
        "have to be repaired, and no more than 1% are unasked: do the columns mean something else; mend the file, name "
        "the columns (--close COLUMN), or say quality.ohlc=repair"
    )
    made = first_experiment("bars.csv", quality={"ohlc": "drop"})
    assert yaml.safe_load(made.text)["quality"] == {"ohlc": "drop"}
    assert any(remark.startswith("quality: ohlc: 35 dropped (quality.ohlc=drop)") for remark in made.remarks)


def test_lines_without_a_price_are_no_bars(folder: Path) -> None:
    table = pd.DataFrame({"DATE": dated(), "DGS10": bars()["Close"].astype(str)})
    table.loc[::15, "DGS10"] = "."
    table[::-1].to_csv("DGS10.csv", index=False)
    made = first_experiment("DGS10.csv")
    assert yaml.safe_load(made.text)["quality"] == {"missing": "drop"}


def test_defects_of_the_vault_are_told(folder: Path) -> None:
    table = bars().assign(Date=dated())
    table.loc[690:, ["Open", "High", "Low", "Close"]] /= 7
    table.loc[690:, "Volume"] *= 7
    table.to_csv("bars.csv", index=False)
    (told,) = [remark for remark in first_experiment("bars.csv").remarks if remark.startswith("quality: splits")]
    assert told.endswith("as in a 7:1 split, while volume steps the other way: symbol bars, 2017-08-25 00:00:00")


def test_what_a_person_says_goes_before_any_guess(folder: Path) -> None:
    bars().assign(Date=dated(), Settle=bars(1)["Close"]).rename(columns={"Close": "Last"}).to_csv("f.csv", index=False)
    with pytest.raises(DataError, match=r"say --close Last or --close Settle$"):
        perform("init", ["f.csv"])
    assert not Path("conf").exists()
    with pytest.raises(DataError, match=r"^f\.csv: close .* would have to be repaired"):
        perform("init", ["f.csv", "--close", "Settle"])
    assert perform("init", ["f.csv", "--close", "Settle", "quality.ohlc=repair", "data.survivorship=free"]) == 0
    assert written("f")["data"] == {
        "path": "f.csv",
        "time_column": "Date",
        "columns": {"close": "Settle"},
        "survivorship": "free",
    }
    with pytest.raises(ConfigError, match=r"^gates\.enforce: no setting that can be given here"):
        perform("init", ["f.csv", "--name=g", "gates.enforce=true"])


def test_what_it_lists_is_what_is_computed(folder: Path) -> None:
    plain(Path("bars.csv"))
    perform("init", ["bars.csv"])
    said = written("bars")["features"]
    names = [n.replace("{w}", str(w)) for n in said["expressions"] for w in (said["windows"] if "{w}" in n else [0])]
    assert list(configure(["+experiment=bars"])[0].features.expanded()) == names


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


@pytest.mark.parametrize("case", ["bad bars", pytest.param("closes of one", marks=pytest.mark.slow), "closes of many"])
def test_the_experiment_runs(case: str, tmp_path: Path) -> None:
    file, write, *_ = FILES[case]
    write(tmp_path / file)
    assert ended(tmp_path, "init", file, "--name", "mine").returncode == 0
    process = ended(tmp_path, "+experiment=mine", "debug=fast", "tracking=none")
    assert process.returncode == 0, process.stderr
    assert "Report" in process.stdout


SHARED = Path(os.environ.get("ASSAY_DATA", Path(__file__).parents[3] / "shared" / "data"))


@pytest.mark.parametrize("name", ["us_etf_daily", "vix_daily", "etf_adjclose_daily", "spy_hourly"])
def test_real_files(name: str, folder: Path) -> None:
    path = SHARED / f"{name}.parquet"
    if not path.is_file():
        pytest.skip(f"{path} is absent; ASSAY_DATA names the folder of the test data")
    assert perform("init", [str(path)]) == 0
    experiment, _ = configure([f"+experiment={name}"])
    assert experiment.data.fields()
