"""Asking a service over HTTP: politely, patiently, and without telling anyone else the key."""

import contextlib
import email.utils
import json
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import quote, quote_plus, urljoin, urlsplit, urlunsplit

import numpy as np

from components.addresses import NO_ADDRESS
from components.data._bars import library
from components.data._pages import with_parameter
from components.errors import DataError, Problem, Unavailable

MAX_WAIT_S = 60.0
MAX_BYTES = 512 * 2**20
MAX_REDIRECTS = 5
AGENT = "assay"
ENCODINGS = ("gzip", "deflate")
"""What may be unpacked: one of them, once. Packed twice, a hundred kilobytes become a hundred gigabytes."""
WEB_PAGE = (b"<!doctype", b"<html", b"<head", b"<body")
LONGEST_WHOLE = 4000
"""Digits of a whole number that Python reads; longer ones are beyond every float anyway."""
HIDDEN = "***"
SHORTEST_KEY = 6
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
HOST = re.compile(r"(?=.{1,253}$)(?!-)[\w-]{1,63}(\.[\w-]{1,63})*\.?")
"""A name or an IPv4 address; what stands in brackets `urlsplit` has checked."""


Answer = TypeVar("Answer")


class ServiceDown(Unavailable):
    """The service gave no usable answer, however often it was asked."""


class _Transient(Exception):
    """An answer that may be better next time; wait_s: how long the service asks to wait."""

    def __init__(self, reason: str, wait_s: float = 0.0) -> None:
        super().__init__(reason)
        self.wait_s = wait_s


@dataclass(frozen=True, kw_only=True)
class Manners:
    """How a service is asked.

    retries              further attempts after one that failed
    timeout_s            seconds for one answer, from the request to its last byte
    backoff_s            seconds before the first retry, twice as long before each further one, each
                         multiplied by a random number from 0.5 to 1.5 (the jitter)
    jitter_seed          from which those numbers are drawn
    requests_per_second  at most
    key_env, key_header, key_prefix  environment variable with the key (None: none is sent), the header
                         that carries it and the text before it
    key_parameter        the query parameter that carries it instead, None: the header does
    remedy               what to do where the service refuses a request
    """

    retries: int
    timeout_s: float
    backoff_s: float
    jitter_seed: int
    requests_per_second: float
    key_env: str | None
    key_header: str
    key_prefix: str
    key_parameter: str | None
    remedy: str = "check data.url"


