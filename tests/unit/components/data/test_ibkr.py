"""Bars of Interactive Brokers through the real ib_async, from a server on this machine that speaks as TWS does."""

import math
import socketserver
import struct
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from components.data.ibkr import Ibkr
from components.errors import AssayError
from runner.cli import perform

SECONDS = {"1 min": 60, "5 mins": 300, "1 hour": 3600}
START_API, POSITIONS, HISTORY = 71, 61, 20


class Question(dict[str, Any]):
    """What a request for historical bars says, by name."""

    NAMES = (
        "message", "request", "conId", "symbol", "secType", "date", "strike", "right", "multiplier", "exchange",
        "primary", "currency", "local", "class", "expired", "end", "bar", "duration", "regular", "price", "format",
    )  # fmt: skip

    def __init__(self, fields: list[str]) -> None:
        super().__init__(zip(self.NAMES, fields, strict=False))


class Tws(socketserver.ThreadingTCPServer):
    """Shakes hands, reports an account without positions, and answers requests for historical bars."""

    daemon_threads = True
    allow_reuse_address = True
    asked: list[Question]
    others: list[str]
    answer: Callable[[Question], list[str]]


class Handler(socketserver.StreamRequestHandler):
    server: Tws

    def handle(self) -> None:
        assert self.rfile.read(4) == b"API\0"
        self._read()
        self._send("176", "20240102 09:00:00 EST")
        while (fields := self._read()) is not None:
            kind = int(fields[0])
            if kind == START_API:
                self._send("9", "1", "1")
                self._send("15", "1", "DU1")
            elif kind == POSITIONS:
                self._send("62", "1")
            elif kind == HISTORY:
                question = Question(fields)
                self.server.asked.append(question)
                if answer := self.server.answer(question):
                    self._send(*answer)
            else:
                self.server.others.append(fields[0])

    def _read(self) -> list[str] | None:
        head = self.rfile.read(4)
        return self.rfile.read(struct.unpack(">I", head)[0]).decode().split("\0") if len(head) == 4 else None

    def _send(self, *fields: str) -> None:
        text = "".join(f"{field}\0" for field in fields).encode()
        self.wfile.write(struct.pack(">I", len(text)) + text)


def bars_answer(question: Question, bars: list[tuple[str, float]]) -> list[str]:
    quotes = question["price"] != "TRADES"
    lines = [
        [at, f"{c}", f"{c + 1}", f"{c - 1}", f"{c}", *(["-1"] * 3 if quotes else ["500", f"{c + 0.25}", "7"])]
        for at, c in bars
    ]
    return ["17", question["request"], "", "", str(len(bars)), *(field for line in lines for field in line)]


def good(question: Question) -> list[str]:
    """Bars up to the asked end: on working days, below a day the first four of each session."""
    end = datetime.strptime(question["end"], "%Y%m%d %H:%M:%S UTC").replace(tzinfo=UTC)
    amount, unit = question["duration"].split()
    # Days are trading days: the answer reaches back further than that many calendar days.
    start = end - (timedelta(seconds=int(amount)) if unit == "S" else timedelta(days=math.ceil(int(amount) * 1.5)))
    days = [start.replace(hour=0, minute=0, second=0) + timedelta(days=i) for i in range((end - start).days + 1)]
    begins = [day for day in days if day.weekday() < 5 and start <= day < end]
    if question["bar"] == "1 day":
        return bars_answer(question, [(f"{day:%Y%m%d}", price(day)) for day in begins])
    length = SECONDS[question["bar"]]
    stamps = [day + timedelta(hours=15, seconds=i * length) for day in begins for i in range(4)]
    return bars_answer(question, [(str(int(at.timestamp())), price(at)) for at in stamps if start <= at < end])


def price(at: datetime) -> float:
    return 100 + at.timetuple().tm_yday + at.minute / 7


def error(code: int, text: str) -> Callable[[Question], list[str]]:
    return lambda question: ["4", "2", question["request"], str(code), text, ""]


