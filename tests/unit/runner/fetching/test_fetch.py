"""A file of fetched bars: nothing asked twice, nothing lost, what a vendor changed named."""

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from components.contracts import Source
from components.data.files import Files
from components.data.stooq import Stooq
from components.errors import ConfigError, DataError
from components.tables.fetched import Fetched, fetched
from components.tables.guess import guess
from runner.cli import main, perform
from runner.composition.build import build
from runner.fetching import held as files
from runner.fetching.fetch import Order, Outcome, fetch, vendors
from servers import Web, web

DAYS = pd.bdate_range("2020-01-01", "2020-03-31")


class Market:
    """What a vendor like Stooq knows: close by day, times a factor up to a day."""

    def __init__(self) -> None:
        self.factor, self.before, self.changed, self.known = 1.0, "2020-02-03", "", {"aaa", "bbb", "ccc"}

    def answer(self, path: str, query: dict[str, str]) -> tuple[int, bytes]:
        symbol = query["s"]
        if symbol not in self.known:
            return 200, b"No data"
        first, last = (pd.Timestamp(query[name]) for name in ("d1", "d2"))
        lines = [self._line(symbol, number) for number, day in enumerate(DAYS) if first <= day <= last]
        return 200, "\n".join(["Date,Open,High,Low,Close,Volume", *lines]).encode()

    def _line(self, symbol: str, number: int) -> str:
        day = str(DAYS[number].date())
        close = (20 + ord(symbol[0]) + np.sin(number)) * (self.factor if day < self.before else 1.0)
        close *= 1.02 if day == self.changed else 1.0
        prices = [round(float(value), 6) for value in (close, close * 1.02, close * 0.98, close)]
        return ",".join([day, *map(str, prices), str(1000 + number)])


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with web() as served:
        yield served


