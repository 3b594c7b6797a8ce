"""Stooq's bars from a server on this machine that answers in lines as Stooq does."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from components.data.stooq import Stooq
from components.errors import AssayError, Unavailable
from servers import Web, web

HEADER = "Date,Open,High,Low,Close,Volume"
LINES = ["2020-01-02,10,12,9,11,1000", "2020-01-03,11,13,10,12.5,2000", "2020-01-06,12.5,14,12,13,0"]
KEY = "k3y-of-stooq"


@pytest.fixture(scope="module")
def server() -> Iterator[Web]:
    with web() as served:
        yield served


@pytest.fixture
def stooq(server: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Web:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("STOOQ_API_KEY", KEY)
    server.asked.clear()
    server.answer = lambda path, query: (200, "\r\n".join([HEADER, *LINES]).encode())
    return server


def source(stooq: Web, **changes: Any) -> Stooq:
    quick = {"url": f"{stooq.url}/q/d/l/", "retries": 0, "backoff_s": 0.001, "requests_per_second": 1e6}
    values = {"symbols": ("spy.us",), "start": "2020-01-01", "end": "2020-02-01"}
    return Stooq(**(dict(Stooq.examples()[0]) | quick | values | changes))


def failure(stooq: Web, **changes: Any) -> str:
    with pytest.raises(AssayError) as error:
        source(stooq, **changes).load()
    assert "\n" not in str(error.value)
    assert KEY not in str(error.value)
    return str(error.value).replace(stooq.url, "URL")


WHERE = "stooq: symbol spy.us, 2020-01-01 to 2020-02-01: "


def test_what_is_asked_and_read(stooq: Web) -> None:
    panel = source(stooq).load()
    assert [str(time)[:10] for time in panel.timestamps_R] == ["2020-01-02", "2020-01-03", "2020-01-06"]
    assert list(panel.fields["close"]) == [11.0, 12.5, 13.0]
    assert tuple(panel.fields) == source(stooq).fields()
    query = {"s": "spy.us", "d1": "20200101", "d2": "20200201", "i": "d", "apikey": KEY}
    assert stooq.asked == [("/q/d/l/", query)]
    assert not any(KEY.encode() in path.read_bytes() for path in Path().rglob("*") if path.is_file())
    stooq.asked.clear()
    assert source(stooq).load().fingerprint == panel.fingerprint
    assert stooq.asked == []


def test_an_index_has_no_volume(stooq: Web) -> None:
    text = "\n".join(["Date,Open,High,Low,Close", *(line.rpartition(",")[0] for line in LINES)])
    stooq.answer = lambda path, query: (200, text.encode())
    panel = source(stooq, symbols=("^spx",)).load()
    assert list(panel.fields["close"]) == [11.0, 12.5, 13.0]
    assert np.isnan(panel.fields["volume"]).all()


def test_bars_come_in_any_order_and_only_those_of_the_span(stooq: Web) -> None:
    stooq.answer = lambda path, query: (200, "\n".join([HEADER, *LINES[::-1]]).encode())
    panel = source(stooq, start="2020-01-03", end="2020-01-06").load()
    assert [str(time)[:10] for time in panel.timestamps_R] == ["2020-01-03"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("No data", "Stooq has no data; correct data.symbols or the span"),
        ("", "Stooq has no data; correct data.symbols or the span"),
        (HEADER, "no bars; correct data.symbols or the span"),
        (
            "Get your apikey:\n1. Open https://stooq.com/q/d/?s=spy.us&get_apikey",
            "Stooq asks for an API key; name its environment variable in data.api_key_env",
        ),
        (f"{HEADER}\n2020-01-02,10,12,9", "line 2 of its answer has 4 values, the header 6"),
        (f"{HEADER}\n2020-13-02,1,2,1,1,1", "its answer holds what is no date: "),
        (f"{HEADER}\n2020-01-02,1,2,1,one,1", "its answer holds 'one', which is no number"),
    ],
)
def test_answers_that_are_no_bars(stooq: Web, body: str, message: str) -> None:
    stooq.answer = lambda path, query: (200, body.encode())
    assert failure(stooq).startswith(WHERE + message)
    with pytest.raises(AssayError) as error:
        source(stooq).load()
    assert not isinstance(error.value, Unavailable)


@pytest.mark.parametrize(
    "body",
    [
        "Exceeded the daily hits limit",
        "<html><body>busy</body></html>",
        "Przekroczono limit",
        "Warning: mysql_connect()",
    ],
)
def test_answers_that_may_be_better_another_time(stooq: Web, body: str) -> None:
    stooq.answer = lambda path, query: (200, body.encode())
    with pytest.raises(Unavailable):
        source(stooq).load()
    assert not Path("outputs").exists()


def test_the_daily_limit_is_named(stooq: Web) -> None:
    stooq.answer = lambda path, query: (200, b"Exceeded the daily hits limit")
    assert failure(stooq) == f"{WHERE}Stooq answers 'Exceeded the daily hits limit'; try again tomorrow"


def test_settings(stooq: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    assert failure(stooq, end="2020-01-01") == "end: must be later than start"
    assert failure(stooq, symbols=("A", "A")) == "symbols: names a symbol twice"
    assert failure(stooq, url="http://stooq.com/q/d/l/") == "url: would send the API key unencrypted; use https"
    assert failure(stooq, url="ftp://stooq.com/") == "url: must begin with https:// and a host"
    assert failure(stooq, url="https://[::1/") == "url: is no address: its host or port cannot be read"
    monkeypatch.delenv("STOOQ_API_KEY")
    assert failure(stooq).startswith("data.api_key_env: the environment variable STOOQ_API_KEY is not set")