class Service:
    """One client; requests follow one another, never faster than allowed."""

    def __init__(self, manners: Manners) -> None:
        self._manners = manners
        self._httpx = library("httpx")
        headers = {"User-Agent": AGENT, "Accept-Encoding": ", ".join(ENCODINGS)}
        self._client = self._httpx.Client(timeout=manners.timeout_s, headers=headers)
        self._jitter = np.random.default_rng(manners.jitter_seed)
        self._next_request = 0.0
        self._socket: Any = None

    def json(self, url: str) -> Any:
        """The JSON document at a URL.

        Raises ServiceDown where there is none after all retries, DataError where asking again cannot help.
        """
        return self._patiently(url, _document)

    def text(self, url: str) -> str:
        """The text at a URL, of tables in lines for example. Raises as `json`."""
        return self._patiently(url, _text)

    def _patiently(self, url: str, read: Callable[[str, bytes], Answer]) -> Answer:
        tries = self._manners.retries + 1
        for attempt in range(tries):
            try:
                return read(url, self._follow(url))
            except _Transient as failure:
                reason, wait_s = str(failure), failure.wait_s
            if wait_s > MAX_WAIT_S:
                raise ServiceDown(f"{url}: {reason}, and asks to wait {wait_s:.0f} s; try again later")
            if attempt + 1 < tries:
                time.sleep(max(wait_s, self._backoff(attempt)))
        raise ServiceDown(f"{url}: no usable answer in {tries} tries: {reason}; try again later")

    def close(self) -> None:
        self._client.close()

    def _backoff(self, attempt: int) -> float:
        return min(MAX_WAIT_S, self._manners.backoff_s * 2.0**attempt * self._jitter.uniform(0.5, 1.5))

    def _follow(self, url: str) -> bytes:
        """The body, also where the service redirects; with a key only within the same origin."""
        here = url
        for _ in range(MAX_REDIRECTS + 1):
            status, location, body = self._request(here)
            if not 300 <= status < 400:
                if here != url and _is_web_page(body):
                    raise DataError(
                        f"{url}: redirects to {_without_query(here)}, which answers with a web page, as one to log in; "
                        "check data.url and the API key"
                    )
                return body
            try:
                target = urljoin(here, location)
                _ = urlsplit(target).port
            except ValueError:
                raise DataError(f"{url}: redirects to what is no address; check data.url") from None
            if urlsplit(target).scheme not in ("http", "https"):
                raise DataError(f"{url}: redirects to what is no web address; check data.url")
            if self._manners.key_env and origin(target) != origin(here):
                raise DataError(
                    f"{url}: redirects to {urlsplit(target).netloc}, which would be sent the API key; "
                    "if that host is trusted, name it in data.url"
                )
            here = target
        raise DataError(f"{url}: redirects more than {MAX_REDIRECTS} times; mend data.url")

    def _request(self, url: str) -> tuple[int, str, bytes]:
        self._wait_for_turn()
        deadline = time.monotonic() + self._manners.timeout_s
        key, name = self._key(), self._manners.key_parameter
        headers = {self._manners.key_header: self._manners.key_prefix + key} if key and not name else {}
        address = with_parameter(url, name, key) if key and name else url
        asked = self._client.stream("GET", address, headers=headers, extensions={"trace": self._connected})
        with self._transport_errors(key), self._hung_up_late(), asked as response:
            self._refuse(url, response.status_code, response.headers.get("Retry-After", ""))
            packed = response.headers.get("Content-Encoding", "").strip().lower()
            if packed not in ("", "identity", *ENCODINGS):
                raise DataError(f"{url}: its answer is packed as '{packed:.40}'; read are {', '.join(ENCODINGS)}")
            body = bytearray()
            for block in response.iter_bytes():
                body += block
                if time.monotonic() > deadline:
                    raise _Transient(f"its answer took longer than {self._manners.timeout_s:g} s")
                if len(body) > MAX_BYTES:
                    raise DataError(f"{url}: the answer is larger than {MAX_BYTES // 2**20} MiB; ask for shorter spans")
            return response.status_code, _without(key, response.headers.get("Location", "")), _hidden(key, bytes(body))

    @contextlib.contextmanager
    def _transport_errors(self, key: str) -> Iterator[None]:
        try:
            yield
        except self._httpx.TimeoutException:
            raise _Transient(f"no answer within {self._manners.timeout_s:g} s") from None
        except self._httpx.TransportError as error:
            raise _Transient(_without(key, str(error) or type(error).__name__)) from None
        except (self._httpx.InvalidURL, UnicodeError):
            raise DataError("data.url: leads to what is no address; check data.url and data.next_path") from None
        except self._httpx.DecodingError:
            raise _Transient("its answer is compressed wrongly") from None

    def _connected(self, event: str, info: dict[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")

    @contextlib.contextmanager
    def _hung_up_late(self) -> Iterator[None]:
        """Ends the connection when time is over: a service that sends its headers byte by byte never times out."""
        late = threading.Event()

        def hang_up() -> None:
            late.set()
            if self._socket is not None:
                with contextlib.suppress(OSError):
                    self._socket.shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(self._manners.timeout_s, hang_up)
        timer.daemon = True
        timer.start()
        try:
            yield
        except Exception:
            if late.is_set():
                raise _Transient(f"no answer within {self._manners.timeout_s:g} s") from None
            raise
        finally:
            timer.cancel()

    def _wait_for_turn(self) -> None:
        now = time.monotonic()
        if now < self._next_request:
            time.sleep(self._next_request - now)
        self._next_request = max(now, self._next_request) + 1.0 / self._manners.requests_per_second

    def _key(self) -> str:
        """The key; empty where none is sent."""
        if self._manners.key_env is None:
            return ""
        key = os.environ.get(self._manners.key_env, "").strip()
        if not key:
            raise DataError(
                f"data.api_key_env: the environment variable {self._manners.key_env} is not set; "
                "set it to the API key of the service"
            )
        if not (key.isascii() and key.isprintable()):
            raise DataError(f"data.api_key_env: the value of {self._manners.key_env} cannot be sent in a header")
        return key

    def _refuse(self, url: str, status: int, retry_after: str) -> None:
        if status == 429 or status >= 500:
            raise _Transient(f"it answers {status}", _seconds(retry_after))
        if status in (401, 403):
            remedy = f"check the key in {self._manners.key_env}" if self._manners.key_env else "set data.api_key_env"
            raise DataError(f"{url}: access is refused ({status}); {remedy}")
        if status == 404:
            raise DataError(f"{url}: not found (404); check data.url and data.symbols")
        if not 200 <= status < 400:
            raise DataError(f"{url}: the service answers {status}; {self._manners.remedy}")


def _document(url: str, body: bytes) -> Any:
    if _is_web_page(body):
        raise _Transient("it answers with a web page, not with JSON")
    try:
        return json.loads(body, parse_int=_whole)
    except RecursionError:
        raise DataError(f"{url}: its answer is nested too deeply to be bars; check data.url") from None
    except ValueError:
        raise _Transient(f"its answer of {len(body)} bytes is no complete JSON") from None


def _text(_url: str, body: bytes) -> str:
    if _is_web_page(body):
        raise _Transient("it answers with a web page, not with lines of text")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _Transient(f"its answer of {len(body)} bytes is no text") from None


def _is_web_page(body: bytes) -> bool:
    return body.lstrip(b"\xef\xbb\xbf \t\r\n")[:9].lower().startswith(WEB_PAGE)


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_WHOLE else float(digits)


def _without_query(url: str) -> str:
    """An address that a service made up may hold what nobody else should see."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _without(key: str, text: str) -> str:
    """A text in which a service, or a library, may have repeated the key, without it."""
    for form in filter(None, {key, quote(key, safe=""), quote_plus(key)}):
        text = text.replace(form, HIDDEN)
    return text


def _hidden(key: str, body: bytes) -> bytes:
    """The same of an answer, which is kept on disk. A word that is no key by its length is left alone."""
    return body.replace(key.encode(), HIDDEN.encode()) if len(key) >= SHORTEST_KEY else body


def address_problems(url: str, key_env: str | None) -> Iterator[Problem]:
    """What is wrong with the address of a service, beside secrets in it."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        yield Problem("url", NO_ADDRESS)
        return
    if parts.scheme not in ("http", "https") or not parts.hostname:
        yield Problem("url", "must begin with https:// and a host")
    elif not (HOST.fullmatch(parts.hostname) or ":" in parts.hostname):
        yield Problem("url", NO_ADDRESS)
    elif key_env is not None and parts.scheme == "http" and parts.hostname not in LOOPBACK:
        yield Problem("url", "would send the API key unencrypted", "use https")


def origin(url: str) -> tuple[str, str | None, int | None]:
    """Scheme, host and port: whom one speaks to."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _seconds(retry_after: str) -> float:
    """Seconds that a Retry-After header asks for: a number, or a date; 0 where it says nothing."""
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(retry_after).timestamp() - time.time())
    except ValueError:
        return 0.0
