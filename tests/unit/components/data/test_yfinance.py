"""Yahoo's bars through the real yfinance, from a server on this machine that answers as Yahoo's chart does."""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest
import yfinance
import yfinance.base
import yfinance.cache
import yfinance.scrapers.history
from yfinance.data import YfData

from components.data.yfinance import YFinance
from components.errors import AssayError
from runner.cli import perform

NEW_YORK = "America/New_York"
Answer = Callable[[str, dict[str, str]], tuple[int, bytes]]


class Yahoo:
    """The server's address, what it was asked, and the function that answers."""

    url: str
    asked: list[tuple[str, dict[str, str]]]
    answer: Answer


def chart(stamps: pd.DatetimeIndex, *, interval: str = "1d") -> dict[str, Any]:
    """Yahoo's answer with a bar at each stamp; the first half of the closes is adjusted by a dividend."""
    close = [100.0 + i for i in range(len(stamps))]
    meta = {
        "currency": "USD", "symbol": "X", "exchangeName": "PCX", "instrumentType": "EQUITY",
        "firstTradeDate": 728317800, "regularMarketTime": 1700000000, "gmtoffset": -18000, "timezone": "EST",
        "exchangeTimezoneName": NEW_YORK, "priceHint": 2, "dataGranularity": interval, "range": "",
        "validRanges": ["1d", "5d", "max"],
    }  # fmt: skip
    quote = {
        "open": close,
        "high": [c + 2 for c in close],
        "low": [c - 2 for c in close],
        "close": close,
        "volume": [1000 * (i + 1) for i in range(len(close))],
    }
    adjusted = [c / 2 if i < len(close) / 2 else c for i, c in enumerate(close)]
    indicators: dict[str, Any] = {"quote": [quote]} | (
        {"adjclose": [{"adjclose": adjusted}]} if interval == "1d" else {}
    )
    seconds = [int(stamp.timestamp()) for stamp in stamps]
    opens = sorted({int((stamp.normalize() + pd.Timedelta(hours=9.5)).timestamp()) for stamp in stamps})
    session = {"timezone": "EST", "gmtoffset": -18000}
    meta |= (
        {"tradingPeriods": [[session | {"start": at, "end": at + 23400}] for at in opens]} if interval != "1d" else {}
    )
    return {"chart": {"result": [{"meta": meta, "timestamp": seconds, "indicators": indicators}], "error": None}}


def sessions(start: str, end: str) -> pd.DatetimeIndex:
    """Openings of the New York exchange."""
    return pd.bdate_range(start, end, inclusive="left", tz=NEW_YORK) + pd.Timedelta(hours=9.5)


def good(path: str, query: dict[str, str]) -> tuple[int, bytes]:
    first, last = (
        pd.Timestamp(int(query.get(name, default)), unit="s", tz="UTC").tz_convert(NEW_YORK)
        for name, default in (("period1", "1577854800"), ("period2", "1578027600"))
    )
    stamps = sessions(str(first.date()), str(last.date()))
    if query["interval"] != "1d":
        stamps = pd.DatetimeIndex([day + pd.Timedelta(minutes=i) for day in stamps for i in range(3)])
    return 200, json.dumps(chart(stamps, interval=query["interval"])).encode()


@pytest.fixture(scope="module")
def server() -> Iterator[Yahoo]:
    yahoo = Yahoo()
    yahoo.asked, yahoo.answer = [], good

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            yahoo.asked.append((parts.path, query))
            status, body = yahoo.answer(parts.path, query)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        yahoo.url = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield yahoo
        server.shutdown()