@pytest.fixture
def market(server: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Market:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    market = Market()
    server.asked.clear()
    server.answer = market.answer
    return market


def order(server: Web, *symbols: str, end: str = "2020-03-01", **changes: Any) -> Order:
    section = {"_target_": "components.data.stooq.Stooq", **Stooq.examples()[0], "url": server.url, "retries": 0}
    quick = {"api_key_env": None, "requests_per_second": 1e6, "backoff_s": 0.001, "fallback": None}
    plain = {name: value for name, value in (section | quick).items() if name not in ("symbols", "start", "end")}
    made = Order(
        vendor="stooq", section=plain, symbols=symbols or ("aaa", "bbb"), start="2020-01-01", end=end,
        out=Path("bars.parquet"), retries=0, wait_s=0.001,
    )  # fmt: skip
    return replace(made, **changes)


def told(made: Order) -> dict[str, Outcome]:
    outcomes: list[Outcome] = []
    fetch(made, outcomes.append)
    return {outcome.symbol: outcome for outcome in outcomes}


def asked(server: Web) -> list[tuple[str, str]]:
    found = [(query["s"], query["d1"]) for _, query in server.asked]
    server.asked.clear()
    return found


def test_the_file_holds_the_bars_and_where_they_are_from(server: Web, market: Market) -> None:
    outcomes = told(order(server))
    assert outcomes["aaa"] == Outcome(symbol="aaa", new=43, last="2020-02-28")
    table = pq.read_table("bars.parquet")
    assert table.column_names == ["symbol", "timestamp", "open", "high", "low", "close", "volume"]
    assert table.num_rows == 86
    facts = json.loads(table.schema.metadata[b"assay.fetched"])
    assert (facts["vendor"], facts["settings"]) == ("stooq", {"adjustment": "total", "url": server.url})
    (vintage,) = facts["symbols"]["aaa"]["vintages"]
    assert (vintage["first"], vintage["last"], vintage["bars"]) == ("2020-01-01", "2020-02-28", 43)
    assert abs(np.datetime64("now") - np.datetime64(vintage["fetched_at"])) < np.timedelta64(10, "m")
    panel = build(
        Source, {**Files.examples()[0], "_target_": "components.data.files.Files", "path": "bars.parquet"}
    ).load()  # type: ignore[type-abstract]
    assert panel.symbols == ("aaa", "bbb")
    assert sorted(path.name for path in Path().iterdir()) == ["bars.parquet"]


def test_the_file_says_to_others_what_its_prices_are(server: Web, market: Market) -> None:
    assert fetched(Path("bars.parquet")) is None
    told(order(server, "aaa", end="2020-03-31"))
    found = fetched(Path("bars.parquet"))
    assert found == Fetched(vendor="stooq", adjustment="total", survivorship="biased")
    guessed = guess("bars.parquet")
    assert (guessed.parameters["adjustment"], guessed.parameters["survivorship"]) == ("total", "biased")
    assert "adjustment: total, as fetch got it from stooq" in guessed.remarks
    pd.read_parquet("bars.parquet").to_parquet("other.parquet")
    assert fetched(Path("other.parquet")) is None


def test_what_is_there_is_not_asked_for_again(server: Web, market: Market) -> None:
    told(order(server))
    before = Path("bars.parquet").read_bytes()
    server.asked.clear()
    outcomes = told(order(server, "aaa", "bbb"))
    assert asked(server) == []
    assert [outcome.new for outcome in outcomes.values()] == [0, 0]
    assert pq.read_table("bars.parquet").equals(pq.read_table(pd.io.common.BytesIO(before)))
    assert told(order(server, "aaa", start="2020-02-01"))["aaa"].new == 0
    assert asked(server) == []
    assert files.read(Path("bars.parquet")).n_bars == 86


def test_later_bars_are_asked_for_with_a_few_that_are_there(server: Web, market: Market) -> None:
    told(order(server, "aaa"))
    server.asked.clear()
    assert told(order(server, "aaa", "bbb", end="2020-03-15"))["aaa"].new == 10
    assert asked(server) == [("aaa", "20200221"), ("bbb", "20200101")]
    held = files.read(Path("bars.parquet"))
    whole = told(order(server, "aaa", end="2020-03-15", out=Path("other.parquet")))
    assert whole["aaa"].new == 53
    pd.testing.assert_frame_equal(held.symbols["aaa"].bars, files.read(Path("other.parquet")).symbols["aaa"].bars)
    assert [vintage.bars for vintage in held.symbols["aaa"].vintages] == [43, 10]
    assert (held.symbols["aaa"].start, held.symbols["aaa"].end) == ("2020-01-01", "2020-03-15")


def test_an_earlier_begin_asks_for_the_whole_span(server: Web, market: Market) -> None:
    told(order(server, "aaa", start="2020-02-01"))
    assert told(order(server, "aaa"))["aaa"].new == 23
    assert files.read(Path("bars.parquet")).n_bars == 43


def test_adjusted_history_is_fetched_as_a_whole_and_named(server: Web, market: Market) -> None:
    told(order(server, "aaa"))
    market.factor, market.before = 0.25, "2020-03-02"  # a split after what is held
    server.asked.clear()
    (revised,) = told(order(server, "aaa", end="2020-03-15"))["aaa"].revised
    assert asked(server) == [("aaa", "20200221"), ("aaa", "20200101")]
    assert (revised.adjustment, revised.bars, revised.first) == (True, 43, "2020-01-01")
    assert revised.says == "all prices times 0.25: an adjustment"
    held = files.read(Path("bars.parquet"))
    assert held.revised == (revised,)
    assert held.symbols["aaa"].bars["close"].max() < 0.5 * 120 + 60


def test_again_names_what_was_corrected(server: Web, market: Market) -> None:
    told(order(server))
    market.changed = "2020-01-15"
    assert told(order(server))["aaa"].revised == ()  # nothing is asked
    outcomes = told(order(server, again=True))
    (revised,) = outcomes["bbb"].revised
    assert (revised.adjustment, revised.bars, revised.first) == (False, 1, "2020-01-15")
    assert revised.says.startswith("open by up to 0.02 of it, high by up to 0.02 of it")
    assert len(files.read(Path("bars.parquet")).revised) == 2


def test_a_symbol_that_fails_takes_no_other_with_it(server: Web, market: Market) -> None:
    with pytest.raises(DataError) as error:
        told(order(server, "aaa", "unknown", "bbb"))
    assert str(error.value) == (
        "stooq: symbol unknown, 2020-01-01 to 2020-03-01: Stooq has no data; correct data.symbols or the span; 1 of 3 "
        "symbols failed, 1 are lacking: bars.parquet holds what was got; the same command asks for the rest"
    )
    assert list(files.read(Path("bars.parquet")).symbols) == ["aaa", "bbb"]


def test_a_vendor_that_is_down_is_asked_again_and_then_left_alone(server: Web, market: Market) -> None:
    answers = iter([(500, b""), (500, b"")])
    server.answer = lambda path, query: next(answers, None) or market.answer(path, query)
    assert told(order(server, "aaa", retries=2))["aaa"].new == 43
    server.asked.clear()
    server.answer = lambda path, query: (503, b"") if query["s"] != "aaa" else market.answer(path, query)
    with pytest.raises(DataError):
        told(order(server, "aaa", "bbb", "ccc", retries=1))
    assert [symbol for symbol, _ in asked(server)] == ["bbb", "bbb"]
    assert list(files.read(Path("bars.parquet")).symbols) == ["aaa"]


def killed_after(made: Order, symbol: str) -> None:
    """A fetch that nobody warned."""

    def say(outcome: Outcome) -> None:
        if outcome.symbol == symbol:
            os.kill(os.getpid(), signal.SIGKILL)

    fetch(made, say)


def test_a_killed_fetch_loses_nothing(server: Web, market: Market) -> None:
    made = order(server, "aaa", "bbb", "ccc")
    process = multiprocessing.get_context("fork").Process(target=killed_after, args=(made, "bbb"))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert not Path("bars.parquet").exists()
    server.asked.clear()
    told(made)
    assert asked(server) == [("ccc", "20200101")]
    assert files.read(Path("bars.parquet")).n_bars == 3 * 43
    assert sorted(path.name for path in Path().iterdir()) == ["bars.parquet"]


def test_answers_that_an_attempt_left_are_used_while_they_are_fresh(server: Web, market: Market) -> None:
    with pytest.raises(DataError):
        told(order(server, "aaa", "unknown"))
    answers = Path(".bars.parquet.parts/answers")
    assert answers.exists()
    Path("bars.parquet").unlink()
    server.asked.clear()
    with pytest.raises(DataError):
        told(order(server, "aaa", "unknown"))
    assert [symbol for symbol, _ in asked(server)] == ["unknown"]
    os.utime(answers, (0, 0))
    Path("bars.parquet").unlink()
    assert told(order(server, "aaa"))["aaa"].new == 43
    assert [symbol for symbol, _ in asked(server)] == ["aaa"]
    assert not answers.exists()


def test_a_file_of_another_origin_is_left_alone(server: Web, market: Market) -> None:
    told(order(server, "aaa"))
    other = {**order(server).section, "adjustment": "raw"}
    with pytest.raises(ConfigError) as error:
        told(order(server, "aaa", section=other))
    assert str(error.value) == ("bars.parquet: was fetched with data.adjustment=total, not raw; choose another --out")
    with pytest.raises(ConfigError) as error:
        told(order(server, "aaa", vendor="fred"))
    assert str(error.value) == "bars.parquet: holds bars of stooq, not of fred; choose another --out"
    pd.DataFrame({"a": [1]}).to_parquet("bars.parquet")
    with pytest.raises(ConfigError) as error:
        told(order(server, "aaa"))
    assert str(error.value) == "bars.parquet: is no file that fetch wrote; choose another --out"
    assert pd.read_parquet("bars.parquet")["a"].tolist() == [1]


def test_vendors_are_the_choices_of_data_that_are_asked_for_symbols() -> None:
    assert vendors() == ("ccxt", "fred", "http", "ibkr", "stooq", "yfinance")


def test_the_verb(server: Web, market: Market, capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["data.api_key_env=null", f"data.url={server.url}", "data.requests_per_second=1000000.0"]
    line = ["stooq", "aaa", *settings, "--from", "2020-01-01", "--to", "2020-03-01", "--out", "bars.parquet"]
    assert perform("fetch", line) == 0
    first = capsys.readouterr()
    assert first.out == "bars.parquet: 43 bars of 1 symbol, 43 of them new\n"
    assert first.err == "aaa: 43 new bars, up to 2020-02-28\n"
    market.changed = "2020-01-15"
    assert perform("fetch", [*line, "--again", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (revised,) = found["revised"]
    assert (revised["symbol"], revised["first"], revised["bars"], revised["adjustment"]) == (
        "aaa",
        "2020-01-15",
        1,
        False,
    )
    assert found["symbols"] == {"aaa": {"new": 0, "last": "2020-02-28"}}
    market.changed = "2020-01-16"
    assert perform("fetch", [*line, "--again"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == (
        "aaa: history was revised: 2 bars from 2020-01-15 on: open by up to 0.02 of it, high by up to 0.02 of it, low "
        "by up to 0.02 of it, close by up to 0.02 of it"
    )


def test_what_lies_ahead_is_asked_for_again(server: Web, market: Market) -> None:
    ahead = order(server, "aaa", end="2099-01-01")
    assert told(ahead)["aaa"].new == len(DAYS)
    server.asked.clear()
    time.sleep(1.1)  # times are noted to the second
    told(ahead)
    assert [symbol for symbol, _ in asked(server)] == ["aaa"]
    assert files.read(Path("bars.parquet")).symbols["aaa"].end < "2099"


@pytest.mark.parametrize("name", ["NA", "null", "TRUE", "0001", "1e5", "BRK-B", "^GSPC", "a/b", "ünï", "=cmd"])
def test_symbols_are_text(server: Web, market: Market, name: str) -> None:
    market.known.add(name)
    assert told(order(server, name, "aaa"))[name].new == 43
    server.asked.clear()
    assert told(order(server, name, "aaa"))[name].new == 0
    assert asked(server) == []
    assert set(files.read(Path("bars.parquet")).symbols) == {name, "aaa"}


def test_a_fallback_is_refused(server: Web, market: Market) -> None:
    with pytest.raises(ConfigError) as error:
        told(order(server, section={**order(server).section, "fallback": {"_target_": "x"}}))
    assert str(error.value) == "data.fallback: a fetched file holds the bars of one vendor; leave it null"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["yfinanc", "A"], "fetch: 'yfinanc' is no vendor; did you mean 'yfinance'?"),
        (["files", "A"], "fetch: 'files' is no vendor; vendors: ccxt, fred, http, ibkr, stooq, yfinance"),
        (["stooq", "data.url=x"], "fetch: names no symbol; write them behind the vendor"),
        (["stooq", "A", "--from", "soon"], "fetch: 'soon' is no time; write ISO 8601 in UTC, for example 2020-12-31"),
        (["stooq", "A", "--to", "2019-01-01"], "fetch: --to 2019-01-01 must be later than --from 2020-01-01"),
        (
            ["stooq", "A", "--out", "bars.csv"],
            "--out bars.csv: fetch writes Parquet; give it a name that ends in .parquet",
        ),
        (["stooq", "A", "--retries", "-1"], "--retries -1: must be at least 0"),
    ],
)
def test_mistakes(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    os.chdir(tmp_path)
    assert main(["fetch", "--from", "2020-01-01", "--out", "bars.parquet", *arguments]) == 2
    assert capsys.readouterr().err == f"{message}\n"