@pytest.fixture(scope="module")
def server() -> Iterator[Tws]:
    with Tws(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def tws(server: Tws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tws:
    monkeypatch.chdir(tmp_path)
    server.asked, server.others, server.answer = [], [], good
    return server


def source(tws: Tws, **changes: Any) -> Ibkr:
    values = {"symbols": ("SPY", "AAA"), "start": "2020-01-02", "end": "2020-01-11", "timeout_s": 5.0}
    quick = {"port": tws.server_address[1], "requests_per_second": 1e6}
    return Ibkr(**(dict(Ibkr.examples()[0]) | values | quick | changes))


def failure(tws: Tws, **changes: Any) -> str:
    with pytest.raises(AssayError) as error:
        source(tws, **changes).load()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_daily_bars(tws: Tws) -> None:
    panel = source(tws).load()
    assert panel.symbols == ("AAA", "SPY")
    assert tuple(panel.fields) == source(tws).fields()
    days = ["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08", "2020-01-09", "2020-01-10"]
    assert [str(day)[:10] for day in panel.dates_T] == days
    assert list(panel.fields["close"][:3]) == [102.0, 103.0, 106.0]
    assert {name: values_R[0] for name, values_R in panel.fields.items()} == {
        "open": 102.0, "high": 103.0, "low": 101.0, "close": 102.0, "volume": 500.0, "vwap": 102.25, "trades": 7.0,
    }  # fmt: skip
    assert tws.asked[0]["symbol"] == "SPY"
    assert tws.asked[0]["regular"] == "1"


@pytest.mark.parametrize("interval", ["1 min", "5 mins", "1 hour"])
def test_bars_within_a_day_bear_their_end(tws: Tws, interval: str) -> None:
    panel = source(tws, symbols=("SPY",), interval=interval).load()
    assert panel.n_rows == 7 * 4
    first = np.datetime64("2020-01-02T15:00", "s") + np.timedelta64(SECONDS[interval], "s") * np.arange(1, 5)
    assert np.array_equal(panel.timestamps_R[:4], first.astype("datetime64[us]"))
    at = datetime(2020, 1, 2, 15, tzinfo=UTC)
    closes = [price(at + timedelta(seconds=i * SECONDS[interval])) for i in range(4)]
    np.testing.assert_array_equal(panel.fields["close"][:4], closes)


def test_quotes_have_no_volume(tws: Tws) -> None:
    panel = source(tws, price="MIDPOINT").load()
    assert tuple(panel.fields) == ("open", "high", "low", "close")


def test_the_contract_is_the_configured_one(tws: Tws) -> None:
    source(tws, symbols=("EUR",), security_type="CASH", exchange="IDEALPRO", regular_hours=False, price="BID").load()
    asked = tws.asked[0]
    names = ("symbol", "secType", "exchange", "currency", "regular", "price", "format", "duration")
    assert [asked[name] for name in names] == ["EUR", "CASH", "IDEALPRO", "USD", "0", "BID", "2", "364 D"]


def test_spans_are_pinned_and_shared(tws: Tws) -> None:
    quotes = {"interval": "1 min", "price": "BID"}
    first = source(tws, **quotes).load()
    assert len(tws.asked) == 2 * 9
    tws.asked.clear()
    grown = source(tws, end="2020-01-14", **quotes).load()
    # The weekend brought no bars and is asked for again.
    days = ["20200105", "20200106", "20200112", "20200113", "20200114"]
    assert sorted({asked["end"][:8] for asked in tws.asked}) == days
    assert set(first.timestamps_R) < set(grown.timestamps_R)
    # Port 1: where the cache holds everything, no connection is made.
    assert source(tws, start="2020-01-06", end="2020-01-10", port=1, **quotes).load().n_rows == 2 * 4 * 4


def test_adjusted_history_is_fetched_as_a_whole(tws: Tws) -> None:
    source(tws, symbols=("SPY",)).load()
    source(tws, symbols=("SPY",)).load()
    source(tws, symbols=("SPY",), end="2020-01-14").load()
    assert len(tws.asked) == 2


def test_a_span_without_data_is_empty_not_wrong(tws: Tws) -> None:
    holiday = error(162, "Historical Market Data Service error message:HMDS query returned no data: SPY@SMART Trades")
    tws.answer = lambda question: holiday(question) if question["end"].startswith("20200107") else good(question)
    panel = source(tws, symbols=("SPY",), interval="1 min").load()
    assert panel.n_rows == 6 * 4
    tws.answer = holiday
    assert failure(tws, symbols=("NIX",)) == (
        "ibkr: no bars of symbol NIX from 2020-01-02 to 2020-01-11; correct data.symbols, data.security_type or "
        "data.exchange, or leave it out"
    )


def test_bars_that_are_not_complete_are_left_out_and_nothing_open_is_pinned(tws: Tws) -> None:
    now = datetime.now(UTC).replace(second=0, microsecond=0)
    stamps = [now - timedelta(minutes=3 - i) for i in range(4)]
    tws.answer = lambda question: bars_answer(question, [(str(int(at.timestamp())), 5.0) for at in stamps])
    start = f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}"
    end = f"{now + timedelta(hours=1):%Y-%m-%dT%H:%M}"
    found = source(tws, symbols=("SPY",), interval="1 min", start=start, end=end).load()
    assert found.timestamps_R[-1] <= np.datetime64("now")
    assert found.n_rows == 3
    assert not Path("outputs").exists()


def test_ib_refuses(tws: Tws) -> None:
    tws.answer = error(200, "No security definition has been found for the request")
    assert failure(tws) == (
        "ibkr: symbol SPY, 2019-10-31 to 2020-10-29: IB answers 200: No security definition has been found for the "
        "request; check the contract, your market data subscriptions and data.requests_per_second"
    )
    tws.answer = error(162, "Historical Market Data Service error message:Historical data request pacing violation")
    assert "IB answers 162: Historical Market Data Service error message:Historical data request pacing" in failure(tws)


def test_no_answer(tws: Tws) -> None:
    tws.answer = lambda question: []
    began = time.monotonic()
    assert failure(tws, timeout_s=0.3) == (
        "ibkr: symbol SPY, 2019-10-31 to 2020-10-29: no answer within 0.3 s; try again or raise data.timeout_s"
    )
    assert time.monotonic() - began < 3


def test_nobody_listens(tws: Tws) -> None:
    message = failure(tws, port=1)
    assert message.startswith("ibkr: no connection to 127.0.0.1:1: ")
    assert message.endswith(
        "start TWS or IB Gateway, allow API connections there and check data.port and data.client_id"
    )


def test_nothing_but_bars_is_asked_for(tws: Tws) -> None:
    source(tws).load()
    assert tws.others == []


def test_fetched_in_two_steps_is_fetched_at_once(tws: Tws) -> None:
    def fetched(end: str, out: str) -> pd.DataFrame:
        settings = [f"data.port={tws.server_address[1]}", "data.requests_per_second=1e6", "data.interval='1 hour'"]
        line = ["ibkr", "SPY", "--from", "2020-01-02", "--to", end, "--out", out, *settings]
        assert perform("fetch", line) == 0
        return pd.read_parquet(out)

    fetched("2020-01-09", "steps.parquet")
    steps = fetched("2020-01-16", "steps.parquet")
    pd.testing.assert_frame_equal(steps, fetched("2020-01-16", "once.parquet"))
    assert len(steps) == 40
    tws.asked.clear()
    fetched("2020-01-16", "steps.parquet")
    assert tws.asked == []


def test_settings(tws: Tws) -> None:
    assert failure(tws, end="2020-01-02") == "end: must be later than start"
    assert failure(tws, symbols=("A", "A")) == "symbols: names a symbol twice"
    assert source(tws, price="BID").facts().adjustment == "raw"
    facts = source(tws).facts()
    assert (facts.identity, facts.survivorship, facts.adjustment) == ("ibkr", "biased", "split")
