"""Bars of an exchange through the real ccxt, from a server on this machine that answers as Kraken does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components.data.ccxt import Ccxt
from components.errors import AssayError, Unavailable
from runner.cli import perform
from servers import Web, web

ccxt = pytest.importorskip("ccxt")
PAIR = {
    "altname": "XBTUSD", "wsname": "XBT/USD", "base": "XXBT", "quote": "ZUSD", "pair_decimals": 1, "lot_decimals": 8,
    "cost_decimals": 5, "fees": [[0, 0.4]], "fees_maker": [[0, 0.25]], "leverage_buy": [], "leverage_sell": [],
    "ordermin": "0.0001", "costmin": "0.5", "tick_size": "0.1", "status": "online", "lot_multiplier": 1,
}  # fmt: skip
ASSETS = {name: {"altname": name[1:], "decimals": 8, "display_decimals": 5} for name in ("XXBT", "ZUSD")}
HOUR = 3600
AT_ONCE = 4


def kraken(path: str, query: dict[str, str]) -> tuple[int, bytes]:
    """Hourly bars of the first three days of 2020, a few at once."""
    if path.endswith("AssetPairs"):
        return good({"XXBTZUSD": PAIR})
    if path.endswith("Assets"):
        return good(ASSETS)
    if not path.endswith("OHLC"):
        return good({})
    length = int(query["interval"]) * 60
    first = int(np.datetime64("2020-01-01", "s").astype(int))
    since = int(query.get("since", first)) + 1
    begins = [begin for begin in range(first, first + 72 * HOUR, length) if begin >= since][:AT_ONCE]
    return good({"XXBTZUSD": [row(begin) for begin in begins], "last": 0})


def row(begin: int) -> list[Any]:
    price = 7000 + begin % 1000
    return [begin, str(price), str(price + 10), str(price - 10), str(price + 1), "0", "1.5", 3]


def good(result: Any) -> tuple[int, bytes]:
    return 200, json.dumps({"error": [], "result": result}).encode()


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with web() as served:
        yield served


@pytest.fixture
def exchange(server: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Web:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    describe = ccxt.kraken.describe

    def local(self: Any) -> Any:
        said = describe(self)
        said["urls"]["api"] = dict.fromkeys(said["urls"]["api"], server.url)
        return said | {"rateLimit": 1}

    monkeypatch.setattr(ccxt.kraken, "describe", local)
    server.asked.clear()
    server.answer = kraken
    return server


def source(**changes: Any) -> Ccxt:
    values = {"start": "2020-01-01T20:00", "end": "2020-01-02T04:00", "interval": "1h", "timeout_s": 5.0}
    return Ccxt(**(dict(Ccxt.examples()[0]) | values | changes))


def failure(**changes: Any) -> str:
    with pytest.raises(AssayError) as error:
        source(**changes).load()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_bars_within_a_day_bear_their_end(exchange: Web) -> None:
    panel = source().load()
    hours = np.arange(np.datetime64("2020-01-01T21:00"), np.datetime64("2020-01-02T05:00"), np.timedelta64(1, "h"))
    assert np.array_equal(panel.timestamps_R, hours.astype("datetime64[us]"))
    begins = (hours - np.timedelta64(1, "h")).astype("datetime64[s]").astype(int)
    assert list(panel.fields["close"]) == [7000 + begin % 1000 + 1 for begin in begins]
    assert set(panel.fields["volume"]) == {1.5}
    assert sum(path.endswith("OHLC") for path, _ in exchange.asked) == 2


def test_a_day_bears_its_date(exchange: Web) -> None:
    panel = source(interval="1d", start="2020-01-01", end="2020-01-03").load()
    assert [str(day)[:10] for day in panel.timestamps_R] == ["2020-01-01", "2020-01-02"]


def test_what_was_fetched_is_pinned(exchange: Web) -> None:
    first = source().load()
    exchange.asked.clear()
    assert source().load().fingerprint == first.fingerprint
    assert exchange.asked == []


def test_a_span_that_begins_before_the_first_bar(exchange: Web) -> None:
    panel = source(start="2019-11-01", end="2020-01-01T03:00").load()
    assert panel.n_rows == 3


def test_fetched_in_two_steps_is_fetched_at_once(exchange: Web) -> None:
    def fetched(end: str, out: str) -> pd.DataFrame:
        settings = ["data.exchange=kraken", "data.interval=1h"]
        line = ["ccxt", "BTC/USD", "--from", "2020-01-01", "--to", end, "--out", out, *settings]
        assert perform("fetch", line) == 0
        return pd.read_parquet(out)

    fetched("2020-01-02T09:00", "steps.parquet")
    steps = fetched("2020-01-02T20:00", "steps.parquet")
    pd.testing.assert_frame_equal(steps, fetched("2020-01-02T20:00", "once.parquet"))
    assert len(steps) == 44
    exchange.asked.clear()
    fetched("2020-01-02T20:00", "steps.parquet")
    assert exchange.asked == []


def test_failures(exchange: Web) -> None:
    where = "kraken: symbol {}, 2020-01-01T20:00 to 2020-01-02T04:00, 1h: "
    assert failure(symbols=("NO/PE",)) == where.format("NO/PE") + "kraken does not have market symbol NO/PE; " + (
        "correct data.symbols"
    )
    assert failure(exchange="krakem") == "exchange: 'krakem' is no exchange that ccxt knows"
    assert failure(end="2019-01-01") == "end: must be later than start"
    later = {"start": "2020-02-01", "end": "2020-02-02"}
    assert failure(**later) == (
        "kraken: symbol BTC/USD, 2020-02-01 to 2020-02-02, 1h: no bars; correct data.symbols or the span"
    )


@pytest.mark.parametrize(
    "answer",
    [(503, b""), (429, b"slow down"), (200, b"<html>maintenance</html>"), (200, b'{"error": [], "result": {}}'),
     (200, b'{"error": ["EService:Unavailable"]}')],
)  # fmt: skip
def test_an_exchange_that_is_down(exchange: Web, answer: tuple[int, bytes]) -> None:
    exchange.answer = lambda path, query: answer
    with pytest.raises(AssayError) as error:
        source().load()
    assert "\n" not in str(error.value)
    assert str(error.value).startswith("kraken: symbol BTC/USD, 2020-01-01T20:00 to 2020-01-02T04:00, 1h: ")
    assert isinstance(error.value, Unavailable)


def test_nobody_listens(exchange: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    exchange.answer = lambda path, query: (_ for _ in ()).throw(ConnectionAbortedError())
    with pytest.raises(Unavailable):
        source(timeout_s=1.0).load()
