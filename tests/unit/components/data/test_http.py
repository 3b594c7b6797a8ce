"""Bars over HTTP from a real server on this machine, which also misbehaves."""

import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest

from components.contracts import Source
from components.data.files import Files
from components.data.http import REMEDY, Http
from components.errors import AssayError, DataError
from runner.cli import perform
from runner.composition.build import build

KEY, KEY_ENV = "k3y-of-the-service", "ASSAY_TEST_KEY"
DAYS = [f"2020-01-{day:02d}" for day in range(1, 29)]


@dataclass
class Answer:
    """What the server sends: a status, headers, a body, how long it thinks and what length it claims."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    missing_bytes: int = 0


@dataclass
class Served:
    """A server: its address, the requests it has seen, and the function that answers them."""

    url: str
    requests: list[tuple[str, Mapping[str, str]]]
    answer: Callable[[str, dict[str, str]], Answer]

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.requests]


def close_of(symbol: str, day: str) -> float:
    return 10.0 + ord(symbol[0]) + int(day[-2:]) / 3


def bars_of(symbol: str, start: str = "2020-01-01", end: str = "2021-01-01") -> list[dict[str, Any]]:
    closes = [(day, close_of(symbol, day)) for day in DAYS if start <= day < end]
    return [{"t": day, "o": c, "h": c + 1, "l": c - 1, "c": c, "v": None} for day, c in closes]


def good(path: str, query: dict[str, str]) -> Answer:
    symbol = path.rpartition("/")[2]
    return Answer({"results": bars_of(symbol, query.get("from", ""), query.get("to", "9"))})


def serve(host: str = "127.0.0.1") -> tuple[ThreadingHTTPServer, Served]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.requests.append((self.path, dict(self.headers)))
            parts = urlsplit(self.path)
            answer = served.answer(parts.path, {k: v[0] for k, v in parse_qs(parts.query).items()})
            body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
            time.sleep(answer.delay_s)
            try:
                self.send_response(answer.status)
                self.send_header("Content-Length", str(len(body) + answer.missing_bytes))
                for name, value in answer.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:
                pass  # the client has given up

        def log_message(self, *args: object) -> None:
            pass

    kind = type(
        "Server", (ThreadingHTTPServer,), {"address_family": socket.AF_INET6 if ":" in host else socket.AF_INET}
    )
    server = kind((host, 0), Handler)
    served = Served(f"http://{f'[{host}]' if ':' in host else host}:{server.server_address[1]}", [], good)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server, served


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(KEY_ENV, KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server, served = serve()
    yield served
    server.shutdown()
    server.server_close()


def configuration(service: Served, **changes: Any) -> dict[str, Any]:
    quick = {"backoff_s": 0.001, "requests_per_second": 1e6, "retries": 2, "timeout_s": 5.0}
    values = {"url": service.url + "/bars/{symbol}?from={start}&to={end}", "symbols": ["BBB", "AAA"], **quick}
    target = {"_target_": "components.data.http.Http"}
    return target | dict(Http.examples()[0]) | values | {"start": "2020-01-01", "end": "2020-02-01"} | changes


def source(service: Served, **changes: Any) -> Http:
    built = build(Source, configuration(service, **changes))
    assert isinstance(built, Http)
    return built


def failure(service: Served, **changes: Any) -> str:
    with pytest.raises(AssayError) as error:
        source(service, **changes).load()
    assert KEY not in str(error.value)
    assert "\n" not in str(error.value)
    return str(error.value).replace(service.url, "URL")


def answering(*answers: Answer) -> Callable[[str, dict[str, str]], Answer]:
    """First these answers, then good ones."""
    queue = list(answers)
    return lambda path, query: queue.pop(0) if queue else good(path, query)


def always(answer: Answer) -> Callable[[str, dict[str, str]], Answer]:
    return lambda path, query: answer


ASKED = "URL/bars/BBB?from=2020-01-01&to=2020-02-01"


# What is read


def test_reads_every_symbol_and_field(service: Served) -> None:
    panel = source(service).load()
    assert panel.symbols == ("AAA", "BBB")
    assert tuple(panel.fields) == source(service).fields() == ("open", "high", "low", "close", "volume")
    for s, symbol in enumerate(panel.symbols):
        rows = slice(panel.offsets[s], panel.offsets[s + 1])
        assert np.array_equal(panel.timestamps_R[rows], np.array(DAYS, dtype="datetime64[us]"))
        assert list(panel.fields["close"][rows]) == [close_of(symbol, day) for day in DAYS]
    assert np.isnan(panel.fields["volume"]).all()
    assert panel.notices == ()


def test_bars_outside_the_span_are_dropped(service: Served) -> None:
    service.answer = lambda path, query: Answer({"results": bars_of(path[-3:])})
    panel = source(service, start="2020-01-05", end="2020-01-07").load()
    assert [str(day)[:10] for day in panel.dates_T] == ["2020-01-05", "2020-01-06"]


@pytest.mark.parametrize(
    ("written", "request_time", "time_format", "asked"),
    [
        ("2020-01-02T03:04:05.5+01:00", "iso", "iso", "2020-01-02T00%3A00%3A00Z"),
        (1577930645.5, "unix_s", "unix_s", "1577923200"),
        (1577930645500, "unix_ms", "unix_ms", "1577923200000"),
    ],
)
def test_time_formats(service: Served, written: Any, request_time: str, time_format: str, asked: str) -> None:
    service.answer = always(Answer([[written, "1.5"]]))
    panel = source(
        service, symbols=["A"], start="2020-01-02", request_time=request_time, time_format=time_format,
        bars_path="", time_field="0", columns={"close": "1"},
    ).load()  # fmt: skip
    assert panel.timestamps_R[0] == np.datetime64("2020-01-02T02:04:05.500")
    assert panel.fields["close"][0] == 1.5
    assert f"from={asked}&" in service.paths[0]


def test_a_bar_that_is_stamped_with_its_beginning_is_decided_at_its_end(service: Served) -> None:
    panel = source(service, close_after_s=60.0).load()
    assert panel.timestamps_R[0] == np.datetime64("2020-01-01T00:01:00")


def test_symbols_are_escaped(service: Served) -> None:
    service.answer = always(Answer({"results": bars_of("A")}))
    source(service, symbols=["A/B&c=é"]).load()
    assert service.paths[0].startswith("/bars/A%2FB%26c%3D%C3%A9?from=")


# Paging


def paged(path: str, query: dict[str, str]) -> Answer:
    bars, page = bars_of(path[-3:]), int(query.get("page", "1"))
    body: dict[str, Any] = {"results": bars[10 * (page - 1) : 10 * page], "meta": {}}
    if 10 * page < len(bars):
        body["meta"] = {"token": str(page + 1), "link": f"{path}?from=x&page={page + 1}"}
    return Answer(body)


PAGING = {
    "token": {"paging": "token", "next_path": "meta.token", "next_parameter": "page"},
    "link": {"paging": "link", "next_path": "meta.link"},
    "number": {"paging": "number", "next_parameter": "page"},
}


@pytest.mark.parametrize("kind", PAGING)
def test_paging_gives_what_one_page_gives(service: Served, kind: str) -> None:
    whole = source(service).load().fingerprint
    service.answer = paged
    service.requests.clear()
    assert source(service, **PAGING[kind]).load().fingerprint == whole
    assert len(service.requests) == 2 * (4 if kind == "number" else 3)


def test_endless_paging_is_bounded(service: Served) -> None:
    numbers = iter(range(10**9))
    service.answer = lambda path, query: Answer({"results": [], "meta": {"token": next(numbers)}})
    message = f"{ASKED}: more than 7 pages; shorten data.span_days or raise data.max_pages"
    assert failure(service, **PAGING["token"], max_pages=7) == message
    assert len(service.requests) == 7
    service.answer = always(Answer({"results": [], "meta": {"token": "same"}}))
    message = f"{ASKED}: page 2 names a page as the next one that came before; check data.next_path"
    assert failure(service, **PAGING["token"]) == message


def test_a_next_page_on_another_host_is_not_asked(service: Served) -> None:
    service.answer = always(Answer({"results": [], "meta": {"link": "http://evil.example/more"}}))
    message = f"{ASKED}: its next page lies on evil.example, another host; it is not asked"
    assert failure(service, **PAGING["link"]) == message


# The key


def test_the_key_is_sent_in_its_header_and_written_nowhere(service: Served) -> None:
    source(service, api_key_env=KEY_ENV, api_key_header="X-Key", api_key_prefix="Token ").load()
    assert [headers["X-Key"] for _, headers in service.requests] == [f"Token {KEY}"] * 2
    kept = [path for path in Path().rglob("*") if path.is_file()]
    assert len(kept) == 2
    assert not any(KEY.encode() in path.read_bytes() for path in kept)


def test_the_key_is_sent_as_a_parameter_and_written_nowhere_whatever_the_service_repeats(service: Served) -> None:
    def repeats(path: str, query: dict[str, str]) -> Answer:
        answer = good(path, query)
        link = None if "page" in query else f"{service.url}{path}?page=2&apikey={KEY}"
        bars = [] if link is None else answer.body["results"]
        return Answer({"results": bars, "echo": KEY, "meta": {"link": link}})

    service.answer = repeats
    source(service, api_key_env=KEY_ENV, api_key_parameter="apikey", **PAGING["link"]).load()
    assert len(service.paths) == 4
    assert all(parse_qs(urlsplit(path).query)["apikey"] == [KEY] for path in service.paths)
    assert not any("Authorization" in headers for _, headers in service.requests)
    kept = [path for path in Path().rglob("*") if path.is_file()]
    assert kept
    assert not any(KEY.encode() in path.read_bytes() for path in kept)


def test_answers_that_no_number_holds_are_one_line(service: Served) -> None:
    huge = [{**bar, "c": int("1" + "0" * 400)} for bar in bars_of("BBB")]
    service.answer = always(Answer({"results": huge}))
    assert failure(service).startswith(f"{ASKED}: symbol BBB: bar 1: 1000")
    assert failure(service).endswith("is no number ('c')")
    late = [{**bar, "t": int("9" * 400)} for bar in bars_of("BBB")]
    service.answer = always(Answer({"results": late}))
    assert "is no unix_s time" in failure(service, time_format="unix_s")
    service.answer = always(Answer(b"[" * 200_000 + b"]" * 200_000))
    assert failure(service) == f"{ASKED}: its answer is nested too deeply to be bars; check data.url"
    service.answer = always(Answer(status=302, headers={"Location": "file:///etc/passwd"}))
    assert failure(service) == f"{ASKED}: redirects to what is no web address; check data.url"
    for where in ("http://[::1/x", "http://host:99999/x", "http://host:nine/x"):
        service.answer = always(Answer(status=302, headers={"Location": where}))
        assert failure(service, retries=0).startswith(f"{ASKED}: ")


def test_key_problems(service: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    service.answer = always(Answer(status=401))
    assert failure(service) == f"{ASKED}: access is refused (401); set data.api_key_env"
    assert failure(service, api_key_env=KEY_ENV) == (
        f"{ASKED}: access is refused (401); check the key in ASSAY_TEST_KEY"
    )
    monkeypatch.setenv(KEY_ENV, "a\nHost: b")
    assert failure(service, api_key_env=KEY_ENV) == (
        "data.api_key_env: the value of ASSAY_TEST_KEY cannot be sent in a header"
    )
    monkeypatch.delenv(KEY_ENV)
    assert failure(service, api_key_env=KEY_ENV) == (
        "data.api_key_env: the environment variable ASSAY_TEST_KEY is not set; set it to the API key of the service"
    )


def test_redirects_never_carry_the_key_to_another_host(service: Served) -> None:
    server, other = serve()
    service.answer = lambda path, query: Answer(
        status=302, headers={"Location": f"{other.url}{path}?from={query['from']}&to={query['to']}"}
    )
    host = other.url.removeprefix("http://")
    assert failure(service, api_key_env=KEY_ENV) == (
        f"{ASKED}: redirects to {host}, which would be sent the API key; if that host is trusted, name it in data.url"
    )
    assert other.requests == []
    assert source(service).load().n_rows == 2 * len(DAYS)
    server.shutdown()
    server.server_close()


def test_redirects_on_the_same_host_are_followed_but_not_for_ever(service: Served) -> None:
    service.answer = lambda path, query: (
        Answer(status=308, headers={"Location": path.replace("bars", "moved")}) if "bars" in path else good(path, query)
    )
    assert source(service, api_key_env=KEY_ENV).load().n_rows == 2 * len(DAYS)
    service.answer = lambda path, query: Answer(status=302, headers={"Location": f"{path}x"})
    assert failure(service, symbols=["CCC"]) == (
        "URL/bars/CCC?from=2020-01-01&to=2020-02-01: redirects more than 5 times; mend data.url"
    )


PAGE = b"\n<!DOCTYPE html><html><head><title>Log in</title></head></html>"


def test_a_web_page_is_no_answer(service: Served) -> None:
    service.answer = always(Answer(PAGE, headers={"Content-Type": "text/html"}))
    assert failure(service, retries=1) == (
        f"{ASKED}: no usable answer in 2 tries: it answers with a web page, not with JSON; try again later"
    )
    service.answer = lambda path, query: (
        Answer(status=302, headers={"Location": "/login?back=secret#here"}) if "bars" in path else Answer(PAGE)
    )
    assert failure(service) == (
        f"{ASKED}: redirects to URL/login, which answers with a web page, as one to log in; check data.url and the API "
        "key"
    )
    assert service.paths[-2:] == [f"{ASKED[3:]}", "/login?back=secret"]


def test_json_is_read_whatever_it_is_said_to_be(service: Served) -> None:
    for kind in ("text/html; charset=utf-8", "application/octet-stream", "image/png", "no kind at all"):
        service.answer = lambda path, query, kind=kind: Answer(good(path, query).body, headers={"Content-Type": kind})
        assert source(service, cache_folder=kind[:5]).load().n_rows == 2 * len(DAYS)
    mark = b"\xef\xbb\xbf"
    service.answer = lambda path, query: Answer(mark + json.dumps(good(path, query).body).encode())
    assert source(service, cache_folder="marked").load().n_rows == 2 * len(DAYS)


def test_what_unpacks_to_more_than_anybody_asked_for_is_not_unpacked(
    service: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps({"results": bars_of("BBB"), "more": "0" * 2**22}).encode()
    once, twice = gzip.compress(body), gzip.compress(gzip.compress(body))
    service.answer = always(Answer(once, headers={"Content-Encoding": "gzip"}))
    assert source(service, symbols=["BBB"]).load().n_rows == len(DAYS)
    service.answer = always(Answer(twice, headers={"Content-Encoding": "gzip, gzip"}))
    assert (
        failure(service, cache_folder="second")
        == f"{ASKED}: its answer is packed as 'gzip, gzip'; read are gzip, deflate"
    )
    monkeypatch.setattr("components.data._service.MAX_BYTES", 2**20)
    service.answer = always(Answer(once, headers={"Content-Encoding": "gzip"}))
    assert failure(service, cache_folder="other") == f"{ASKED}: the answer is larger than 1 MiB; ask for shorter spans"


@pytest.mark.parametrize("sent", ["headers", "body"])
def test_an_answer_that_drips_is_cut_off(sent: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        with contextlib.suppress(OSError), connection:
            for number in range(200):
                connection.sendall(head if sent == "body" and not number else b"X" if sent == "body" else b"H")
                time.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=drip, args=(listening,), daemon=True).start()
        slow = Served(f"http://127.0.0.1:{listening.getsockname()[1]}", [], good)
        began = time.monotonic()
        message = failure(slow, retries=0, timeout_s=0.4)
        assert time.monotonic() - began < 5
    assert message.startswith(f"{ASKED}: no usable answer in 1 tries: ")
    assert "0.4 s; try again later" in message


@pytest.mark.parametrize("digits", [401, 4_001, 100_000])
def test_whole_numbers_of_any_length(service: Served, digits: int) -> None:
    body = json.dumps({"results": [{**bar, "c": "MARK"} for bar in bars_of("BBB")]}).encode()
    service.answer = always(Answer(body.replace(b'"MARK"', b"1" * digits)))
    assert failure(service).startswith(f"{ASKED}: symbol BBB: bar 1: ")
    assert failure(service).endswith("is no number ('c')")


def test_addresses_that_lead_nowhere(service: Served) -> None:
    for host in ("a" * 70 + ".example", "ho st", "ho\\st", "[::1", "host:99999", "host:nine", "host..example", "-host"):
        message = failure(service, url=f"http://{host}/{{symbol}}", retries=0)
        assert message == "url: is no address: its host or port cannot be read"
    long = f"http://{'a' * 70}.example/more"
    service.answer = always(Answer(status=302, headers={"Location": long}))
    assert failure(service) == "data.url: leads to what is no address; check data.url and data.next_path"
    for port in ("0", "1"):
        assert "no usable answer" in failure(service, url=f"http://127.0.0.1:{port}/{{symbol}}", retries=0)
    for link in ("http://[::1/more", "http://host:99999/more"):
        service.answer = always(Answer({"results": [], "meta": {"link": link}}))
        message = f"{ASKED}: what it names as its next page is no address; check data.next_path"
        assert failure(service, **PAGING["link"]) == message


def test_an_address_of_ipv6_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_PROXY", "::1")
    monkeypatch.setenv(KEY_ENV, KEY)
    try:
        server, served = serve("::1")
    except OSError:
        pytest.skip("this machine speaks no IPv6")
    assert served.url.startswith("http://[::1]:")
    assert source(served, api_key_env=KEY_ENV).load().n_rows == 2 * len(DAYS)
    server.shutdown()
    server.server_close()


# A service that misbehaves


MENDED = {
    "server errors": [Answer(status=500), Answer(status=503)],
    "too many requests": [Answer(status=429, headers={"Retry-After": "0.01"}), Answer(status=429)],
    "a date to retry after": [Answer(status=429, headers={"Retry-After": "Wed, 01 Jan 2020 00:00:00 GMT"})],
    "nonsense to retry after": [Answer(status=429, headers={"Retry-After": "soon"})],
    "truncated JSON": [Answer(b'{"results": [{"t": "2020'), Answer(b"")],
    "a truncated body": [Answer({"results": []}, missing_bytes=10)],
    "an answer that comes too late": [Answer({"results": []}, delay_s=0.5)],
    "compressed wrongly": [Answer({"results": []}, headers={"Content-Encoding": "gzip"})],
}


@pytest.mark.parametrize("case", MENDED)
def test_is_asked_again(service: Served, case: str) -> None:
    service.answer = answering(*MENDED[case])
    assert source(service, timeout_s=0.2).load().n_rows == 2 * len(DAYS)
    assert len(service.requests) == 2 + len(MENDED[case])


DOWN = {
    "server errors": (Answer(status=500), "it answers 500"),
    "truncated JSON": (Answer(b'{"results": [{'), "its answer of 14 bytes is no complete JSON"),
    "too late": (Answer({}, delay_s=0.3), "no answer within 0.1 s"),
}


@pytest.mark.parametrize("case", DOWN)
def test_gives_up_after_all_retries(service: Served, case: str) -> None:
    answer, reason = DOWN[case]
    service.answer = always(answer)
    message = f"{ASKED}: no usable answer in 3 tries: {reason}; try again later"
    assert failure(service, timeout_s=0.1) == message
    assert len(service.requests) == 3
    assert not Path("outputs").exists()


def test_a_slow_drip_ends_too(service: Served) -> None:
    service.answer = always(Answer(b" " * 2**22, delay_s=0.0, missing_bytes=10**9))
    assert "no usable answer in 1 tries: " in failure(service, timeout_s=0.2, retries=0)


def test_a_long_wait_is_not_sat_out(service: Served) -> None:
    service.answer = always(Answer(status=429, headers={"Retry-After": "3600"}))
    assert failure(service) == f"{ASKED}: it answers 429, and asks to wait 3600 s; try again later"
    assert len(service.requests) == 1


def test_a_server_that_is_not_there(service: Served) -> None:
    gone = failure(service, url="http://127.0.0.1:1/bars/{symbol}")
    assert gone.startswith("http://127.0.0.1:1/bars/BBB: no usable answer in 3 tries: ")


WRONG = {
    "another schema": ({"data": [], "status": "ok"}, "no list of bars at 'results'; it holds: data, status; "
                       "mend data.bars_path"),
    "a list": ([], "no list of bars at 'results'; it is a list; mend data.bars_path"),
    "a text for a list": ({"results": "none"}, "no list of bars at 'results'; it holds: results; mend data.bars_path"),
    "a bar without close": ({"results": [{"t": "2020-01-01", "o": 1, "h": 1, "l": 1}]},
                            "bar 1 has no 'c' (data.columns.close); it holds: t, o, h, l"),
    "a text for a number": ({"results": [{"t": "2020-01-01", "o": 1, "h": 1, "l": 1, "c": "n/a", "v": 1}]},
                            "bar 1: 'n/a' is no number ('c')"),
    "no time": ({"results": [{"t": 12, "o": 1, "h": 1, "l": 1, "c": 1, "v": 1}]}, "bar 1: 12 is no iso time"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_wrong_schema_is_named_at_once(service: Served, case: str) -> None:
    body, message = WRONG[case]
    service.answer = always(Answer(body))
    assert failure(service) == f"{ASKED}: symbol BBB: {message}"
    assert len(service.requests) == 1
    assert not Path("outputs").exists()


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (404, "not found (404); check data.url and data.symbols"),
        (400, "the service answers 400; check data.url"),
        (403, "access is refused (403); set data.api_key_env"),
    ],
)
def test_what_cannot_get_better_is_not_asked_again(service: Served, status: int, message: str) -> None:
    service.answer = always(Answer(status=status))
    assert failure(service) == f"{ASKED}: {message}"
    assert len(service.requests) == 1


def test_a_symbol_without_bars(service: Served) -> None:
    service.answer = lambda path, query: Answer({"results": None if "AAA" in path else bars_of("BBB")})
    assert failure(service) == (
        "127.0.0.1: no bars of symbol AAA from 2020-01-01 to 2020-02-01; correct it in data.symbols or leave it out"
    )


def test_bad_bars_are_refused_by_name(service: Served) -> None:
    service.answer = lambda path, query: Answer({"results": [*bars_of("BBB"), *bars_of("BBB")]})
    assert failure(service) == ("127.0.0.1: duplicate bar: symbol AAA, 2020-01-01 00:00:00; keep one of the two rows")


# The cache


def test_what_was_fetched_is_pinned(service: Served) -> None:
    first = source(service).load()
    service.answer = always(Answer(status=500))
    assert source(service).load().fingerprint == first.fingerprint
    assert len(service.requests) == 2


def test_a_later_end_asks_only_for_what_is_new(service: Served) -> None:
    source(service, span_days=10, end="2020-01-21").load()
    service.requests.clear()
    grown = source(service, span_days=10, end="2020-01-31").load()
    assert service.paths == [f"/bars/{symbol}?from=2020-01-21&to=2020-01-31" for symbol in ("BBB", "AAA")]
    assert grown.fingerprint == source(service).load().fingerprint


def test_adjusted_history_is_fetched_as_a_whole(service: Served) -> None:
    adjusted = {"span_days": 10, "adjustment": "split"}
    source(service, end="2020-01-21", **adjusted).load()
    source(service, end="2020-01-31", **adjusted).load()
    assert len(service.requests) == 2 * (2 + 3)


def test_spans_that_are_not_over_and_empty_answers_are_not_pinned(service: Served) -> None:
    for _ in range(2):
        source(service, end="2999-01-01").load()
    assert len(service.requests) == 4
    service.answer = always(Answer({"results": []}))
    failure(service, start="2019-01-01")
    assert not Path("outputs").exists()


def test_a_bar_that_is_not_complete_is_left_out(service: Served) -> None:
    now = int(time.time())
    bars = [{"t": now - 90, "c": 1.0}, {"t": now - 30, "c": 2.0}]
    service.answer = always(Answer({"results": bars}))
    span = {"symbols": ["A"], "end": "2999-01-01", "time_format": "unix_s", "columns": {"close": "c"}}
    assert list(source(service, close_after_s=60.0, **span).load().fields["close"]) == [1.0]


def test_another_way_of_paging_is_another_entry(service: Served) -> None:
    service.answer = paged
    assert source(service).load().n_rows == 20
    assert source(service, **PAGING["token"]).load().n_rows == 2 * len(DAYS)


def test_requests_keep_their_distance(service: Served) -> None:
    began = time.monotonic()
    source(service, span_days=4, requests_per_second=50.0).load()
    assert len(service.requests) == 16
    assert time.monotonic() - began >= 15 / 50


def test_fetched_in_two_steps_is_fetched_at_once(service: Served) -> None:
    def fetched(end: str, out: str) -> pd.DataFrame:
        url = f"data.url='{service.url}/bars/{{symbol}}?from={{start}}&to={{end}}'"
        line = ["http", "BBB", "AAA", url, "data.requests_per_second=1e6", "--from", "2020-01-01", "--to", end]
        assert perform("fetch", [*line, "--out", out]) == 0
        return pd.read_parquet(out)

    fetched("2020-01-11", "steps.parquet")
    service.requests.clear()
    steps = fetched("2020-01-21", "steps.parquet")
    assert service.paths == [f"/bars/{name}?from=2020-01-05&to=2020-01-21" for name in ("BBB", "AAA")]
    pd.testing.assert_frame_equal(steps, fetched("2020-01-21", "once.parquet"))
    assert len(steps) == 40


# The fallback


def fallback(service: Served, folder: Path, symbols: tuple[str, ...] = ("AAA", "BBB", "CCC")) -> dict[str, Any]:
    """A file with the same bars and more."""
    lines = [
        f"{day},{symbol},{c},{c + 1},{c - 1},{c},,7"
        for symbol in symbols
        for day in ["2019-12-31", *DAYS, "2020-02-01"]
        for c in [close_of(symbol, day)]
    ]
    (folder / "bars.csv").write_text("\n".join(["date,symbol,open,high,low,close,volume,extra", *lines]))
    files = {"path": "bars.csv", "symbol_column": "symbol", "time_column": "date", "adjustment": "raw"}
    return {"_target_": "components.data.files.Files", **Files.examples()[0], **files}


def test_fallback_stands_in_and_says_so(service: Served, tmp_path: Path) -> None:
    wanted = source(service, cache_folder="elsewhere").load()
    service.answer = always(Answer(status=503))
    with_fallback = source(service, fallback=fallback(service, tmp_path))
    panel = with_fallback.load()
    assert panel.fingerprint == wanted.fingerprint
    assert panel.notices == (
        "data: the fallback stood in (bars from bars.csv; adjustment raw, survivorship unknown): "
        f"{ASKED.replace('URL', service.url)}: no usable answer in 3 tries: it answers 503; try again later",
    )
    assert with_fallback.facts().cautions == ()
    service.answer = good
    assert with_fallback.load().notices == ()


def test_fallback_must_have_the_fields_and_symbols(service: Served, tmp_path: Path) -> None:
    bundled = {"_target_": "components.data.bundled.Bundled", "dataset": "us20"}
    with pytest.raises(AssayError) as error:
        source(service, fallback=bundled).fields()
    assert str(error.value) == "fallback: it has no field 'open', which the source has; fields of the fallback: close"
    service.answer = always(Answer(status=503))
    assert failure(service, fallback=fallback(service, tmp_path, ("AAA",))).endswith(
        "; the fallback has no bars of symbol BBB in the span that is asked for"
    )


def test_only_an_outage_calls_the_fallback(service: Served, tmp_path: Path) -> None:
    service.answer = always(Answer(status=401))
    assert "access is refused" in failure(service, fallback=fallback(service, tmp_path))


# Settings


SETTINGS: dict[str, tuple[dict[str, Any], str]] = {
    "scheme": ({"url": "ftp://host/{symbol}"}, "url: must begin with https:// and a host"),
    "no symbol": ({"url": "https://host/"}, "url: must hold {symbol} and may hold {start}, {end}, {interval}"),
    "attribute": (
        {"url": "https://host/{symbol}{start.__class__}"},
        "url: must hold {symbol} and may hold {start}, {end}, {interval}",
    ),
    "brace": ({"url": "https://host/{symbol}{"}, "url: must hold {symbol} and may hold {start}, {end}, {interval}"),
    "key in the URL": (
        {"url": "https://host/{symbol}?apiKey=abc"},
        f"url: holds a text in the query parameter 'apiKey' that may be a secret; {REMEDY}",
    ),
    "key behind a number in the path": (
        {"url": "https://host/bot123456:AAbb3ccDDeeFFggHHii2jj/{symbol}"},
        f"url: holds a part of its path that looks like a key; {REMEDY}",
    ),
    "password in the URL": (
        {"url": "https://me:pw@host/{symbol}"},
        f"url: holds a user or password before its host; {REMEDY}",
    ),
    "broken host": ({"url": "https://[::1/{symbol}"}, "url: is no address: its host or port cannot be read"),
    "key as a prefix": (
        {"api_key_prefix": "Bearer abc"},
        "api_key_prefix: may be a secret, which would be logged; allowed: empty, api-key, apikey, basic, bearer, key, "
        "token",
    ),
    "key as a header": (
        {"api_key_header": "X-Key: abc"},
        "api_key_header: is no name of a header; write its name alone, such as X-Api-Key",
    ),
    "unencrypted key": (
        {"url": "http://host/{symbol}", "api_key_env": KEY_ENV},
        "url: would send the API key unencrypted; use https",
    ),
    "no span": ({"end": "2020-01-01"}, "end: must be later than start"),
    "twice": ({"symbols": ["A", "A"]}, "symbols: names a symbol twice"),
    "no close": ({"columns": {"open": "o"}}, "columns: must name the field close"),
    "token": ({"paging": "token"}, "next_path: is empty, but paging=token needs it\n"
              "next_parameter: is empty, but paging=token needs it"),
    "time": ({"start": "then"}, "start: 'then' is no time; write ISO 8601 in UTC, for example '2020-12-31'"),
}  # fmt: skip


@pytest.mark.parametrize("case", SETTINGS)
def test_settings(service: Served, case: str) -> None:
    changes, message = SETTINGS[case]
    for ask in (Http.fields, Http.load):
        with pytest.raises(AssayError) as error:
            ask(source(service, **changes))
        assert str(error.value) == message
    assert service.requests == []


def test_retries_wait_longer_each_time_and_the_same_for_the_same_seed() -> None:
    from components.data._service import MAX_WAIT_S, Manners, Service

    def waits(seed: int) -> list[float]:
        manners = Manners(retries=0, timeout_s=1, backoff_s=1.0, jitter_seed=seed, requests_per_second=1,
                          key_env=None, key_header="", key_prefix="", key_parameter=None)  # fmt: skip
        service = Service(manners)
        service.close()
        return [service._backoff(attempt) for attempt in range(9)]

    assert waits(1) == waits(1) != waits(2)
    for attempt, wait_s in enumerate(waits(1)):
        assert min(MAX_WAIT_S, 0.5 * 2**attempt) <= wait_s <= min(MAX_WAIT_S, 1.5 * 2**attempt)


def test_facts_and_identity(service: Served) -> None:
    facts = source(service, survivorship="biased").facts()
    assert (facts.identity, facts.survivorship, facts.cautions) == ("http:127.0.0.1", "biased", ())


def test_data_errors_are_data_errors(service: Served) -> None:
    service.answer = always(Answer(status=500))
    with pytest.raises(DataError):
        source(service).load()