@pytest.fixture
def yahoo(server: Yahoo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Yahoo:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yfinance.set_tz_cache_location(str(tmp_path / "zones"))
    for module in (yfinance.base, yfinance.scrapers.history):
        monkeypatch.setattr(module, "_BASE_URL_", server.url)
    # With a cookie and a crumb it does not ask other hosts for them.
    data = YfData()
    monkeypatch.setattr(data, "_cookie", True)
    monkeypatch.setattr(data, "_crumb", "crumb")
    monkeypatch.setattr(data, "_set_cookie_strategy", lambda *args, **named: None)
    data.cache_get.cache_clear()
    server.asked.clear()
    server.answer = good
    return server


def source(**changes: Any) -> YFinance:
    values = {"symbols": ("SPY", "AAA"), "start": "2020-01-02", "end": "2020-01-11", "timeout_s": 5.0}
    return YFinance(**(dict(YFinance.examples()[0]) | values | changes))


def failure(**changes: Any) -> str:
    with pytest.raises(AssayError) as error:
        source(**changes).load()
    assert "\n" not in str(error.value)
    return str(error.value)


def test_daily_bars(yahoo: Yahoo) -> None:
    panel = source(adjustment="split").load()
    assert panel.symbols == ("AAA", "SPY")
    assert tuple(panel.fields) == source().fields() == ("open", "high", "low", "close", "volume")
    days = ["2020-01-02", "2020-01-03", "2020-01-06", "2020-01-07", "2020-01-08", "2020-01-09", "2020-01-10"]
    assert [str(day)[:10] for day in panel.dates_T] == days
    assert list(panel.fields["close"][:7]) == [100.0 + i for i in range(7)]
    assert list(panel.fields["volume"][:2]) == [1000.0, 2000.0]


def test_total_adjustment_scales_all_prices(yahoo: Yahoo) -> None:
    split, total = source(adjustment="split").load(), source(adjustment="total").load()
    for name in ("open", "high", "low", "close"):
        ratio = total.fields[name][:7] / split.fields[name][:7]
        np.testing.assert_allclose(ratio, [0.5] * 4 + [1.0] * 3, rtol=1e-12)


def test_minute_bars_bear_their_end_in_utc(yahoo: Yahoo) -> None:
    panel = source(symbols=("SPY",), interval="1m", adjustment="split").load()
    assert [str(time)[:16] for time in panel.timestamps_R[:3]] == [
        "2020-01-02T14:31",
        "2020-01-02T14:32",
        "2020-01-02T14:33",
    ]


def test_what_was_fetched_is_pinned(yahoo: Yahoo) -> None:
    first = source().load()
    yahoo.asked.clear()
    yahoo.answer = lambda path, query: (500, b"")
    assert source().load().fingerprint == first.fingerprint
    assert yahoo.asked == []
    assert "yfinance: symbol NEW" in failure(symbols=("NEW",))


def test_a_day_that_is_not_over_is_left_out_and_not_pinned(yahoo: Yahoo) -> None:
    today = pd.Timestamp.now("UTC").normalize()
    stamps = pd.date_range(today - pd.Timedelta(days=3), periods=4, tz="UTC").tz_convert("UTC") + pd.Timedelta(hours=15)
    body = json.dumps(chart(stamps)).encode()
    yahoo.answer = lambda path, query: (200, body)
    panel = source(symbols=("SPY",), start=str((today - pd.Timedelta(days=9)).date()), end="2099-01-01").load()
    assert panel.dates_T[-1] == np.datetime64((today - pd.Timedelta(days=1)).date())
    assert panel.n_rows == 3
    assert not Path("outputs").exists()


def test_unknown_symbol(yahoo: Yahoo) -> None:
    reason = {"code": "Not Found", "description": "No data found, symbol may be delisted"}
    body = json.dumps({"chart": {"result": None, "error": reason}}).encode()
    yahoo.answer = lambda path, query: (404, body)
    message = failure()
    assert message.startswith("yfinance: symbol SPY, 2020-01-02 to 2020-01-11, 1d: ")
    assert message.endswith("; correct data.symbols or try again later")


@pytest.mark.parametrize(
    "answer",
    [(500, b""), (429, b"Too Many Requests"), (200, b'{"chart": {"res'), (200, b"{}"), (200, b"<html>")],
    ids=["server error", "too many requests", "truncated", "another schema", "a web page"],
)
def test_a_service_that_misbehaves(yahoo: Yahoo, answer: tuple[int, bytes]) -> None:
    yahoo.answer = lambda path, query: answer
    message = failure()
    assert message.startswith("yfinance: symbol SPY, 2020-01-02 to 2020-01-11, 1d: ")
    assert message.endswith("; correct data.symbols or try again later")
    assert yfinance.config.debug.hide_exceptions


def test_a_span_without_bars(yahoo: Yahoo) -> None:
    message = failure(start="2020-01-04", end="2020-01-06")
    assert message.startswith("yfinance: symbol SPY, 2020-01-04 to 2020-01-06, 1d: ")


def test_fetched_in_two_steps_is_fetched_at_once(yahoo: Yahoo) -> None:
    def fetched(end: str, out: str) -> pd.DataFrame:
        line = ["yfinance", "SPY", "--from", "2020-01-02", "--to", end, "--out", out, "data.adjustment=split"]
        assert perform("fetch", line) == 0
        return pd.read_parquet(out)

    # The prices of this Yahoo count the bars of an answer: whatever is asked again differs, and all is asked anew.
    fetched("2020-01-11", "steps.parquet")
    steps = fetched("2020-01-18", "steps.parquet")
    pd.testing.assert_frame_equal(steps, fetched("2020-01-18", "once.parquet"))
    assert len(steps) == 12
    yahoo.asked.clear()
    fetched("2020-01-18", "steps.parquet")
    assert yahoo.asked == []


def test_settings() -> None:
    assert failure(end="2020-01-02") == "end: must be later than start"
    assert failure(symbols=("A", "A")) == "symbols: names a symbol twice"
    facts = source().facts()
    assert (facts.identity, facts.survivorship, facts.adjustment) == ("yfinance", "biased", "total")
